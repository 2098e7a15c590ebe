/* SPDX-License-Identifier: MIT */
#include "simulated/coroutine.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

/* Several times what the rules need for a group of 49. */
#define STACK_SIZE ((size_t)1024 * 1024)
#define GUARD_SIZE ((size_t)4096)

/* Sanitizers and valgrind have to be told of each stack. */
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define HAS_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_TSAN 1
#endif
#endif

#ifdef HAS_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef HAS_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#if defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#endif
#endif
#ifndef VALGRIND_STACK_REGISTER
#define VALGRIND_STACK_REGISTER(from, to) ((void)(from), (void)(to), 0u)
#endif

typedef struct coroutine {
    ucontext_t context;
    char *stack; /* kept from one body to the next */
    coroutine_body body;
    void *argument;
    bool has_ended;
    void *fiber;      /* ThreadSanitizer's */
    void *fake_stack; /* AddressSanitizer's */
} coroutine;

static coroutine all[COROUTINES_MAX];
static size_t running = COROUTINES_MAX;
static ucontext_t outside;
static void *outside_fiber;
static void *outside_fake_stack;
static const void *outside_stack;
static size_t outside_stack_size;

size_t coroutine_number(void)
{
    return running;
}

/* ---- what sanitizers are told ---- */

static void will_enter(coroutine *next)
{
#ifdef HAS_ASAN
    __sanitizer_start_switch_fiber(&outside_fake_stack, next->stack, STACK_SIZE);
#endif
#ifdef HAS_TSAN
    outside_fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(next->fiber, 0);
#endif
    (void)next;
    (void)outside_fake_stack;
}

static void has_entered(coroutine *now)
{
#ifdef HAS_ASAN
    __sanitizer_finish_switch_fiber(now->fake_stack, &outside_stack, &outside_stack_size);
#endif
    (void)now;
}

static void will_leave(coroutine *now)
{
#ifdef HAS_ASAN
    __sanitizer_start_switch_fiber(now->has_ended ? NULL : &now->fake_stack, outside_stack,
                                   outside_stack_size);
#endif
#ifdef HAS_TSAN
    __tsan_switch_to_fiber(outside_fiber, 0);
#endif
    (void)now;
    (void)outside_fiber;
    (void)outside_stack;
    (void)outside_stack_size;
}

static void has_left(coroutine *now)
{
#ifdef HAS_ASAN
    __sanitizer_finish_switch_fiber(outside_fake_stack, NULL, NULL);
#endif
#ifdef HAS_TSAN
    if (now->has_ended) {
        __tsan_destroy_fiber(now->fiber);
    }
#endif
    (void)now;
}

/* ---- switching ---- */

static void fail(const char *what)
{
    perror(what);
    abort();
}

/* A stack that grows too long meets the guard page. */
static char *make_stack(void)
{
    char *made = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED || mprotect(made, GUARD_SIZE, PROT_NONE) != 0) {
        fail("a coroutine's stack");
    }
    (void)VALGRIND_STACK_REGISTER(made + GUARD_SIZE, made + GUARD_SIZE + STACK_SIZE);
    return made + GUARD_SIZE;
}

static void leave(coroutine *now)
{
    will_leave(now);
    if (swapcontext(&now->context, &outside) != 0) {
        fail("leaving a coroutine");
    }
}

static void enter_body(void)
{
    coroutine *now = &all[running];
    has_entered(now);
    now->body(now->argument);
    now->has_ended = true;
    leave(now);
}

void coroutine_start(size_t number, coroutine_body body, void *context)
{
    coroutine *made = &all[number];
    made->stack = made->stack == NULL ? make_stack() : made->stack;
    made->body = body;
    made->argument = context;
    made->has_ended = false;
    made->fake_stack = NULL;
    if (getcontext(&made->context) != 0) {
        fail("a coroutine's context");
    }
    made->context.uc_stack.ss_sp = made->stack;
    made->context.uc_stack.ss_size = STACK_SIZE;
    made->context.uc_link = NULL;
    makecontext(&made->context, enter_body, 0);
#ifdef HAS_TSAN
    made->fiber = __tsan_create_fiber(0);
#endif
}

bool coroutine_resume(size_t number)
{
    coroutine *next = &all[number];
    running = number;
    will_enter(next);
    if (swapcontext(&outside, &next->context) != 0) {
        fail("entering a coroutine");
    }
    running = COROUTINES_MAX;
    has_left(next);
    return next->has_ended;
}

void coroutine_pause(void)
{
    coroutine *now = &all[running];
    leave(now);
    has_entered(now);
}
