/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands/commands.h"
#include "cli/graph.h"
#include "cli/show.h"

#include <stdlib.h>
#include <string.h>

struct listing {
    const uint32_t *revisions; /* oldest first */
    size_t n;
    struct gw_current current;
    bool verbose;
};

static int emit_plain(struct gw_cli *cli, const struct listing *listing, struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    struct gw_buf text = GW_BUF_TEXT;

    for (size_t i = listing->n; i-- > 0 && !text.failed;) {
        uint32_t revision = listing->revisions[i];
        gw_buf_clear(&text);
        if (listing->verbose)
            gw_show_long(&text, history, revision, &listing->current, NULL);
        else
            gw_show_line(&text, history, revision, &listing->current, false);
        gw_show_emit(cli, "revision", revision, &listing->current, gw_buf_str(&text));
    }
    bool failed = text.failed;
    gw_buf_free(&text);
    return failed ? gw_fail_memory(fault) : GW_DONE;
}

static int draw(struct gw_cli *cli, const struct listing *listing, struct gw_graph *graph,
                struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    struct gw_buf text = GW_BUF_TEXT, drawn = GW_BUF_TEXT;
    int code = GW_DONE;

    for (size_t i = listing->n; i-- > 0 && !code;) {
        uint32_t revision = listing->revisions[i];
        const struct gw_revision *r = &history->at[revision];
        gw_buf_clear(&text);
        gw_buf_clear(&drawn);
        gw_show_line(&text, history, revision, &listing->current, true);
        if (listing->verbose && r->created)
            gw_buf_printf(&text, "\n  %s", r->created);
        if (listing->verbose && r->file)
            gw_buf_printf(&text, "\n  %s/%s", history->directory, r->file);
        code = gw_graph_draw(graph, revision, gw_buf_str(&text), &drawn, fault);
        if (!code)
            gw_show_emit(cli, "revision", revision, &listing->current, gw_buf_str(&drawn));
    }
    gw_buf_free(&text);
    gw_buf_free(&drawn);
    return code;
}

static int emit_graph(struct gw_cli *cli, const struct listing *listing, struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    struct gw_graph graph = { 0 };

    uint8_t *shown = gw_arena_array(&cli->arena, history->n + 1, 1);
    if (!shown)
        return gw_fail_memory(fault);
    for (size_t i = 0; i < listing->n; i++)
        shown[listing->revisions[i]] = 1;
    int code = gw_graph_init(&graph, history, shown, gw_graph_unicode(), fault);
    if (!code)
        code = draw(cli, listing, &graph, fault);
    gw_graph_free(&graph);
    return code;
}

/* All of them, or what --rev-range asks for. */
static int choose(struct gw_cli *cli, struct listing *listing, const char *range, bool asked,
                  struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    uint32_t *all;

    if (range) {
        int code =
            gw_target_range(&all, &listing->n, history, asked ? cli->workspace.applied : NULL,
                            range, &cli->arena, fault);
        listing->revisions = all;
        return code;
    }
    all = gw_arena_array(&cli->arena, history->n + 1, sizeof *all);
    if (!all)
        return gw_fail_memory(fault);
    for (uint32_t i = 0; i < history->n; i++)
        all[i] = i;
    listing->revisions = all;
    listing->n = history->n;
    return GW_DONE;
}

static int run_history(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *range = gw_argument_text(&cli->args, GW_ARG_RANGE);
    bool asked = gw_cli_has(cli, GW_ARG_INDICATE) || (range && strstr(range, "current"));
    struct listing listing = { .verbose = gw_cli_has(cli, GW_ARG_VERBOSE) };

    int code = gw_cli_open(cli, asked ? GW_NEED_READ : GW_NEED_FILES, fault);
    if (!code)
        code = choose(cli, &listing, range, asked, fault);
    if (!code && gw_cli_has(cli, GW_ARG_INDICATE))
        code = gw_current_find(&listing.current, cli, fault);
    if (code)
        return code;
    if (listing.n == 0)
        gw_emit(&cli->events, GW_LEVEL_INFO, "history.empty", GW_NO_FIELDS,
                "no migrations in '%s'; `godwit create MESSAGE` makes one",
                cli->workspace.history.directory);
    return gw_cli_has(cli, GW_ARG_GRAPH) ? emit_graph(cli, &listing, fault)
                                         : emit_plain(cli, &listing, fault);
}

static const struct gw_switch options[] = {
    { GW_ARG_RANGE, 'r', "rev-range", "A:B", NULL, NULL,
      "from A to B, both included; either may be left out" },
    { GW_ARG_GRAPH, 0, "graph", NULL, NULL, NULL, "draw how revisions descend from each other" },
    { GW_ARG_INDICATE, 'i', "indicate-current", NULL, NULL, NULL,
      "ask the database, and mark what is current" },
};

const struct gw_command gw_command_history = {
    .name = "history",
    .words = "",
    .summary = "list the migrations, newest first",
    .about = "Opens no database unless -i or `current` asks for it. -v shows files and dates.",
    .example = "godwit history --graph\ngodwit history -r -2:current",
    .options = GW_SWITCHES(options),
    .run = run_history,
};
