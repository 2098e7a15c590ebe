/* SPDX-License-Identifier: MIT */
/* cruddur-lambda: a custom runtime and its function in one. It applies the events of the table's
 * stream, one invocation after the other, until it is told to end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "handler.h"
#include "runtime.h"

#define TRACE_NAME "_X_AMZN_TRACE_ID"
#define TRACE_SIZE 1024

struct function {
    struct log log;
    struct runtime runtime;
    struct handler handler;
};

static volatile sig_atomic_t is_waiting;
static volatile sig_atomic_t is_ending;

/* Between invocations there is nothing to be finished. An event that comes just then comes again:
 * it was not answered. */
static void on_terminate(int number)
{
    (void)number;
    if (is_waiting) {
        _exit(EXIT_SUCCESS);
    }
    is_ending = 1;
}

static bool catch_signals(void)
{
    struct sigaction end = {.sa_handler = on_terminate, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    return sigemptyset(&end.sa_mask) == 0 && sigemptyset(&ignore.sa_mask) == 0 &&
           sigaction(SIGTERM, &end, NULL) == 0 && sigaction(SIGPIPE, &ignore, NULL) == 0;
}

/* The variable's text is changed in place: setenv() would keep every invocation's. */
static char trace[sizeof(TRACE_NAME "=") + TRACE_SIZE] = TRACE_NAME "=";

static void export_trace(const char *trace_id)
{
    (void)snprintf(trace + strlen(TRACE_NAME "="), TRACE_SIZE, "%s", trace_id);
}

/* ---- an invocation ---- */

/* Logs what became of an answer; false: the process has to end. */
static bool judge(struct function *function, enum runtime_status status)
{
    if (status != RUNTIME_OK) {
        log_say(&function->log, status == RUNTIME_FAILED ? CRUDDUR_LOG_ERROR : CRUDDUR_LOG_WARNING,
                function->runtime.words);
    }
    return status != RUNTIME_FAILED;
}

static bool fail(struct function *function, const struct invocation *invocation, const char *type,
                 const char *message)
{
    struct json_object *line = log_begin(&function->log, CRUDDUR_LOG_ERROR, message);
    log_text(line, "errorType", type);
    log_end(line);
    return judge(function, runtime_fail(&function->runtime, invocation, type, message));
}

static bool respond(struct function *function, const struct invocation *invocation,
                    const char *answer)
{
    enum runtime_status status = runtime_respond(&function->runtime, invocation, answer);
    if (status == RUNTIME_TOO_LARGE) {
        return fail(function, invocation, "Function.ResponseTooLarge",
                    "the answer is larger than Lambda takes: use smaller batches");
    }
    return judge(function, status);
}

/* The words of a status go with it where there is no error. */
static const char *words_of(cruddur_status status, const cruddur_error *error)
{
    return error != NULL ? cruddur_error_message(error) : cruddur_status_text(status);
}

static bool apply(struct function *function, const struct invocation *invocation)
{
    cruddur_stream_result *result = NULL;
    cruddur_error *error = NULL;
    char type[64];
    bool goes_on;
    cruddur_status status =
        handler_apply(&function->handler, buffer_text(&invocation->event), invocation->event.length,
                      invocation_deadline_ms(invocation), &result, &error);
    if (status == CRUDDUR_OK) {
        goes_on = respond(function, invocation, cruddur_stream_result_answer(result));
    } else {
        (void)snprintf(type, sizeof(type), "Function.%s", cruddur_status_name(status));
        goes_on = fail(function, invocation, type, words_of(status, error));
    }
    cruddur_stream_result_free(result);
    cruddur_error_free(error);
    return goes_on;
}

static bool serve_one(struct function *function, struct invocation *invocation)
{
    is_waiting = 1;
    if (is_ending) { /* it came just before */
        return true;
    }
    enum runtime_status status = runtime_next(&function->runtime, invocation);
    is_waiting = 0;
    if (status != RUNTIME_OK) {
        return judge(function, status);
    }
    log_set_request(&function->log, buffer_text(&invocation->headers[HEADER_REQUEST_ID]));
    export_trace(buffer_text(&invocation->headers[HEADER_TRACE_ID]));
    bool goes_on = invocation->is_too_large
                       ? fail(function, invocation, "Function.EventTooLarge",
                              "the event is larger than Lambda's limit of 6 MB")
                       : apply(function, invocation);
    log_set_request(&function->log, "");
    return goes_on;
}

static bool serve(struct function *function)
{
    struct invocation invocation = {0};
    bool goes_on = true;
    while (goes_on && !is_ending) {
        goes_on = serve_one(function, &invocation);
    }
    invocation_free(&invocation);
    return goes_on;
}

/* ---- the start ---- */

static bool fail_init(struct function *function, const char *type, const char *message)
{
    struct json_object *line = log_begin(&function->log, CRUDDUR_LOG_ERROR, message);
    log_text(line, "errorType", type);
    log_end(line);
    (void)judge(function, runtime_fail_init(&function->runtime, type, message));
    return false;
}

/* What is wrong may also stand in a variable of AWS's: then the message says where. */
static bool fail_open(struct function *function, cruddur_status status, cruddur_error *error)
{
    struct buffer message = {NULL, 0, 0};
    bool is_elsewhere = status == CRUDDUR_E_CONFIG || status == CRUDDUR_E_CREDENTIALS;
    buffer_add_format(&message, "%s%s",
                      is_elsewhere ? "" : "CRUDDUR_STORE: ", words_of(status, error));
    cruddur_error_free(error);
    bool goes_on = fail_init(function, "Runtime.StoreNotOpened", buffer_text(&message));
    buffer_free(&message);
    return goes_on;
}

static bool start(struct function *function)
{
    struct settings settings;
    cruddur_error *error = NULL;
    const char *problem = settings_read(&settings);
    if (problem != NULL) {
        return fail_init(function, "Runtime.ConfigInvalid", problem);
    }
    function->log.level = settings.level;
    cruddur_status status = handler_open(&function->handler, &settings, &function->log, &error);
    return status == CRUDDUR_OK || fail_open(function, status, error);
}

int main(void)
{
    static struct function function = {.log = LOG_INIT};
    const char *address = getenv("AWS_LAMBDA_RUNTIME_API");
    if (address == NULL || address[0] == '\0') {
        log_say(&function.log, CRUDDUR_LOG_ERROR,
                "AWS_LAMBDA_RUNTIME_API is not set: this program runs in AWS Lambda");
        return EXIT_FAILURE;
    }
    if (!catch_signals() || putenv(trace) != 0 || !settings_name_certificates() ||
        !runtime_open(&function.runtime, address)) {
        log_say(&function.log, CRUDDUR_LOG_ERROR, "the process cannot be set up");
        return EXIT_FAILURE;
    }
    bool is_good = start(&function);
    if (is_good) {
        is_good = serve(&function);
        handler_close(&function.handler);
    }
    runtime_close(&function.runtime);
    return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}
