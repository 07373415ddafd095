/* SPDX-License-Identifier: Apache-2.0 */
/* heads, branches and current: where the files end, part, and where the database stands. */
#include "cli/commands/commands.h"
#include "cli/show.h"

#include <stdlib.h>
#include <string.h>

static int emit_heads(struct gw_cli *cli, const char *type, const uint32_t *heads, size_t n,
                      bool labels, const struct gw_current *current, struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    struct gw_buf text = GW_BUF_TEXT;

    for (size_t i = 0; i < n; i++) {
        gw_buf_clear(&text);
        if (gw_cli_has(cli, GW_ARG_VERBOSE)) {
            gw_show_long(&text, history, heads[i], current, NULL);
        } else {
            gw_buf_text(&text, history->at[heads[i]].id);
            gw_show_marks(&text, history, heads[i], labels);
        }
        gw_show_emit(cli, type, heads[i], current, gw_buf_str(&text));
    }
    bool failed = text.failed;
    gw_buf_free(&text);
    return failed ? gw_fail_memory(fault) : GW_DONE;
}

/* ---- heads ---- */

static int run_heads(struct gw_cli *cli, struct gw_fault *fault)
{
    uint32_t *heads;
    size_t n;

    if (gw_history_heads(&cli->workspace.history, gw_cli_has(cli, GW_ARG_RESOLVE), &cli->arena,
                         &heads, &n, fault))
        return fault->code;
    return emit_heads(cli, "revision", heads, n, true, NULL, fault);
}

static const struct gw_switch heads_options[] = {
    { GW_ARG_RESOLVE, 0, "resolve-dependencies", NULL, NULL, NULL,
      "leave out a head that another one depends on" },
};

const struct gw_command gw_command_heads = {
    .name = "heads",
    .words = "",
    .needs = GW_CLI_FILES,
    .summary = "list the revisions that no other revises",
    .about = "More than one head means that work has parted: `godwit merge` joins it.",
    .example = "godwit heads -v",
    .options = GW_SWITCHES(heads_options),
    .run = run_heads,
};

/* ---- branches ---- */

static int emit_branchpoint(struct gw_cli *cli, uint32_t revision, struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    const struct gw_revision *r = &history->at[revision];
    struct gw_buf text = GW_BUF_TEXT;

    gw_buf_text(&text, r->id);
    gw_show_marks(&text, history, revision, true);
    for (uint32_t i = 0; i < r->n_children; i++) {
        gw_buf_printf(&text, "\n  -> %s", history->at[r->children[i]].id);
        gw_show_marks(&text, history, r->children[i], true);
    }
    bool failed = text.failed;
    gw_show_emit(cli, "revision", revision, NULL, gw_buf_str(&text));
    gw_buf_free(&text);
    return failed ? gw_fail_memory(fault) : GW_DONE;
}

static int run_branches(struct gw_cli *cli, struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    int code = GW_DONE;
    for (uint32_t i = 0; i < history->n_versioned && !code; i++)
        if (history->at[i].n_children > 1)
            code = emit_branchpoint(cli, i, fault);
    return code;
}

const struct gw_command gw_command_branches = {
    .name = "branches",
    .words = "",
    .needs = GW_CLI_FILES,
    .summary = "list the revisions where the history parts, and what follows each",
    .example = "godwit branches",
    .run = run_branches,
};

/* ---- current ---- */

/* At the effective heads: every head that no other depends on is applied, which brings all the others. */
static int check_heads(struct gw_cli *cli, struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    struct gw_buf missing = GW_BUF_TEXT;
    uint32_t *heads;
    size_t n;

    if (gw_history_heads(history, true, &cli->arena, &heads, &n, fault))
        return fault->code;
    for (size_t i = 0; i < n; i++)
        if (cli->workspace.applied[heads[i]] == GW_NOT_APPLIED)
            gw_buf_printf(&missing, "%s'%s'", missing.len ? ", " : "", history->at[heads[i]].id);
    if (missing.len) {
        gw_fail(fault, GW_PENDING, "the database is not at %.600s", gw_buf_str(&missing));
        gw_hint(fault, "`godwit upgrade heads` brings it there");
    }
    gw_buf_free(&missing);
    return fault->code;
}

static int run_current(struct gw_cli *cli, struct gw_fault *fault)
{
    struct gw_current current = { NULL };
    uint32_t *heads;
    size_t n;

    int code = gw_current_find(&current, cli, fault);
    if (!code)
        code = gw_applied_heads(&cli->workspace.history, cli->workspace.applied, false, &cli->arena,
                                &heads, &n, fault);
    if (!code)
        code = emit_heads(cli, "revision", heads, n, false, &current, fault);
    if (!code && gw_cli_has(cli, GW_ARG_CHECK_HEADS))
        code = check_heads(cli, fault);
    return code;
}

static const struct gw_switch current_options[] = {
    { GW_ARG_CHECK_HEADS, 0, "check-heads", NULL, NULL, NULL,
      "exit 3 unless the database is at all effective heads" },
};

const struct gw_command gw_command_current = {
    .name = "current",
    .words = "",
    .needs = GW_CLI_READ,
    .summary = "show the revisions that the database is at",
    .about = "Prints nothing for a database at base. Writes nothing, creates nothing.",
    .example = "godwit current --check-heads",
    .options = GW_SWITCHES(current_options),
    .run = run_current,
};
