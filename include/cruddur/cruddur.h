/* SPDX-License-Identifier: MIT */
/**
 * @file
 * libcruddur: direct messaging on a single table. This header includes all the others.
 *
 * Four calls carry it: cruddur_msg_list() (A), cruddur_group_list() (B), cruddur_group_create()
 * (C) and cruddur_msg_append() (D). Nothing global needs to be set up.
 */
#ifndef CRUDDUR_CRUDDUR_H
#define CRUDDUR_CRUDDUR_H

#include <cruddur/api.h>
#include <cruddur/error.h>
#include <cruddur/follow.h>
#include <cruddur/group.h>
#include <cruddur/handle.h>
#include <cruddur/list.h>
#include <cruddur/msg.h>
#include <cruddur/scan.h>
#include <cruddur/schema.h>
#include <cruddur/stream.h>
#include <cruddur/time.h>
#include <cruddur/user.h>
#include <cruddur/uuid.h>
#include <cruddur/version.h>

#endif
