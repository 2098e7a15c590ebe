/* SPDX-License-Identifier: MIT */
/* Lets Criterion run under ThreadSanitizer.
 *
 * Criterion shares an arena between its processes at a fixed address, which lies where
 * ThreadSanitizer keeps its shadow memory. Here such a mapping is moved to a part of the address
 * space that ThreadSanitizer leaves to programs, the same in every process. */
#define _GNU_SOURCE /* NOLINT */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__clang__)
#define NOT_SANITIZED __attribute__((no_sanitize("thread"), disable_sanitizer_instrumentation))
#else
#define NOT_SANITIZED __attribute__((no_sanitize_thread))
#endif

#define SHADOW_BEGIN 0x200000000000u
#define SHADOW_END 0x7e8000000000u
#define ROOM_SIZE 0x4000000000u
#define ALIGNMENT 0x1000000u

extern void *__interceptor_mmap(void *, size_t, int, int, int, off_t);
void *mmap64(void *address, size_t size, int protection, int flags, int file, off_t offset);

NOT_SANITIZED static int is_in_shadow(uintptr_t address)
{
    return address >= SHADOW_BEGIN && address < SHADOW_END;
}

NOT_SANITIZED void *mmap64(void *address, size_t size, int protection, int flags, int file,
                           off_t offset)
{
    uintptr_t place = (uintptr_t)address;
    if ((flags & MAP_FIXED) != 0 && (flags & MAP_SHARED) != 0 && is_in_shadow(place)) {
        place = SHADOW_END + place % ROOM_SIZE / ALIGNMENT * ALIGNMENT;
        address = (void *)place; /* NOLINT */
    }
    return __interceptor_mmap(address, size, protection, flags, file, offset);
}

NOT_SANITIZED int mincore(void *address, size_t size, unsigned char *pages)
{
    if (is_in_shadow((uintptr_t)address)) {
        errno = ENOMEM; /* "nothing is mapped here": take it */
        return -1;
    }
    return (int)syscall(SYS_mincore, address, size, pages);
}
