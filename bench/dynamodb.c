/* SPDX-License-Identifier: MIT */
/* Measures what the DynamoDB engine costs its process, on a service that answers from memory;
 * docs/performance.md tells what and why. Arguments: the program of that service, the folder with
 * those that use the SDKs, and the one that uses the Go SDK, if there is one. */
#include <curl/curl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "aws/sign.h"
#include "base/clock.h"
#include "canned.h"
#include "child.h"
#include "measure.h"
#include "replay.h"
#include "store/dynamodb/result.h"

#define ROUNDS 21
#define CALLS_PER_ROUND 500
#define SDK_SLOWER 10
#define PIECES_PER_ROUND 5000
#define REGION "eu-central-1"
#define URL_SIZE 128

typedef enum sdk {
    BOTO3,
    JAVASCRIPT,
    GO,
    SDK_COUNT,
} sdk;

typedef struct bench {
    char url[URL_SIZE];
    child service;
    child sdks[SDK_COUNT];
    size_t sdk_count; /* that of Go may be missing */
    cruddur *dm;
    replayer player;
    recording page;
    recording append;
    char page_answer[BODY_SIZE];
    size_t page_answer_size;
    cr_signer *signer;
    const cr_identity *identity;
} bench;

static bench now;

/* ---- the library ---- */

static void list_page(void *context, size_t count)
{
    id group = canned_group();
    (void)context;
    for (size_t i = 0; i < count; i++) {
        cruddur_msg_page *page = NULL;
        cruddur_error *error = NULL;
        cruddur_list_options options = CRUDDUR_LIST_OPTIONS_INIT;
        options.flags = CRUDDUR_LIST_TRUSTED;
        need(cruddur_msg_list(now.dm, NULL, group.text, &options, &page, &error), &error);
        must(cruddur_msg_page_count(page) == CANNED_PAGE, "a full page");
        cruddur_msg_page_free(page);
    }
}

static void append(void *context, size_t count)
{
    id group = canned_group();
    id author = canned_member(CANNED_AUTHOR);
    bench_text text = text_of(0);
    (void)context;
    for (size_t i = 0; i < count; i++) {
        cruddur_user user = CRUDDUR_USER_INIT;
        cruddur_msg *msg = NULL;
        cruddur_error *error = NULL;
        user.uuid = author.text;
        need(cruddur_msg_append(now.dm, &user, group.text, text.text, NULL, &msg, &error), &error);
        cruddur_msg_free(msg);
    }
}

static void open_table(void)
{
    char url[256];
    cruddur_error *error = NULL;
    (void)snprintf(url, sizeof(url), "dynamodb:cruddur-messages?region=" REGION "&endpoint=%s",
                   now.url);
    need(cruddur_open(url, NULL, &now.dm, &error), &error);
}

/* ---- libcurl alone ---- */

static void replay_recording(void *context, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        replay(&now.player, context);
    }
}

static void replay_recording_waves(void *context, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        replay_waves(&now.player, context);
    }
}

static void check_replay(const recording *original,
                         void (*run)(replayer *player, const recording *what))
{
    static recording again;
    run(&now.player, original);
    take_recording(now.url, &again);
    must(again.count == original->count && again.size == original->size,
         "libcurl sends as many bytes as the library");
    recording_free(&again);
}

/* Has the library make each call once, to learn what it sends. */
static void record(void)
{
    list_page(NULL, 1);
    take_recording(now.url, &now.page);
    append(NULL, 1);
    take_recording(now.url, &now.append);
    must(now.page.count == 1, "a page is one request");
    replayer_init(&now.player, now.url);
    check_replay(&now.append, replay_waves);
    check_replay(&now.append, replay);
    check_replay(&now.page, replay);
    memcpy(now.page_answer, now.player.lanes[0].answer, now.player.lanes[0].size);
    now.page_answer_size = now.player.lanes[0].size;
}

static void print_exchanges(const char *name, const recording *what)
{
    (void)printf("  %s:", name);
    for (size_t i = 0; i < what->count; i++) {
        const exchange *one = &what->exchanges[i];
        (void)printf("%s %s (%zu bytes)", i > 0 ? "," : "", strchr(one->target, '.') + 1,
                     strlen(one->body));
    }
    (void)printf("\n");
}

/* ---- the SDKs ---- */

static void add_exchanges(FILE *out, const char *name, const recording *what)
{
    (void)fprintf(out, "\"%s\":[", name);
    for (size_t i = 0; i < what->count; i++) {
        const exchange *one = &what->exchanges[i];
        (void)fprintf(out, "%s{\"operation\":\"%s\",\"input\":%s}", i > 0 ? "," : "",
                      strchr(one->target, '.') + 1, one->body);
    }
    (void)fprintf(out, "]");
}

