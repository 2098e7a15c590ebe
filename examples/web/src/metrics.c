/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "request_http.h"

static const int64_t steps_us[METRICS_STEPS] = {500,   1000,   2500,   5000,    10000,  25000,
                                                50000, 100000, 250000, 1000000, 5000000};

static const char *const operations[METRICS_OPERATIONS] = {
    [CRUDDUR_OP_MSG_LIST] = "msg_list",         [CRUDDUR_OP_GROUP_LIST] = "group_list",
    [CRUDDUR_OP_GROUP_CREATE] = "group_create", [CRUDDUR_OP_MSG_APPEND] = "msg_append",
    [CRUDDUR_OP_GROUP_GET] = "group_get",       [CRUDDUR_OP_GROUP_MEMBERS] = "group_members",
    [CRUDDUR_OP_MSG_GET] = "msg_get",           [CRUDDUR_OP_MSG_EDIT] = "msg_edit",
    [CRUDDUR_OP_MSG_DELETE] = "msg_delete",     [CRUDDUR_OP_MSG_REACT] = "msg_react",
    [CRUDDUR_OP_GROUP_SET] = "group_set",       [CRUDDUR_OP_GROUP_MARK_READ] = "group_mark_read",
    [CRUDDUR_OP_WATCH_OPEN] = "watch_open",
};

bool metrics_start(struct metrics *self)
{
    return pthread_mutex_init(&self->mutex, NULL) == 0;
}

void metrics_free(struct metrics *self)
{
    pthread_mutex_destroy(&self->mutex);
}

static void add_time(struct metrics_times *times, int64_t duration_us)
{
    size_t step = 0;
    while (step < METRICS_STEPS && duration_us > steps_us[step]) {
        step++;
    }
    times->steps[step]++;
    times->count++;
    times->sum_us += (uint64_t)duration_us;
}

void metrics_call(void *data, const cruddur_metrics *call)
{
    struct metrics *self = data;
    if (call->operation >= METRICS_OPERATIONS || call->status >= METRICS_STATUSES) {
        return;
    }
    pthread_mutex_lock(&self->mutex);
    self->calls[call->operation][call->status]++;
    add_time(&self->call_times[call->operation], call->duration_us);
    self->rows_read += call->rows_read;
    self->rows_written += call->rows_written;
    self->service_requests += call->requests;
    self->read_units += call->read_units;
    self->write_units += call->write_units;
    pthread_mutex_unlock(&self->mutex);
}

void metrics_answer(struct metrics *self, size_t route, unsigned status, int64_t duration_us)
{
    if (route < METRICS_ROUTES && status >= 100 && status < 100 + METRICS_CODES) {
        self->answers[route][status - 100]++;
    }
    add_time(&self->answer_times, duration_us);
}

/* ---- the text ---- */

static void head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_times(FILE *out, const char *name, const char *label,
                        const struct metrics_times *times)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < METRICS_STEPS; i++) {
        sum += times->steps[i];
        fprintf(out, "%s_bucket{%s%sle=\"%g\"} %llu\n", name, label, label[0] != '\0' ? "," : "",
                (double)steps_us[i] / 1e6, (unsigned long long)sum);
    }
    fprintf(out, "%s_bucket{%s%sle=\"+Inf\"} %llu\n", name, label, label[0] != '\0' ? "," : "",
            (unsigned long long)times->count);
    fprintf(out, "%s_sum{%s} %g\n%s_count{%s} %llu\n", name, label, (double)times->sum_us / 1e6,
            name, label, (unsigned long long)times->count);
}

static const char *operation_name(size_t operation)
{
    return operations[operation] != NULL ? operations[operation] : "other";
}

static void write_calls(FILE *out, const struct metrics *self)
{
    char label[64];
    head(out, "cruddur_calls_total", "counter", "Calls of the library.");
    for (size_t i = 0; i < METRICS_OPERATIONS; i++) {
        for (size_t status = 0; status < METRICS_STATUSES; status++) {
            if (self->calls[i][status] > 0) {
                fprintf(out, "cruddur_calls_total{operation=\"%s\",status=\"%s\"} %llu\n",
                        operation_name(i), cruddur_status_name((cruddur_status)status),
                        (unsigned long long)self->calls[i][status]);
            }
        }
    }
    head(out, "cruddur_call_duration_seconds", "histogram", "Time in calls of the library.");
    for (size_t i = 0; i < METRICS_OPERATIONS; i++) {
        if (self->call_times[i].count > 0) {
            (void)snprintf(label, sizeof(label), "operation=\"%s\"", operation_name(i));
            write_times(out, "cruddur_call_duration_seconds", label, &self->call_times[i]);
        }
    }
}

static void write_answers(FILE *out, const struct metrics *self)
{
    head(out, "http_requests_total", "counter", "Requests that were answered.");
    for (size_t i = 0; i <= route_count; i++) {
        for (size_t code = 0; code < METRICS_CODES; code++) {
            if (self->answers[i][code] > 0) {
                fprintf(out, "http_requests_total{method=\"%s\",route=\"%s\",code=\"%zu\"} %llu\n",
                        i < route_count ? routes[i].method : "",
                        i < route_count ? routes[i].pattern : "", code + 100,
                        (unsigned long long)self->answers[i][code]);
            }
        }
    }
    head(out, "http_request_duration_seconds", "histogram", "Time until an answer was sent.");
    write_times(out, "http_request_duration_seconds", "", &self->answer_times);
}

static void write_totals(FILE *out, const struct metrics *self)
{
    const struct {
        const char *name, *type, *help;
        double value;
    } totals[] = {
        {"cruddur_rows_read_total", "counter", "Rows read.", (double)self->rows_read},
        {"cruddur_rows_written_total", "counter", "Rows written.", (double)self->rows_written},
        {"cruddur_service_requests_total", "counter", "Requests to DynamoDB.",
         (double)self->service_requests},
        {"cruddur_read_units_total", "counter", "Read capacity consumed.", self->read_units},
        {"cruddur_write_units_total", "counter", "Write capacity consumed.", self->write_units},
        {"http_connections", "gauge", "Open connections.", (double)self->connections},
        {"event_streams", "gauge", "Open event streams.", (double)self->streams},
        {"event_streams_opened_total", "counter", "Event streams opened.",
         (double)self->streams_opened},
        {"events_sent_total", "counter", "Events sent.", (double)self->events_sent},
    };
    for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) {
        head(out, totals[i].name, totals[i].type, totals[i].help);
        fprintf(out, "%s %.15g\n", totals[i].name, totals[i].value);
    }
}

/* Whether the client is on this machine: others learn how busy the service is only if that was
 * asked for. */
static bool is_local(const request *self)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(self->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info != NULL ? info->client_addr : NULL;
    if (address == NULL) {
        return false;
    }
    if (address->sa_family == AF_INET6) {
        return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
    }
    return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
}

void metrics_get(request *self)
{
    struct metrics *metrics = &self->server->metrics;
    char *body = NULL;
    size_t size = 0;
    if (!self->server->options->is_metrics_public && !is_local(self)) {
        request_fail(self, MHD_HTTP_FORBIDDEN, "loopback_only");
        return;
    }
    FILE *out = open_memstream(&body, &size);
    if (out != NULL) {
        pthread_mutex_lock(&metrics->mutex);
        write_calls(out, metrics);
        write_answers(out, metrics);
        write_totals(out, metrics);
        pthread_mutex_unlock(&metrics->mutex);
        if (fclose(out) != 0) {
            free(body);
            body = NULL;
        }
    }
    request_answer(self, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", body, size);
}
