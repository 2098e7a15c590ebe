/* SPDX-License-Identifier: MIT */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "measure.h"

static size_t receive(char *bytes, size_t unit, size_t count, void *context)
{
    lane *now = context;
    size_t size = unit * count;
    must(size <= sizeof(now->answer) - 1 - now->size, "an answer that fits");
    memcpy(now->answer + now->size, bytes, size);
    now->size += size;
    return size;
}

static void lane_init(lane *made, const char *url)
{
    made->curl = curl_easy_init();
    must(made->curl != NULL && curl_easy_setopt(made->curl, CURLOPT_URL, url) == CURLE_OK &&
             curl_easy_setopt(made->curl, CURLOPT_PROXY, "") == CURLE_OK &&
             curl_easy_setopt(made->curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
             curl_easy_setopt(made->curl, CURLOPT_TIMEOUT_MS, 10000L) == CURLE_OK &&
             curl_easy_setopt(made->curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
             curl_easy_setopt(made->curl, CURLOPT_WRITEDATA, made) == CURLE_OK,
         "libcurl is set up");
}

void replayer_init(replayer *player, const char *url)
{
    player->multi = curl_multi_init();
    must(player->multi != NULL, "libcurl is set up");
    for (size_t i = 0; i < EXCHANGES_MAX; i++) {
        lane_init(&player->lanes[i], url);
    }
}

void replayer_free(replayer *player)
{
    for (size_t i = 0; i < EXCHANGES_MAX; i++) {
        curl_easy_cleanup(player->lanes[i].curl);
    }
    (void)curl_multi_cleanup(player->multi);
}

static void load(lane *now, const exchange *one)
{
    must(curl_easy_setopt(now->curl, CURLOPT_HTTPHEADER, one->headers) == CURLE_OK &&
             curl_easy_setopt(now->curl, CURLOPT_POSTFIELDS, one->body) == CURLE_OK,
         "libcurl takes a request");
    now->size = 0;
}

static void check_status(const lane *now)
{
    long status = 0;
    must(curl_easy_getinfo(now->curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status == 200,
         "an exchange by libcurl");
}

static void perform(lane *now)
{
    must(curl_easy_perform(now->curl) == CURLE_OK, "an exchange by libcurl");
    check_status(now);
}

void replay(replayer *player, const recording *what)
{
    for (size_t i = 0; i < what->count; i++) {
        load(&player->lanes[0], &what->exchanges[i]);
        perform(&player->lanes[0]);
    }
}

static void perform_together(replayer *player, size_t count)
{
    int running = 0;
    int left;
    const CURLMsg *message;
    do {
        must(curl_multi_perform(player->multi, &running) == CURLM_OK, "exchanges by libcurl");
        while ((message = curl_multi_info_read(player->multi, &left)) != NULL) {
            must(message->data.result == CURLE_OK, "an exchange by libcurl");
        }
        must(running == 0 || curl_multi_poll(player->multi, NULL, 0, 1000, NULL) == CURLM_OK,
             "exchanges by libcurl");
    } while (running > 0);
    for (size_t i = 0; i < count; i++) {
        check_status(&player->lanes[i]);
        must(curl_multi_remove_handle(player->multi, player->lanes[i].curl) == CURLM_OK,
             "an exchange by libcurl");
    }
}

static bool is_write(const exchange *one)
{
    return strstr(one->target, "Write") != NULL;
}

void replay_waves(replayer *player, const recording *what)
{
    size_t count = 0;
    for (size_t i = 0; i < what->count; i++) {
        const exchange *one = &what->exchanges[i];
        lane *now = &player->lanes[count++];
        load(now, one);
        must(curl_multi_add_handle(player->multi, now->curl) == CURLM_OK,
             "libcurl takes a request");
        if (i + 1 == what->count || is_write(one) || is_write(one + 1)) {
            perform_together(player, count);
            count = 0;
        }
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
    static lane asked;
    char where[128];
    (void)snprintf(where, sizeof(where), "%s/recorded", url);
    lane_init(&asked, where);
    asked.size = 0;
    perform(&asked);
    curl_easy_cleanup(asked.curl);
    asked.answer[asked.size] = '\0';
    made->count = 0;
    made->size = asked.size;
    for (char *at = asked.answer; *at != '\0'; made->count++) {
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