/* The bodies that the library sends are what the SDKs take as their input. */
static void start_sdk(const char *const *arguments)
{
    char version[200];
    child *made = &now.sdks[now.sdk_count++];
    *made = child_start(arguments);
    (void)fprintf(made->to, "{");
    add_exchanges(made->to, "page", &now.page);
    (void)fprintf(made->to, ",");
    add_exchanges(made->to, "append", &now.append);
    child_talk(made, "}", version, sizeof(version));
    (void)printf("  %s\n", version);
}

static double ask(child *one, const char *what, size_t count)
{
    char line[64];
    char answer[64];
    (void)snprintf(line, sizeof(line), "%s %zu", what, count);
    child_talk(one, line, answer, sizeof(answer));
    return strtod(answer, NULL);
}

static double ask_for_page(void *context, size_t count)
{
    return ask(context, "page", count);
}

static double ask_for_append(void *context, size_t count)
{
    return ask(context, "append", count);
}

/* ---- pieces ---- */

static void decode_by_library(void *context, size_t count)
{
    cr_arena arena = CR_ARENA_INIT;
    (void)context;
    for (size_t i = 0; i < count; i++) {
        cr_result reply;
        cr_str body = {now.page_answer, now.page_answer_size};
        cr_arena_reset(&arena);
        must(cr_result_read(body, &arena, &reply) == CR_RESULT_GOOD &&
                 reply.row_count == CANNED_PAGE,
             "a page is read");
    }
    cr_arena_free(&arena);
}

static void decode_by_json_c(void *context, size_t count)
{
    json_tokener *tokener = json_tokener_new();
    (void)context;
    must(tokener != NULL, "memory for json-c");
    for (size_t i = 0; i < count; i++) {
        json_tokener_reset(tokener);
        json_object *tree =
            json_tokener_parse_ex(tokener, now.page_answer, (int)now.page_answer_size);
        must(tree != NULL, "json-c reads a page");
        json_object_put(tree);
    }
    json_tokener_free(tokener);
}

static void check_sum(void *context, size_t count)
{
    const Bytef *body = (const Bytef *)now.page_answer;
    uLong sum = crc32_z(0, body, now.page_answer_size);
    (void)context;
    for (size_t i = 1; i < count; i++) {
        must(crc32_z(0, body, now.page_answer_size) == sum, "the sum stays what it was");
    }
}

