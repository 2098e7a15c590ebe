/* SPDX-License-Identifier: MIT */
/* The bytes that the library sent, sent again by libcurl alone: what moving them costs. */
#ifndef BENCH_REPLAY_H
#define BENCH_REPLAY_H

#include <curl/curl.h>
#include <stdbool.h>

#define EXCHANGES_MAX 8
#define BODY_SIZE ((size_t)64 * 1024)

typedef struct exchange {
    char target[64];
    char body[BODY_SIZE];
    struct curl_slist *headers; /* all of them, as they were */
} exchange;

typedef struct recording {
    exchange exchanges[EXCHANGES_MAX];
    size_t count;
    size_t size; /* in bytes on the wire */
} recording;

/* One request at a time. */
typedef struct lane {
    CURL *curl;
    size_t size; /* of the latest answer */
    char answer[BODY_SIZE];
} lane;

typedef struct replayer {
    CURLM *multi;
    lane lanes[EXCHANGES_MAX];
} replayer;

void replayer_init(replayer *player, const char *url);
void replayer_free(replayer *player);

/* Takes over what the service recorded since the last time. */
void take_recording(const char *url, recording *made);
void recording_free(recording *made);

/* Sends the requests one after the other, on the first lane, which keeps each answer until the
 * next. */
void replay(replayer *player, const recording *what);

/* Sends them as the library does: what reads at the same time, each on a lane of its own, and then
 * what writes. */
void replay_waves(replayer *player, const recording *what);

#endif
