/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Macros that every public header uses.
 */
#ifndef CRUDDUR_API_H
#define CRUDDUR_API_H

#include <stddef.h>
#include <stdint.h>

/** Marks a function that the shared library exports. */
#if defined(__GNUC__)
#define CRUDDUR_API __attribute__((visibility("default")))
#else
#define CRUDDUR_API
#endif

/** Marks a function whose result must not be ignored. */
#if defined(__GNUC__)
#define CRUDDUR_MUST_USE __attribute__((warn_unused_result))
#else
#define CRUDDUR_MUST_USE
#endif

#ifdef __cplusplus
#define CRUDDUR_BEGIN_DECLS extern "C" {
#define CRUDDUR_END_DECLS }
#else
#define CRUDDUR_BEGIN_DECLS
#define CRUDDUR_END_DECLS
#endif

#endif
