/* SPDX-License-Identifier: MIT */
/* The descriptor that announces completions: built as an eventfd, and as a pipe. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/beacon.h"

TestSuite(beacon, .timeout = 300);

static bool is_readable(const cr_beacon *beacon)
{
    struct pollfd asked = {.fd = cr_beacon_fd(beacon), .events = POLLIN};
    int found = poll(&asked, 1, 0);
    cr_assert_geq(found, 0);
    return found == 1 && (asked.revents & POLLIN) != 0;
}

Test(beacon, is_readable_while_it_is_raised)
{
    cr_beacon beacon = CR_BEACON_INIT;
    cr_beacon_raise(&beacon); /* not open: nothing happens */
    cr_beacon_lower(&beacon);
    cr_beacon_close(&beacon);
    cr_assert_eq(cr_beacon_init(&beacon, NULL), CRUDDUR_OK);
    cr_assert_not(is_readable(&beacon));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 10000; i++) { /* a pipe would be full */
            cr_beacon_raise(&beacon);
        }
        cr_assert(is_readable(&beacon));
        cr_assert(is_readable(&beacon));
        cr_beacon_lower(&beacon);
        cr_assert_not(is_readable(&beacon));
        cr_beacon_lower(&beacon); /* does not block */
    }
    cr_beacon_close(&beacon);
    cr_assert_eq(cr_beacon_fd(&beacon), -1);
    cr_beacon_close(&beacon);
}

Test(beacon, is_not_inherited_by_other_programs_and_does_not_block)
{
    cr_beacon beacon;
    cr_assert_eq(cr_beacon_init(&beacon, NULL), CRUDDUR_OK);
    const int ends[] = {beacon.read_fd, beacon.write_fd};
    for (size_t i = 0; i < 2; i++) {
        cr_assert(fcntl(ends[i], F_GETFD) & FD_CLOEXEC);
        cr_assert(fcntl(ends[i], F_GETFL) & O_NONBLOCK);
    }
    cr_beacon_close(&beacon);
    cr_assert_eq(fcntl(ends[0], F_GETFD), -1);
    cr_assert_eq(fcntl(ends[1], F_GETFD), -1);
}

Test(beacon, says_when_there_is_no_descriptor_left)
{
    cr_beacon beacon;
    cruddur_error *error = NULL;
    struct rlimit before;
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit none = {0, before.rlim_max};
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
    cruddur_status status = cr_beacon_init(&beacon, &error);
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    cr_assert_eq(status, CRUDDUR_E_NO_DESCRIPTORS);
    cr_assert_eq(cruddur_error_status(error), CRUDDUR_E_NO_DESCRIPTORS);
    cr_assert_eq(cr_beacon_fd(&beacon), -1);
    cr_beacon_close(&beacon);
    cruddur_error_free(error);
}
