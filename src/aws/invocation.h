/* SPDX-License-Identifier: MIT */
/* The id by which a service knows that several requests are attempts of one call. */
#ifndef CR_AWS_INVOCATION_H
#define CR_AWS_INVOCATION_H

#define CR_INVOCATION_ID_SIZE sizeof("xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx")

/* A random uuid. */
void cr_invocation_id_make(char text[CR_INVOCATION_ID_SIZE]);

#endif
