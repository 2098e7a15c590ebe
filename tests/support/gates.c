/* SPDX-License-Identifier: MIT */
/* Makes defects count that are found when a test's process ends.
 *
 * Criterion runs each test in a worker process and looks at how the test's body ended; when the
 * body has ended well, it ignores the worker's exit code and heeds a signal only. So:
 *   - AddressSanitizer and LeakSanitizer abort (ASAN_OPTIONS abort_on_error=1, tests/meson.build);
 *   - valgrind cannot abort, so this asks it for errors and leaks at the end, and raises the
 *     signal. */
#include <signal.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define HAS_VALGRIND 1
#endif
#endif

#ifdef HAS_VALGRIND
__attribute__((destructor)) static void tell_what_valgrind_found(void)
{
    unsigned long leaked = 0;
    unsigned long dubious = 0;
    unsigned long reachable = 0;
    unsigned long suppressed = 0;
    if (!RUNNING_ON_VALGRIND) {
        return;
    }
    VALGRIND_DO_LEAK_CHECK;
    VALGRIND_COUNT_LEAKS(leaked, dubious, reachable, suppressed);
    (void)(dubious + reachable + suppressed);
    if (leaked > 0 || VALGRIND_COUNT_ERRORS > 0) {
        (void)kill(getpid(), SIGKILL);
    }
}
#endif
