/* SPDX-License-Identifier: Apache-2.0 */
/* One direction of one revision, read from its file: SQL in segments, with what the directives ask. */
#ifndef GW_MIGRATION_SCRIPT_H
#define GW_MIGRATION_SCRIPT_H

#include "base/buf.h"
#include "base/vec.h"
#include "migration/history.h"

enum gw_direction {
    GW_UP,
    GW_DOWN
};

/* Text between directives. assert, probe and allow belong to the first statement of their segment. */
struct gw_segment {
    const char *sql; /* in the script's arena; not NUL-terminated within */
    size_t len;
    unsigned line;           /* of sql[0] in the file, from 1 */
    bool whole;              /* statement ... end: one statement, not to be split */
    const char *assert_text; /* assert "message"; NULL: none */
    const char *probe;       /* probe SELECT ...; NULL: none */
};

struct gw_script {
    struct gw_arena arena;
    const char *file; /* shown in messages; "database" for a stored down */
    GW_VEC(struct gw_segment) segments;
    bool transaction; /* false: no-transaction */
    bool
        mixes; /* written for another tool: what cannot run in a transaction may stand among the rest, and is
                 * then journalled as a unit of its own. In our own format that is refused */
    struct gw_field *settings; /* set name=value */
    size_t n_settings;
    const char *irreversible; /* the reason; NULL: it can be reverted */
    bool exists;              /* there is a section or file for this direction, even an empty one */
    bool lossless;
    struct gw_hash sha256;       /* of the bytes as read now: compare with gw_revision.sha256 */
    struct gw_hash token_sha256; /* of the tokens: space, comments and line ends folded */
};

/* dialect as for gw_history_load. *out is to be freed in any case. */
int gw_script_read(struct gw_script *out, const struct gw_history *history, uint32_t revision,
                   enum gw_direction direction, const char *dialect, struct gw_fault *fault);
/* The down script that the database kept (the text made by gw_script_text). */
int gw_script_parse_stored(struct gw_script *out, const char *text, size_t len, const char *shown,
                           struct gw_fault *fault);
/* The script as text that gw_script_parse_stored reads back: a native section with its directives. */
void gw_script_text(struct gw_buf *out, const struct gw_script *script);
void gw_script_free(struct gw_script *script);

#endif
