/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/show.h"

#include <string.h>

int gw_current_find(struct gw_current *out, struct gw_cli *cli, struct gw_fault *fault)
{
    struct gw_workspace *workspace = &cli->workspace;
    uint32_t *heads;
    size_t n;

    uint8_t *at = gw_arena_array(&cli->arena, workspace->history.n + 1, 1);
    if (!at)
        return gw_fail_memory(fault);
    if (gw_applied_heads(&workspace->history, workspace->applied, false, &cli->arena, &heads, &n,
                         fault))
        return fault->code;
    for (size_t i = 0; i < n; i++)
        at[heads[i]] = 1;
    out->at = at;
    return GW_DONE;
}

void gw_show_ids(struct gw_buf *out, const struct gw_history *history, const uint32_t *revisions,
                 size_t n, const char *separator)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            gw_buf_text(out, separator);
        gw_buf_text(out, history->at[revisions[i]].id);
    }
}

static void add_labels(struct gw_buf *out, const char *labels)
{
    for (const char *c = labels; *c; c++) {
        if (*c == ' ')
            gw_buf_text(out, ", ");
        else
            gw_buf_char(out, *c);
    }
}

void gw_show_marks(struct gw_buf *out, const struct gw_history *history, uint32_t revision,
                   bool with_labels)
{
    static const char *const kinds[] = { [GW_KIND_REPEATABLE] = " (repeatable)",
                                         [GW_KIND_BEFORE] = " (callback)",
                                         [GW_KIND_AFTER] = " (callback)" };
    const struct gw_revision *r = &history->at[revision];

    if (with_labels && r->labels[0]) {
        gw_buf_text(out, " (");
        add_labels(out, r->labels);
        gw_buf_char(out, ')');
    }
    if (r->kind != GW_KIND_VERSIONED)
        gw_buf_text(out, kinds[r->kind]);
    else if (r->n_children == 0) /* one that another depends on comes along by itself */
        gw_buf_text(out, r->n_dependents ? " (effective head)" : " (head)");
    if (r->n_children > 1)
        gw_buf_text(out, " (branchpoint)");
    if (r->n_parents > 1)
        gw_buf_text(out, " (mergepoint)");
    if (r->flags & GW_REV_GHOST)
        gw_buf_text(out, " (no file)");
}

void gw_show_line(struct gw_buf *out, const struct gw_history *history, uint32_t revision,
                  const struct gw_current *current, bool graph)
{
    const struct gw_revision *r = &history->at[revision];
    bool versioned = r->kind == GW_KIND_VERSIONED;

    if (versioned && !graph) {
        if (r->n_parents == 0)
            gw_buf_text(out, "<base>");
        gw_show_ids(out, history, r->parents, r->n_parents, ", ");
        if (r->n_depends) {
            gw_buf_text(out, " (");
            gw_show_ids(out, history, r->depends, r->n_depends, ", ");
            gw_buf_char(out, ')');
        }
        gw_buf_text(out, " -> ");
    }
    gw_buf_text(out, r->id);
    gw_show_marks(out, history, revision, true);
    if (gw_is_current(current, revision))
        gw_buf_text(out, " (current)");
    if (r->title[0])
        gw_buf_printf(out, ", %s", r->title);
    if (graph && r->n_depends) {
        gw_buf_text(out, " [depends on ");
        gw_show_ids(out, history, r->depends, r->n_depends, ", ");
        gw_buf_char(out, ']');
    }
}

static void add_relatives(struct gw_buf *out, const struct gw_history *history, const char *what,
                          const uint32_t *revisions, size_t n)
{
    if (n == 0)
        return;
    gw_buf_printf(out, "%s: ", what);
    gw_show_ids(out, history, revisions, n, ", ");
    gw_buf_char(out, '\n');
}

void gw_show_long(struct gw_buf *out, const struct gw_history *history, uint32_t revision,
                  const struct gw_current *current, const char *more)
{
    const struct gw_revision *r = &history->at[revision];

    gw_buf_printf(out, "Rev: %s", r->id);
    gw_show_marks(out, history, revision, false);
    gw_buf_text(out, gw_is_current(current, revision) ? " (current)\n" : "\n");
    if (r->n_parents == 0 && r->kind == GW_KIND_VERSIONED)
        gw_buf_text(out, "Parent: <base>\n");
    add_relatives(out, history, r->n_parents > 1 ? "Merges" : "Parent", r->parents, r->n_parents);
    add_relatives(out, history, "Also depends on", r->depends, r->n_depends);
    if (r->labels[0]) {
        gw_buf_text(out, "Branch names: ");
        add_labels(out, r->labels);
        gw_buf_char(out, '\n');
    }
    if (r->n_children > 1)
        add_relatives(out, history, "Branches into", r->children, r->n_children);
    add_relatives(out, history, "Needed by", r->dependents, r->n_dependents);
    if (r->created)
        gw_buf_printf(out, "Created: %s\n", r->created);
    if (r->file)
        gw_buf_printf(out, "Path: %s/%s\n", history->directory, r->file);
    if (r->file_down)
        gw_buf_printf(out, "Path of down: %s/%s\n", history->directory, r->file_down);
    gw_buf_text(out, more ? more : "");
    if (r->title[0])
        gw_buf_printf(out, "\n    %s\n", r->title);
}

void gw_show_emit(struct gw_cli *cli, const char *type, uint32_t revision,
                  const struct gw_current *current, const char *text)
{
    static const char *const kinds[] = { [GW_KIND_VERSIONED] = "versioned",
                                         [GW_KIND_REPEATABLE] = "repeatable",
                                         [GW_KIND_BEFORE] = "before",
                                         [GW_KIND_AFTER] = "after" };
    const struct gw_history *history = &cli->workspace.history;
    const struct gw_revision *r = &history->at[revision];
    struct gw_buf parents = GW_BUF_TEXT, depends = GW_BUF_TEXT, children = GW_BUF_TEXT;

    gw_show_ids(&parents, history, r->parents, r->n_parents, " ");
    gw_show_ids(&depends, history, r->depends, r->n_depends, " ");
    gw_show_ids(&children, history, r->children, r->n_children, " ");
    gw_emit(&cli->events, GW_LEVEL_DATA, type,
            GW_FIELDS(gw_field_text("revision", r->id), gw_field_text("title", r->title),
                      gw_field_text("kind", kinds[r->kind]),
                      gw_field_list("parents", gw_buf_str(&parents)),
                      gw_field_list("depends_on", gw_buf_str(&depends)),
                      gw_field_list("children", gw_buf_str(&children)),
                      gw_field_list("labels", r->labels), gw_field_text("created", r->created),
                      gw_field_text("file", r->file),
                      gw_field_bool("head", r->kind == GW_KIND_VERSIONED && r->n_children == 0),
                      gw_field_bool("current", gw_is_current(current, revision))),
            "%s", text);
    gw_buf_free(&parents);
    gw_buf_free(&depends);
    gw_buf_free(&children);
}

const char *gw_plural(uint64_t n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}
