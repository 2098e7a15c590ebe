/* SPDX-License-Identifier: MIT */
#include "world/coroutine.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#ifndef __x86_64__
#include <ucontext.h>
#endif

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

/* ---- where something goes on ---- */

/* swapcontext() asks the system for the mask of signals, twice, which takes longer than all else
 * that is done between two switches. So this does what a call needs, and no more. */
#ifdef __x86_64__
typedef void *place;

/* Keeps what a function has to keep on the stack, notes the place, and goes on at the other one. */
void coroutine_switch(place *from, place to) __attribute__((visibility("hidden")));
__asm__(".text\n"
        ".p2align 4\n"
        ".globl coroutine_switch\n"
        ".hidden coroutine_switch\n"
        ".type coroutine_switch, @function\n"
        "coroutine_switch:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size coroutine_switch, .-coroutine_switch\n");
#define REGISTERS 6

static void go(place *from, place *to)
{
    coroutine_switch(from, *to);
}

/* As if it had just been switched away from: its registers, where it goes on, and, as after a call,
 * where it would return to. */
static void prepare(place *made, char *stack, size_t size, void (*entry)(void))
{
    uintptr_t *top = (uintptr_t *)(void *)(stack + size) - 2;
    top[0] = (uintptr_t)entry;
    top[1] = 0;
    for (size_t i = 1; i <= REGISTERS; i++) {
        top[-(ptrdiff_t)i] = 0;
    }
    *made = top - REGISTERS;
}
#else
typedef ucontext_t place;

static void go(place *from, place *to)
{
    if (swapcontext(from, to) != 0) {
        perror("switching between coroutines");
        abort();
    }
}

static void prepare(place *made, char *stack, size_t size, void (*entry)(void))
{
    if (getcontext(made) != 0) {
        perror("a coroutine's context");
        abort();
    }
    made->uc_stack.ss_sp = stack;
    made->uc_stack.ss_size = size;
    made->uc_link = NULL;
    makecontext(made, entry, 0);
}
#endif

/* One body after the other runs on it: to make a stack, and to tell sanitizers of it, takes long.
 */
typedef struct coroutine {
    place here;
    char *stack; /* NULL: it has not been needed yet */
    coroutine_body body;
    void *argument;
    bool has_ended;
    void *fiber;      /* ThreadSanitizer's */
    void *fake_stack; /* AddressSanitizer's */
} coroutine;

static coroutine all[COROUTINES_MAX];
static size_t running = COROUTINES_MAX;
static place outside;
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
    __sanitizer_start_switch_fiber(&now->fake_stack, outside_stack, outside_stack_size);
#endif
#ifdef HAS_TSAN
    __tsan_switch_to_fiber(outside_fiber, 0);
#endif
    (void)now;
    (void)outside_fiber;
    (void)outside_stack;
    (void)outside_stack_size;
}

static void has_left(void)
{
#ifdef HAS_ASAN
    __sanitizer_finish_switch_fiber(outside_fake_stack, NULL, NULL);
#endif
}

/* ---- switching ---- */

/* A stack that grows too long meets the guard page. */
static char *make_stack(void)
{
    char *made = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED || mprotect(made, GUARD_SIZE, PROT_NONE) != 0) {
        perror("a coroutine's stack");
        abort();
    }
    (void)VALGRIND_STACK_REGISTER(made + GUARD_SIZE, made + GUARD_SIZE + STACK_SIZE);
    return made + GUARD_SIZE;
}

void coroutine_pause(void)
{
    coroutine *now = &all[running];
    will_leave(now);
    go(&now->here, &outside);
    has_entered(now);
}

static void run_bodies(void)
{
    coroutine *now = &all[running];
    has_entered(now);
    for (;;) {
        now->body(now->argument);
        now->has_ended = true;
        coroutine_pause();
    }
}

void coroutine_start(size_t number, coroutine_body body, void *context)
{
    coroutine *made = &all[number];
    made->body = body;
    made->argument = context;
    made->has_ended = false;
    if (made->stack == NULL) {
        made->stack = make_stack();
        prepare(&made->here, made->stack, STACK_SIZE, run_bodies);
#ifdef HAS_TSAN
        made->fiber = __tsan_create_fiber(0);
#endif
    }
}

bool coroutine_resume(size_t number)
{
    coroutine *next = &all[number];
    running = number;
    will_enter(next);
    go(&outside, &next->here);
    running = COROUTINES_MAX;
    has_left();
    return next->has_ended;
}
