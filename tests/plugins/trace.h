/* SPDX-License-Identifier: Apache-2.0 */
/* What the plugins here offer to the test: a view into themselves. */
#ifndef TESTS_PLUGINS_TRACE_H
#define TESTS_PLUGINS_TRACE_H

#include <godwit/plugin.h>

#define TRACE "org.example.trace/1"

struct trace {
    uint32_t struct_size;
    int32_t inits;
    int32_t finis;
    int32_t fini_at;    /* what *clock said */
    int32_t *clock;     /* set by the test */
    struct trace *self; /* the plugin's own, not a copy */
};

#endif
