/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fault.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int gw_vfail(struct gw_fault *fault, int code, const char *format, va_list args)
{
    if (fault->code)
        return fault->code;
    fault->code = code;
    vsnprintf(fault->message, sizeof fault->message, format, args);
    fault->hint[0] = '\0';
    return code;
}

int gw_fail(struct gw_fault *fault, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    code = gw_vfail(fault, code, format, args);
    va_end(args);
    return code;
}

int gw_hint(struct gw_fault *fault, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(fault->hint, sizeof fault->hint, format, args);
    va_end(args);
    return fault->code;
}

int gw_fault_prefix(struct gw_fault *fault, const char *format, ...)
{
    char old[sizeof fault->message];
    va_list args;

    memcpy(old, fault->message, sizeof old);
    va_start(args, format);
    int used = vsnprintf(fault->message, sizeof fault->message, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof fault->message)
        snprintf(fault->message + used, sizeof fault->message - (size_t)used, ": %.900s", old);
    return fault->code;
}

int gw_fail_memory(struct gw_fault *fault)
{
    return gw_fail(fault, GW_INTERNAL, "out of memory");
}

int gw_fail_errno(struct gw_fault *fault, int code, int error, const char *format, ...)
{
    va_list args;

    if (fault->code)
        return fault->code;
    va_start(args, format);
    gw_vfail(fault, code, format, args);
    va_end(args);
    size_t used = strlen(fault->message);
    snprintf(fault->message + used, sizeof fault->message - used, ": %s", strerror(error));
    if (error == ENOSPC || error == EDQUOT)
        gw_hint(fault, "free some space on that disk and run the command again");
    else if (error == EACCES || error == EPERM)
        gw_hint(fault, "check the owner and the permissions, or run as another user");
    else if (error == EROFS)
        gw_hint(fault, "that file system is read-only; mount it writable or use another folder");
    return code;
}
