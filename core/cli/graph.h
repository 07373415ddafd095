/* SPDX-License-Identifier: Apache-2.0 */
/* The revision graph as lines of text, newest first: one lane an open line of descent. */
#ifndef GW_CLI_GRAPH_H
#define GW_CLI_GRAPH_H

#include "base/buf.h"
#include "base/vec.h"
#include "migration/history.h"

struct gw_graph {
    const struct gw_history *history;
    const uint8_t *shown; /* one byte a revision: what is drawn */
    bool unicode;
    uint32_t *lane_of;       /* the lane that waits for a revision, or UINT32_MAX */
    GW_VEC(uint32_t) lanes;  /* the revision each lane waits for, or UINT32_MAX */
    GW_VEC(uint32_t) vacant; /* lanes beyond the drawn ones that are free again */
    size_t n_wide;           /* lanes in use that are too far right to be drawn */
};

/* GW_INTERNAL when out of memory; to be freed in any case. */
int gw_graph_init(struct gw_graph *out, const struct gw_history *history, const uint8_t *shown,
                  bool unicode, struct gw_fault *fault);
/* Draws revision with text (lines) beside it, and the lines that join it to its parents. Revisions come
 * newest first, each once. */
int gw_graph_draw(struct gw_graph *graph, uint32_t revision, const char *text, struct gw_buf *out,
                  struct gw_fault *fault);
void gw_graph_free(struct gw_graph *graph);

/* True if the user's locale shows box-drawing characters. */
bool gw_graph_unicode(void);

#endif
