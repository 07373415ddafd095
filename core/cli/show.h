/* SPDX-License-Identifier: Apache-2.0 */
/* Revisions as people and machines see them; the same in every command. */
#ifndef GW_CLI_SHOW_H
#define GW_CLI_SHOW_H

#include "cli/command.h"

/* Which revisions are current: one byte a revision, or `at` NULL if the database was not asked. */
struct gw_current {
    const uint8_t *at;
};
/* Needs a workspace with the state read. */
int gw_current_find(struct gw_current *out, struct gw_cli *cli, struct gw_fault *fault);

static inline bool gw_is_current(const struct gw_current *current, uint32_t revision)
{
    return current && current->at && current->at[revision];
}

/* Ids with separator between them; "" for none. */
void gw_show_ids(struct gw_buf *out, const struct gw_history *history, const uint32_t *revisions,
                 size_t n, const char *separator);
/* " (feat) (head) (branchpoint)": what the files say of it. */
void gw_show_marks(struct gw_buf *out, const struct gw_history *history, uint32_t revision,
                   bool with_labels);
/* "84cb1aaf7a64 -> 7b15fd9db179 (head) (current), add question bank"; graph: without the parents, which
 * are drawn. */
void gw_show_line(struct gw_buf *out, const struct gw_history *history, uint32_t revision,
                  const struct gw_current *current, bool graph);
/* Several lines: parents, labels, children, file, more (lines, or NULL), title. */
void gw_show_long(struct gw_buf *out, const struct gw_history *history, uint32_t revision,
                  const struct gw_current *current, const char *more);
/* One data event of that type: text, and the revision's fields. */
void gw_show_emit(struct gw_cli *cli, const char *type, uint32_t revision,
                  const struct gw_current *current, const char *text);

/* "1 revision", "3 revisions" */
const char *gw_plural(uint64_t n, const char *one, const char *many);

#endif
