/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "measure.h"

static size_t receive(char *bytes, size_t unit, size_t count, void *context)
{
    replayer *player = context;
    size_t size = unit * count;
    must(size <= sizeof(player->answer) - 1 - player->size, "an answer that fits");
    memcpy(player->answer + player->size, bytes, size);
    player->size += size;
    return size;
}

void replayer_init(replayer *player, const char *url)
{
    player->curl = curl_easy_init();
    must(player->curl != NULL && curl_easy_setopt(player->curl, CURLOPT_URL, url) == CURLE_OK &&
             curl_easy_setopt(player->curl, CURLOPT_PROXY, "") == CURLE_OK &&
             curl_easy_setopt(player->curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
             curl_easy_setopt(player->curl, CURLOPT_TIMEOUT_MS, 10000L) == CURLE_OK &&
             curl_easy_setopt(player->curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
             curl_easy_setopt(player->curl, CURLOPT_WRITEDATA, player) == CURLE_OK,
         "libcurl is set up");
}

void replayer_free(replayer *player)
{
    curl_easy_cleanup(player->curl);
}

static void perform(replayer *player)
{
    long status = 0;
    player->size = 0;
    must(curl_easy_perform(player->curl) == CURLE_OK &&
             curl_easy_getinfo(player->curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
             status == 200,
         "an exchange by libcurl");
}

void replay(replayer *player, const recording *what)
{
    for (size_t i = 0; i < what->count; i++) {
        const exchange *one = &what->exchanges[i];
        must(curl_easy_setopt(player->curl, CURLOPT_HTTPHEADER, one->headers) == CURLE_OK &&
                 curl_easy_setopt(player->curl, CURLOPT_POSTFIELDS, one->body) == CURLE_OK,
             "libcurl takes a request");
        perform(player);
    }
}

/* ---- recording ---- */

static void add_header(exchange *made, const char *line)
{
    struct curl_slist *list = curl_slist_append(made->headers, line);
    must(list != NULL, "memory for a header");
    made->headers = list;
}

static const char *value_of(const char *line, const char *name)
{
    size_t size = strlen(name);
    return strncasecmp(line, name, size) == 0 ? line + size : NULL;
}

/* Notes a header, and what it says of the body's size. */
static void take_header(exchange *made, const char *line, size_t *body_size)
{
    const char *length = value_of(line, "content-length: ");
    const char *target = value_of(line, "x-amz-target: ");
    if (length != NULL) {
        *body_size = strtoul(length, NULL, 10); /* libcurl writes this header itself */
        return;
    }
    if (target != NULL) {
        (void)snprintf(made->target, sizeof(made->target), "%s", target);
    }
    add_header(made, line);
}

/* Takes one request off the front of the text; returns what is behind it. */
static char *take_exchange(char *text, exchange *made)
{
    size_t body_size = 0;
    char *line = strstr(text, "\r\n");
    must(line != NULL, "a request line");
    made->headers = NULL;
    for (line += 2; strncmp(line, "\r\n", 2) != 0;) {
        char *end = strstr(line, "\r\n");
        must(end != NULL, "the end of a header");
        *end = '\0';
        take_header(made, line, &body_size);
        line = end + 2;
    }
    line += 2;
    must(body_size < sizeof(made->body) && strlen(line) >= body_size, "all of a body");
    memcpy(made->body, line, body_size);
    made->body[body_size] = '\0';
    add_header(made, "Accept:");
    add_header(made, "Expect:");
    return line + body_size;
}

void take_recording(const char *url, recording *made)
{
    static replayer player;
    char where[128];
    (void)snprintf(where, sizeof(where), "%s/recorded", url);
    replayer_init(&player, where);
    perform(&player);
    replayer_free(&player);
    player.answer[player.size] = '\0';
    made->count = 0;
    made->size = player.size;
    for (char *at = player.answer; *at != '\0'; made->count++) {
        must(made->count < EXCHANGES_MAX, "there is room for the exchanges");
        at = take_exchange(at, &made->exchanges[made->count]);
    }
}

void recording_free(recording *made)
{
    for (size_t i = 0; i < made->count; i++) {
        curl_slist_free_all(made->exchanges[i].headers);
    }
}
