/* SPDX-License-Identifier: 0BSD */
/* A plugin describes its own keys. The host parses, checks and fills them in; the same table prints
 * `godwit plugin info`. */
#ifndef GODWIT_OPTION_H
#define GODWIT_OPTION_H

#include <godwit/base.h>

GW_C_BEGIN

/* gw_option.flags */
enum {
    GW_OPT_REQUIRED = 1 << 0,
    GW_OPT_SECRET = 1 << 1, /* never shown */
    GW_OPT_PATH = 1 << 2, /* a relative path is made absolute against the folder of plugins.conf */
    GW_OPT_DEPRECATED = 1 << 3
};

struct gw_option {
    const char *key; /* [a-z][a-z0-9_]* */
    const char
        *fallback; /* the default, written as in plugins.conf; NULL: none, the cell is GW_NULL */
    const char *choices; /* "a|b|c"; NULL: free */
    const char *env;     /* environment variable that is read if the key is absent; NULL: none */
    const char *doc;     /* one line */
    uint32_t type; /* GW_BOOL, GW_INT, GW_REAL, GW_TEXT or GW_TIME ("250ms", "5s", "2m", "1h") */
    uint32_t flags;
    int64_t min; /* of GW_INT, and of GW_TIME in nanoseconds; no bound if min == max */
    int64_t max;
};

GW_C_END

#endif
