/* SPDX-License-Identifier: MIT */
/* A service some way off: a local port that leads to the service, whose answers come later, and
 * which counts the requests. It runs on threads of this process, one a connection, which take
 * little processor time, so that many requests can be under way. */
#ifndef BENCH_DELAY_H
#define BENCH_DELAY_H

/* Starts it for the service at that port of this machine, and returns its own port. It runs until
 * the program ends. */
unsigned delay_start(unsigned service_port, unsigned delay_us);

/* How many requests have been sent on. */
unsigned long delay_requests(void);

#endif
