/* SPDX-License-Identifier: MIT */
#include "base/beacon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#ifdef CR_HAVE_EVENTFD
#include <sys/eventfd.h>
#endif

/* An eventfd takes and gives eight bytes at a time; so the same code serves a pipe. */
typedef uint64_t token;

#ifdef CR_HAVE_EVENTFD

static bool open_descriptors(cr_beacon *beacon)
{
    beacon->read_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    beacon->write_fd = beacon->read_fd;
    return beacon->read_fd >= 0;
}

#else

static bool set_up(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool open_descriptors(cr_beacon *beacon)
{
    int ends[2];
    if (pipe(ends) != 0) {
        return false;
    }
    if (!set_up(ends[0]) || !set_up(ends[1])) {
        int reason = errno;
        (void)close(ends[0]);
        (void)close(ends[1]);
        errno = reason;
        return false;
    }
    beacon->read_fd = ends[0];
    beacon->write_fd = ends[1];
    return true;
}

#endif

cruddur_status cr_beacon_init(cr_beacon *beacon, cruddur_error **error)
{
    *beacon = (cr_beacon)CR_BEACON_INIT;
    if (!open_descriptors(beacon)) {
        int reason = errno;
        *beacon = (cr_beacon)CR_BEACON_INIT;
        return cr_fail_system(error, cr_status_of_errno(reason, CRUDDUR_E_INTERNAL), reason,
                              "the descriptor that announces events cannot be made");
    }
    return CRUDDUR_OK;
}

/* There is room for one token in either kind, so that writing it fails for an interruption alone.
 */
void cr_beacon_raise(cr_beacon *beacon)
{
    const token one = 1;
    ssize_t written = 0;
    if (beacon->is_raised || beacon->write_fd < 0) {
        return;
    }
    do {
        written = write(beacon->write_fd, &one, sizeof(one));
    } while (written < 0 && errno == EINTR);
    beacon->is_raised = written == (ssize_t)sizeof(one);
}

void cr_beacon_lower(cr_beacon *beacon)
{
    token taken;
    ssize_t size = 0;
    if (!beacon->is_raised) {
        return;
    }
    do {
        size = read(beacon->read_fd, &taken, sizeof(taken));
    } while (size < 0 && errno == EINTR);
    beacon->is_raised = false;
}

void cr_beacon_close(cr_beacon *beacon)
{
    if (beacon->write_fd >= 0 && beacon->write_fd != beacon->read_fd) {
        (void)close(beacon->write_fd);
    }
    if (beacon->read_fd >= 0) {
        (void)close(beacon->read_fd);
    }
    *beacon = (cr_beacon)CR_BEACON_INIT;
}
