/* SPDX-License-Identifier: Apache-2.0 */
/* One failure: the exit code it leads to, what happened, and what to do next. */
#ifndef GW_BASE_FAULT_H
#define GW_BASE_FAULT_H

#include <stdarg.h>
#include <stddef.h>

enum gw_code { /* exit codes of the command; functions return them, 0 for success */
    GW_DONE = 0,
    GW_INTERNAL = 1,  /* a fault of ours, or out of memory */
    GW_USAGE = 2,     /* command line, configuration or migration files are wrong */
    GW_PENDING = 3,   /* pending or different */
    GW_INVALID = 4,   /* validation failed */
    GW_LOCKED = 5,    /* lock not obtained */
    GW_UNCHANGED = 6, /* failed, nothing changed by what failed */
    GW_HALFWAY = 7,   /* failed half-way, recovery needed */
    GW_BACKUP = 8,
    GW_WINDOW = 9,
    GW_ROLLED_BACK = 10,
    GW_PLUGIN_REFUSED = 11,
    GW_NO_CONNECTION = 12
};

/* Fixed buffers, so that reporting a failure never fails. Zero-initialise; the first failure stays:
 * gw_fail on a set fault changes nothing. */
struct gw_fault {
    int code;
    char message[1024]; /* lower case, no full stop, "file:line: " in front where there is one */
    char hint[1024];    /* what to do next; may be empty */
};

#define GW_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* Sets the fault and returns code. */
int gw_fail(struct gw_fault *fault, int code, const char *format, ...) GW_PRINTF(3, 4);
int gw_vfail(struct gw_fault *fault, int code, const char *format, va_list args) GW_PRINTF(3, 0);
/* Adds or replaces the hint of a set fault; returns fault->code. */
int gw_hint(struct gw_fault *fault, const char *format, ...) GW_PRINTF(2, 3);
/* Puts "text: " before the message of a set fault; returns fault->code. */
int gw_fault_prefix(struct gw_fault *fault, const char *format, ...) GW_PRINTF(2, 3);
int gw_fail_memory(struct gw_fault *fault);
/* With strerror(error) and, for ENOSPC, EACCES and EROFS, a hint. */
int gw_fail_errno(struct gw_fault *fault, int code, int error, const char *format, ...)
    GW_PRINTF(4, 5);

#endif
