/* SPDX-License-Identifier: MIT */
#include "store/sqlite/tide.h"

#include <poll.h>
#include <stddef.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/inotify.h>
#endif

#include "base/clock.h"

#define US_PER_MS 1000
/* How long to wait where nobody tells; and where somebody does, in case the log is another file by
 * now, or its file system does not tell of all writes. */
#define BLIND_US INT64_C(20000)
#define LOOK_US INT64_C(500000)

static int milliseconds_until(int64_t until_us)
{
    int64_t left_us = until_us - cr_clock_monotonic_us();
    int64_t left_ms = (left_us + US_PER_MS - 1) / US_PER_MS;
    return left_us <= 0 ? 0 : left_ms > 60000 ? 60000 : (int)left_ms;
}

#if defined(__linux__)

/* A log that was removed is gone from the system's list; the next look finds the new one. */
static void begin(cr_tide *tide, const char *path)
{
    if (!tide->is_tried) {
        tide->is_tried = true;
        tide->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    }
    if (tide->fd >= 0 && tide->watch < 0) {
        tide->watch = inotify_add_watch(tide->fd, path, IN_MODIFY);
    }
}

static void drain(cr_tide *tide)
{
    union {
        struct inotify_event event;
        char bytes[4096];
    } read_here;
    ssize_t size;
    while ((size = read(tide->fd, read_here.bytes, sizeof(read_here.bytes))) > 0) {
        size_t at = 0;
        while (at + sizeof(struct inotify_event) <= (size_t)size) {
            const struct inotify_event *event = (const void *)(read_here.bytes + at);
            if ((event->mask & IN_IGNORED) != 0) {
                tide->watch = -1;
            }
            at += sizeof(struct inotify_event) + event->len;
        }
    }
}

#else

static void begin(cr_tide *tide, const char *path)
{
    (void)tide;
    (void)path;
}

static void drain(cr_tide *tide)
{
    (void)tide;
}

#endif

bool cr_tide_wait(cr_tide *tide, const char *path, int alarm_fd, int64_t until_us)
{
    if (path != NULL) {
        begin(tide, path);
    }
    bool is_told = path == NULL || (tide->fd >= 0 && tide->watch >= 0);
    int64_t look_us = cr_clock_monotonic_us() + (is_told ? LOOK_US : BLIND_US);
    struct pollfd wanted[] = {{alarm_fd, POLLIN, 0}, {tide->fd, POLLIN, 0}};
    (void)poll(wanted, tide->fd >= 0 ? 2 : 1,
               milliseconds_until(until_us < look_us ? until_us : look_us));
    bool was_written = tide->fd >= 0 && (wanted[1].revents & POLLIN) != 0;
    if (was_written) {
        drain(tide);
    }
    return was_written;
}

void cr_tide_close(cr_tide *tide)
{
    if (tide->fd >= 0) {
        (void)close(tide->fd);
    }
    *tide = (cr_tide)CR_TIDE_INIT;
}
