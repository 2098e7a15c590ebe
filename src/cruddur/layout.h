/* SPDX-License-Identifier: MIT */
/* The size of each public struct in version 0.2. A caller's struct may be larger, never smaller. */
#ifndef CR_CRUDDUR_LAYOUT_H
#define CR_CRUDDUR_LAYOUT_H

#include <stdint.h>

/* 64 bits; 32 bits; 32 bits where an int64_t is aligned to 4 bytes. */
#if UINTPTR_MAX > UINT32_MAX
#define CR_SIZE(of_64, of_32, of_i386) (of_64)
#elif defined(__i386__)
#define CR_SIZE(of_64, of_32, of_i386) (of_i386)
#else
#define CR_SIZE(of_64, of_32, of_i386) (of_32)
#endif

/* What callers fill in. */
#define CR_OPTIONS_SIZE_0_2 CR_SIZE(64, 48, 44)
#define CR_USER_SIZE_0_2 CR_SIZE(32, 16, 16)
#define CR_LIST_OPTIONS_SIZE_0_2 CR_SIZE(72, 64, 60)
#define CR_APPEND_OPTIONS_SIZE_0_2 CR_SIZE(56, 40, 40)
#define CR_CREATE_OPTIONS_SIZE_0_2 CR_SIZE(72, 48, 48)
#define CR_GET_OPTIONS_SIZE_0_2 CR_SIZE(16, 12, 12)
#define CR_MEMBERS_OPTIONS_SIZE_0_2 CR_SIZE(16, 12, 12)
#define CR_SCAN_OPTIONS_SIZE_0_2 CR_SIZE(32, 24, 24)
#define CR_SCHEMA_OPTIONS_SIZE_0_2 CR_SIZE(48, 32, 32)
#define CR_STREAM_OPTIONS_SIZE_0_2 CR_SIZE(24, 20, 20)
#define CR_FOLLOW_OPTIONS_SIZE_0_2 CR_SIZE(72, 52, 52)
#define CR_UPGRADE_OPTIONS_SIZE_0_2 CR_SIZE(40, 24, 24)
#define CR_MSG_OPTIONS_SIZE_0_2 CR_SIZE(40, 32, 28)
#define CR_MARK_OPTIONS_SIZE_0_2 CR_SIZE(48, 40, 36)
#define CR_SET_OPTIONS_SIZE_0_2 CR_SIZE(40, 40, 36)
#define CR_GROUP_OPTIONS_SIZE_0_2 CR_SIZE(24, 16, 16)
#define CR_PURGE_OPTIONS_SIZE_0_2 CR_SIZE(40, 24, 24)
#define CR_CHECK_OPTIONS_SIZE_0_2 CR_SIZE(56, 32, 32)
#define CR_EXPORT_OPTIONS_SIZE_0_2 CR_SIZE(40, 24, 24)
#define CR_IMPORT_OPTIONS_SIZE_0_2 CR_SIZE(48, 32, 32)
#define CR_PERSON_OPTIONS_SIZE_0_2 CR_SIZE(40, 24, 24)
#define CR_MOVE_OPTIONS_SIZE_0_2 CR_SIZE(48, 32, 32)
#define CR_WATCH_OPTIONS_SIZE_0_2 CR_SIZE(56, 36, 36)

/* What callers receive. */
#define CR_METRICS_SIZE_0_2 CR_SIZE(56, 56, 52)
#define CR_FOLLOW_EVENT_SIZE_0_2 CR_SIZE(104, 88, 88)
#define CR_UPGRADE_EVENT_SIZE_0_2 CR_SIZE(72, 64, 56)
#define CR_PURGE_EVENT_SIZE_0_2 CR_SIZE(40, 40, 32)
#define CR_CHECK_EVENT_SIZE_0_2 CR_SIZE(208, 184, 180)
#define CR_TRANSFER_EVENT_SIZE_0_2 CR_SIZE(96, 88, 80)
#define CR_PERSON_EVENT_SIZE_0_2 CR_SIZE(80, 72, 68)
#define CR_MOVE_EVENT_SIZE_0_2 CR_SIZE(64, 64, 60)
#define CR_REACTION_SIZE_0_2 CR_SIZE(102, 102, 102)

#endif
