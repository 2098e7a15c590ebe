/* SPDX-License-Identifier: MIT */
/* GET /metrics, in the text format of Prometheus: calls of the library, from its metrics hook, and
 * requests. */
#include <stdarg.h>

#include "web.h"

static const double steps_s[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5};

/* `values` has the samples by name and labels, as they are printed. */
static struct family {
    const char *name, *type, *help;
    json_t *values;
} families[] = {
    {"cruddur_calls_total", "counter", "Calls of the library.", NULL},
    {"cruddur_call_duration_seconds", "histogram", "Time in calls of the library.", NULL},
    {"cruddur_rows_read_total", "counter", "Rows read.", NULL},
    {"cruddur_rows_written_total", "counter", "Rows written.", NULL},
    {"cruddur_service_requests_total", "counter", "Requests to DynamoDB.", NULL},
    {"cruddur_read_units_total", "counter", "Read capacity consumed.", NULL},
    {"cruddur_write_units_total", "counter", "Write capacity consumed.", NULL},
    {"http_requests_total", "counter", "Requests that were answered.", NULL},
    {"http_request_duration_seconds", "histogram", "Time until an answer was sent.", NULL},
    {"http_connections", "gauge", "Open connections.", NULL},
    {"event_streams", "gauge", "Open event streams.", NULL},
    {"event_streams_opened_total", "counter", "Event streams opened.", NULL},
    {"events_sent_total", "counter", "Events sent.", NULL},
};
static GMutex mutex; /* the library calls the hook on its own threads */

/* Adds to a value of a metric. The format makes what follows the name. */
__attribute__((format(printf, 3, 4))) static void add(const char *name, double value,
                                                      const char *format, ...)
{
    struct family *family = families;
    va_list parts;
    va_start(parts, format);
    g_autofree char *rest = g_strdup_vprintf(format, parts);
    va_end(parts);
    while (strcmp(family->name, name) != 0) {
        family++;
    }
    g_mutex_lock(&mutex);
    family->values = family->values != NULL ? family->values : json_object();
    value += json_real_value(json_object_get(family->values, rest));
    (void)json_object_set_new(family->values, rest, json_real(value));
    g_mutex_unlock(&mutex);
}

/* `label` is empty, or ends with a comma. */
static void add_time(const char *name, const char *label, double duration_s)
{
    for (size_t i = 0; i < G_N_ELEMENTS(steps_s); i++) {
        add(name, duration_s <= steps_s[i], "_bucket{%sle=\"%g\"}", label, steps_s[i]);
    }
    add(name, 1, "_bucket{%sle=\"+Inf\"}", label);
    add(name, duration_s, "_sum{%s}", label);
    add(name, 1, "_count{%s}", label);
}

void metrics_add(const char *name, double value)
{
    add(name, value, "%s", "");
}

void metrics_call(G_GNUC_UNUSED void *data, const cruddur_metrics *call)
{
    g_autofree char *label = g_strdup_printf(
        "operation=\"%s\",", cruddur_operation_name((cruddur_operation)call->operation));
    add("cruddur_calls_total", 1, "{%sstatus=\"%s\"}", label,
        cruddur_status_name((cruddur_status)call->status));
    add_time("cruddur_call_duration_seconds", label, (double)call->duration_us / 1e6);
    metrics_add("cruddur_rows_read_total", call->rows_read);
    metrics_add("cruddur_rows_written_total", call->rows_written);
    metrics_add("cruddur_service_requests_total", call->requests);
    metrics_add("cruddur_read_units_total", call->read_units);
    metrics_add("cruddur_write_units_total", call->write_units);
}

void metrics_answer(const struct route *route, unsigned status, double duration_s)
{
    add("http_requests_total", 1, "{method=\"%s\",route=\"%s\",code=\"%u\"}",
        route != NULL ? route->method : "", route != NULL ? route->pattern : "", status);
    add_time("http_request_duration_seconds", "", duration_s);
}

/* Whether the client is on this machine, and is not a browser that another site's name led here:
 * others learn how busy the service is only with --public-metrics. */
static bool is_local(const request *self)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(self->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    g_autoptr(GSocketAddress) address =
        g_socket_address_new_from_native(info->client_addr, sizeof(struct sockaddr_storage));
    return request_is_own_host(self) &&
           g_inet_address_get_is_loopback(
               g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address)));
}

void metrics_get(request *self)
{
    const char *rest;
    json_t *value;
    if (!config.is_metrics_public && !is_local(self)) {
        request_fail(self, 403, "loopback_only");
        return;
    }
    GString *text = g_string_new(NULL);
    g_mutex_lock(&mutex);
    for (size_t i = 0; i < G_N_ELEMENTS(families); i++) {
        const struct family *family = &families[i];
        g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
                               family->name, family->type);
        json_object_foreach(family->values, rest, value) {
            g_string_append_printf(text, "%s%s %.15g\n", family->name, rest,
                                   json_real_value(value));
        }
    }
    g_mutex_unlock(&mutex);
    request_answer(self, 200, "text/plain; version=0.0.4; charset=utf-8",
                   g_string_free(text, FALSE));
}
