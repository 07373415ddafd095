/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/show.h"
#include "base/clock.h"
#include "cli/commands/commands.h"

#include <inttypes.h>
#include <string.h>

struct applied_search {
    const char *id;
    struct gw_buf *out;
    bool found;
};

static int take_row(void *payload, const struct gw_applied_row *row, struct gw_fault *fault)
{
    struct applied_search *search = payload;
    char time[GW_TIME_TEXT];
    (void)fault;

    if (strcmp(row->id, search->id) != 0)
        return GW_DONE;
    search->found = true;
    gw_duration_text(time, row->duration_ns);
    gw_buf_printf(search->out, "Applied: %s by %s on %s (%s, %s", row->applied_at, row->applied_by,
                  row->host, row->how, row->tool);
    if (row->duration_ns > 0)
        gw_buf_printf(search->out, ", %s", time);
    gw_buf_printf(search->out, ")\nWay back stored: %s\n", row->has_down ? "yes" : "no");
    return GW_DONE;
}

static int add_applied(struct gw_cli *cli, uint32_t revision, struct gw_buf *out,
                       struct gw_fault *fault)
{
    struct gw_workspace *workspace = &cli->workspace;
    struct applied_search search = { workspace->history.at[revision].id, out, false };

    if (workspace->applied[revision] != GW_NOT_APPLIED &&
        gw_state_rows(&workspace->state, &workspace->session, take_row, &search, fault))
        return fault->code;
    if (!search.found)
        gw_buf_text(out, "Applied: no\n");
    return GW_DONE;
}

static int show_one(struct gw_cli *cli, uint32_t revision, bool asked,
                    const struct gw_current *current, struct gw_fault *fault)
{
    struct gw_buf text = GW_BUF_TEXT, more = GW_BUF_TEXT;
    int code = asked ? add_applied(cli, revision, &more, fault) : GW_DONE;

    gw_show_long(&text, &cli->workspace.history, revision, current, gw_buf_str(&more));
    while (text.len && text.data[text.len - 1] == '\n')
        text.data[--text.len] = '\0';
    if (!code && (text.failed || more.failed))
        code = gw_fail_memory(fault);
    if (!code)
        gw_show_emit(cli, "revision", revision, current, gw_buf_str(&text));
    gw_buf_free(&text);
    gw_buf_free(&more);
    return code;
}

static int run_show(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *target = gw_cli_word(cli, 0);
    bool relative = target[0] == '+' || target[0] == '-';
    bool asked = gw_cli_has(cli, GW_ARG_APPLIED) || relative || strstr(target, "current");
    struct gw_current current = { NULL };
    uint32_t *revisions;
    size_t n;

    int code = gw_cli_open(cli, asked ? GW_NEED_READ : GW_NEED_FILES, fault);
    if (!code && asked)
        code = gw_current_find(&current, cli, fault);
    if (!code)
        code = gw_target_many(&revisions, &n, &cli->workspace.history,
                              asked ? cli->workspace.applied : NULL, target, &cli->arena, fault);
    for (size_t i = 0; !code && i < n; i++)
        code = show_one(cli, revisions[i], asked, &current, fault);
    return code;
}

static const struct gw_switch options[] = {
    { GW_ARG_APPLIED, 0, "applied", NULL, NULL, NULL,
      "ask the database, too: when and by whom it was applied" },
};

const struct gw_command gw_command_show = {
    .name = "show",
    .words = "REV",
    .least = 1,
    .most = 1,
    .summary = "show one revision: parents, labels, file, title",
    .about = "REV is an id or its beginning, head, heads, current, LABEL@head, REV-1.\n"
             "With --applied, a revision that only the database knows is found, too.",
    .example = "godwit show head\ngodwit show 7b15 --applied",
    .options = GW_SWITCHES(options),
    .run = run_show,
};
