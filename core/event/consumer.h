/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in consumers. */
#ifndef GW_EVENT_CONSUMER_H
#define GW_EVENT_CONSUMER_H

#include "event/event.h"

enum gw_color {
    GW_COLOR_AUTO,
    GW_COLOR_ALWAYS,
    GW_COLOR_NEVER
};

struct gw_terminal_options {
    enum gw_color color; /* auto: a terminal, TERM other than "dumb", NO_COLOR unset or empty */
    bool quiet;          /* data, warnings and errors alone */
    int verbosity;       /* 0, 1 (-v), 2 (-v -v) */
};

/* People's text: data to out, all else to err; progress is one line, redrawn, on a terminal only.
 * NULL when out of memory. */
struct gw_consumer *gw_terminal_new(FILE *out, FILE *err,
                                    const struct gw_terminal_options *options);
/* One JSON object a line to out. Debug and detail events only from that verbosity on. */
struct gw_consumer *gw_jsonl_new(FILE *out, int verbosity);

#endif
