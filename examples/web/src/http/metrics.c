/* SPDX-License-Identifier: MIT */
/* GET /metrics, in the text format of Prometheus: calls of the library, from its metrics hook, and
 * requests. The values are kept as they are printed: in an object, by name and labels. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

static const double steps_s[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5};

static const struct {
    const char *name, *type, *help;
} families[] = {
    {"cruddur_calls_total", "counter", "Calls of the library."},
    {"cruddur_call_duration_seconds", "histogram", "Time in calls of the library."},
    {"cruddur_rows_read_total", "counter", "Rows read."},
    {"cruddur_rows_written_total", "counter", "Rows written."},
    {"cruddur_service_requests_total", "counter", "Requests to DynamoDB."},
    {"cruddur_read_units_total", "counter", "Read capacity consumed."},
    {"cruddur_write_units_total", "counter", "Write capacity consumed."},
    {"http_requests_total", "counter", "Requests that were answered."},
    {"http_request_duration_seconds", "histogram", "Time until an answer was sent."},
    {"http_connections", "gauge", "Open connections."},
    {"event_streams", "gauge", "Open event streams."},
    {"event_streams_opened_total", "counter", "Event streams opened."},
    {"events_sent_total", "counter", "Events sent."},
};

static const char *const operations[] = {
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
    self->values = json_object();
    return self->values != NULL && uv_mutex_init(&self->mutex) == 0;
}

void metrics_free(struct metrics *self)
{
    json_decref(self->values);
    uv_mutex_destroy(&self->mutex);
}

/* Adds to a value; one that there is no memory for is left out. Under the lock. */
__attribute__((format(printf, 3, 4))) static void add(struct metrics *self, double value,
                                                      const char *format, ...)
{
    char name[256];
    va_list parts;
    va_start(parts, format);
    (void)vsnprintf(name, sizeof(name), format, parts);
    va_end(parts);
    (void)json_object_set_new(
        self->values, name,
        json_real(json_real_value(json_object_get(self->values, name)) + value));
}

/* `label` is empty, or ends with a comma. */
static void add_time(struct metrics *self, const char *name, const char *label, double duration_s)
{
    for (size_t i = 0; i < sizeof(steps_s) / sizeof(steps_s[0]); i++) {
        add(self, duration_s <= steps_s[i], "%s_bucket{%sle=\"%g\"}", name, label, steps_s[i]);
    }
    add(self, 1, "%s_bucket{%sle=\"+Inf\"}", name, label);
    add(self, duration_s, "%s_sum{%s}", name, label);
    add(self, 1, "%s_count{%s}", name, label);
}

void metrics_add(struct metrics *self, const char *name, double value)
{
    uv_mutex_lock(&self->mutex);
    add(self, value, "%s", name);
    uv_mutex_unlock(&self->mutex);
}

/* The library's hook, on one of its threads. */
void metrics_call(void *data, const cruddur_metrics *call)
{
    struct metrics *self = data;
    bool is_known = call->operation < sizeof(operations) / sizeof(operations[0]) &&
                    operations[call->operation] != NULL;
    char label[64];
    (void)snprintf(label, sizeof(label), "operation=\"%s\",",
                   is_known ? operations[call->operation] : "other");
    uv_mutex_lock(&self->mutex);
    add(self, 1, "cruddur_calls_total{%sstatus=\"%s\"}", label,
        cruddur_status_name((cruddur_status)call->status));
    add_time(self, "cruddur_call_duration_seconds", label, (double)call->duration_us / 1e6);
    add(self, call->rows_read, "cruddur_rows_read_total");
    add(self, call->rows_written, "cruddur_rows_written_total");
    add(self, call->requests, "cruddur_service_requests_total");
    add(self, call->read_units, "cruddur_read_units_total");
    add(self, call->write_units, "cruddur_write_units_total");
    uv_mutex_unlock(&self->mutex);
}

void metrics_answer(struct metrics *self, const struct route *route, unsigned status,
                    double duration_s)
{
    uv_mutex_lock(&self->mutex);
    add(self, 1, "http_requests_total{method=\"%s\",route=\"%s\",code=\"%u\"}",
        route != NULL ? route->method : "", route != NULL ? route->pattern : "", status);
    add_time(self, "http_request_duration_seconds", "", duration_s);
    uv_mutex_unlock(&self->mutex);
}

/* ---- the route ---- */

static void write_all(FILE *out, json_t *values)
{
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        size_t size = strlen(families[i].name);
        const char *name;
        json_t *value;
        (void)fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", families[i].name, families[i].help,
                      families[i].name, families[i].type);
        json_object_foreach(values, name, value)
        {
            if (strncmp(name, families[i].name, size) == 0 &&
                (strchr("{", name[size]) != NULL || strncmp(name + size, "_bucket{", 8) == 0 ||
                 strncmp(name + size, "_sum{", 5) == 0 ||
                 strncmp(name + size, "_count{", 7) == 0)) {
                (void)fprintf(out, "%s %.15g\n", name, json_real_value(value));
            }
        }
    }
}

/* Whether the client is on this machine, and is not a browser that another site's name led here:
 * others learn how busy the service is only if that was asked for. */
static bool is_local(const request *self)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(self->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info != NULL ? info->client_addr : NULL;
    if (address == NULL || !request_is_own_host(self)) {
        return false;
    }
    return address->sa_family == AF_INET6
               ? IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr)
               : ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 ==
                     IN_LOOPBACKNET;
}

void metrics_get(request *self)
{
    struct metrics *metrics = &self->server->metrics;
    char *body = NULL;
    size_t size = 0;
    if (!self->server->options.is_metrics_public && !is_local(self)) {
        request_fail(self, MHD_HTTP_FORBIDDEN, "loopback_only");
        return;
    }
    FILE *out = open_memstream(&body, &size);
    if (out != NULL) {
        uv_mutex_lock(&metrics->mutex);
        write_all(out, metrics->values);
        uv_mutex_unlock(&metrics->mutex);
        if (fclose(out) != 0) {
            free(body);
            body = NULL;
        }
    }
    request_answer(self, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", body, size);
}