static void open_signer(void)
{
    cruddur_error *error = NULL;
    const cr_identity fields = {
        .access_key_id = cr_str_of("AKIDEXAMPLE"),
        .secret_access_key = cr_str_of("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        .expires_at_us = CR_IDENTITY_NEVER_EXPIRES,
    };
    need(cr_signer_new(REGION, "dynamodb", &now.signer, &error), &error);
    now.identity = cr_identity_new(&fields);
    must(now.identity != NULL, "memory for an identity");
}

/* As for one attempt of a call. */
static void sign_page(void *context, size_t count)
{
    const exchange *query = &now.page.exchanges[0];
    const cr_header headers[] = {
        {cr_str_of("Content-Type"), cr_str_of("application/x-amz-json-1.0")},
        {cr_str_of("X-Amz-Target"), cr_str_of(query->target)},
    };
    cr_sign_request request = {
        .method = cr_str_of("POST"),
        .host = cr_str_of("dynamodb." REGION ".amazonaws.com"),
        .path = cr_str_of("/"),
        .headers = headers,
        .header_count = sizeof(headers) / sizeof(headers[0]),
        .body = cr_str_of(query->body),
        .time_us = cr_clock_now_us(),
    };
    (void)context;
    for (size_t i = 0; i < count; i++) {
        cr_signature signature;
        cruddur_error *error = NULL;
        cr_signature_init(&signature);
        need(cr_sign(now.signer, now.identity, &request, &signature, &error), &error);
        cr_signature_free(&signature);
    }
}

/* ---- the comparison ---- */

typedef struct comparison {
    const char *heading;
    const char *names[1 + SDK_COUNT]; /* of the targets: against libcurl, and against the SDKs */
    recording *exchanges;
    bench_run by_library;
    bench_ask by_sdk;
    double limit; /* in times of libcurl */
} comparison;

static const struct {
    const char *name;
    double limit; /* in times of the library */
} sdks[SDK_COUNT] = {{"boto3", 8.0}, {"JavaScript SDK", 8.0}, {"Go SDK", 3.0}};

enum { LIBCURL, WAVES, LIBRARY, SDKS };

static void print_best(const contender *contenders, size_t n)
{
    (void)printf("  best rounds: libcurl %.2f, library %.2f", best_of(&contenders[LIBCURL], ROUNDS),
                 best_of(&contenders[LIBRARY], ROUNDS));
    for (size_t i = SDKS; i < n; i++) {
        (void)printf(", %s %.2f", contenders[i].name, best_of(&contenders[i], ROUNDS));
    }
    (void)printf("\n");
}

/* Other work on the machine costs the SDKs more than the library, so what counts is each one's best
 * round. */
static void compare(const comparison *what)
{
    contender contenders[SDKS + SDK_COUNT] = {
        {.name = "libcurl alone, the same bytes",
         .run = replay_recording,
         .context = what->exchanges},
        {.name = "libcurl alone, in the library's waves",
         .run = replay_recording_waves,
         .context = what->exchanges},
        {.name = "library", .run = what->by_library},
    };
    static const size_t base[] = {LIBCURL, LIBCURL, LIBCURL, LIBRARY, LIBRARY, LIBRARY};
    const size_t n = SDKS + now.sdk_count;
    for (size_t i = SDKS; i < n; i++) {
        contenders[i] = (contender){.name = sdks[i - SDKS].name,
                                    .ask = what->by_sdk,
                                    .slower = SDK_SLOWER,
                                    .context = &now.sdks[i - SDKS]};
    }
    print_heading(what->heading);
    run_rounds(contenders, n, ROUNDS, CALLS_PER_ROUND);
    print_contenders(contenders, base, n, ROUNDS);
    print_best(contenders, n);
    at_most(what->names[0], what->limit,
            ratio_of(&contenders[LIBRARY], &contenders[LIBCURL], ROUNDS).median, "x raw");
    for (size_t i = SDKS; i < n; i++) {
        at_least(what->names[1 + i - SDKS], sdks[i - SDKS].limit,
                 best_of(&contenders[i], ROUNDS) / best_of(&contenders[LIBRARY], ROUNDS), "x ours");
    }
}

static void compare_calls(void)
{
    const comparison page = {
        .heading = "A page of 20 messages (ratio of the library: to libcurl; of the SDKs: to the "
                   "library)",
        .names = {"page", "page: boto3", "page: JavaScript SDK", "page: Go SDK"},
        .exchanges = &now.page,
        .by_library = list_page,
        .by_sdk = ask_for_page,
        .limit = 1.7,
    };
    const comparison append_one = {
        .heading = "An append to a group of two",
        .names = {"append", "append: boto3", "append: JavaScript SDK", "append: Go SDK"},
        .exchanges = &now.append,
        .by_library = append,
        .by_sdk = ask_for_append,
        .limit = 1.4,
    };
    compare(&page);
    compare(&append_one);
}

static void compare_pieces(void)
{
    contender contenders[] = {
        {.name = "the page's bytes to rows: library", .run = decode_by_library},
        {.name = "the page's bytes to a tree: json-c", .run = decode_by_json_c},
        {.name = "the page's checksum", .run = check_sum},
        {.name = "one signature", .run = sign_page},
    };
    static const size_t base[] = {0, 0, 2, 3};
    print_heading("Pieces, without the network");
    run_rounds(contenders, 4, ROUNDS, PIECES_PER_ROUND);
    print_contenders(contenders, base, 4, ROUNDS);
    at_most("one signature", 3.0, time_of(&contenders[3], ROUNDS).median, "us");
}

/* ---- all of it ---- */

static void begin(const char *server, const char *sdk_folder, const char *go_program)
{
    const char *const arguments[] = {server, NULL};
    const bench_path boto3 = path_in(sdk_folder, "boto3_client.py");
    const bench_path javascript = path_in(sdk_folder, "client.mjs");
    now.service = child_start(arguments);
    child_talk(&now.service, NULL, now.url, sizeof(now.url));
    open_table();
    open_signer();
    record();
    (void)printf("cruddur %s, %s, %ld cores\n", cruddur_version(), curl_version(),
                 sysconf(_SC_NPROCESSORS_ONLN));
    start_sdk((const char *const[]){"/usr/bin/python3", boto3.text, now.url, NULL});
    start_sdk((const char *const[]){"node", javascript.text, now.url, NULL});
    if (go_program != NULL) {
        start_sdk((const char *const[]){go_program, now.url, NULL});
    }
    print_heading("What the library sends, and so do the others");
    print_exchanges("page", &now.page);
    print_exchanges("append", &now.append);
    (void)printf("  the page's answer: %zu bytes\n", now.page_answer_size);
}

static void end(void)
{
    for (size_t i = 0; i < now.sdk_count; i++) {
        child_end(&now.sdks[i]);
    }
    cruddur_close(now.dm);
    replayer_free(&now.player);
    recording_free(&now.page);
    recording_free(&now.append);
    cr_identity_release(now.identity);
    cr_signer_free(now.signer);
    child_end(&now.service);
}

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4) {
        (void)fprintf(stderr, "usage: %s SERVER SDK_FOLDER [GO_PROGRAM]\n", argv[0]);
        return EXIT_FAILURE;
    }
    measure_processor_time();
    begin(argv[1], argv[2], argc == 4 ? argv[3] : NULL);
    compare_calls();
    compare_pieces();
    print_targets();
    end();
    return EXIT_SUCCESS;
}
