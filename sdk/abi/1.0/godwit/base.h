/* SPDX-License-Identifier: 0BSD */
/* Frozen value types of the plugin ABI. They never grow; everything else starts with struct_size. */
#ifndef GODWIT_BASE_H
#define GODWIT_BASE_H

#include <stddef.h>
#include <stdint.h>

#define GW_ABI_MAJOR 1
#define GW_ABI_MINOR 0

/* The highest ABI minor that this plugin wants to see. The default keeps a rebuilt plugin loadable by
 * every host of the same major; define it before the first include to use members added later. */
#ifndef GW_API
#define GW_API 0
#endif

/* Around the declarations of each header, for C++. */
#ifdef __cplusplus
#define GW_C_BEGIN extern "C" {
#define GW_C_END }
#else
#define GW_C_BEGIN
#define GW_C_END
#endif

/* A compiler without attributes can include the headers, but not build a plugin: see GW_PLUGIN. */
#ifdef __GNUC__
#define GW_ATTRIBUTE(list) __attribute__(list)
#else
#define GW_ATTRIBUTE(list)
#endif

#define GW_EXPORT GW_ATTRIBUTE((visibility("default")))

/* True if the struct behind p is long enough to hold member f and f is set. */
#define GW_HAS(p, f) \
    ((size_t)((const char *)&(p)->f - (const char *)(p)) + sizeof((p)->f) <= (p)->struct_size && \
     (p)->f)

GW_C_BEGIN

/* 0 success, 1 GW_STOP, negative a failure whose class is code / 100 (status.h). */
typedef int32_t gw_status;

/* UTF-8 bytes, not owned. A string that the host passes also has ptr[len] == 0. */
struct gw_str {
    const char *ptr;
    size_t len;
};
#define GW_S(literal) \
    { \
        (literal), sizeof(literal) - 1 \
    }

/* gw_cell.kind */
enum {
    GW_NULL = 0,
    GW_BOOL = 1, /* v.i: 0 or 1 */
    GW_INT = 2,  /* v.i */
    GW_REAL = 3, /* v.f */
    GW_TEXT = 4, /* v.s, UTF-8 */
    GW_BLOB = 5, /* v.s, any bytes */
    /* v.i: nanoseconds since 1970-01-01T00:00:00Z; as an option: a duration in nanoseconds */
    GW_TIME = 6
};

struct gw_cell {
    uint32_t kind;
    uint32_t flags; /* 0; reserved */
    union {
        int64_t i;
        double f;
        struct gw_str s;
    } v;
};

struct gw_field {
    struct gw_str key;
    struct gw_cell val;
};

struct gw_column {
    struct gw_str name;
    struct gw_str type; /* as the database names it; empty if it has none */
};

/* One interface that a plugin offers. A list of them ends with {0, 0}. */
struct gw_provides {
    const char *id; /* "godwit.driver/1"; a vendor's own are reverse DNS */
    const void *vtable;
};

GW_C_END

#endif
