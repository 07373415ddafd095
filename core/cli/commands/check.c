/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands/commands.h"
#include "cli/merged.h"
#include "cli/show.h"
#include "engine/refusals.h"
#include "migration/formats/format.h"

#include <string.h>

enum {
    FILES_MOST = 20
}; /* named one by one; the rest is counted */

struct findings {
    struct gw_cli *cli;
    size_t n;
};

static void found(struct findings *findings, const char *rule, const char *revisions,
                  const char *message, const char *hint)
{
    findings->n++;
    gw_emit(&findings->cli->events, GW_LEVEL_DATA, "check.finding",
            GW_FIELDS(gw_field_text("rule", rule), gw_field_list("revisions", revisions),
                      gw_field_text("message", message), gw_field_text("hint", hint)),
            "%s: %s\n  %s", rule, message, hint);
}

static int check_heads(struct findings *findings, const struct gw_history *history,
                       const char *where, struct gw_fault *fault)
{
    struct gw_buf ids = GW_BUF_TEXT, message = GW_BUF_TEXT;
    uint32_t *heads;
    size_t n;

    if (gw_history_heads(history, false, &findings->cli->arena, &heads, &n, fault))
        return fault->code;
    if (n > 1) {
        gw_show_ids(&ids, history, heads, n, " ");
        gw_buf_printf(&message, "%zu heads%s: ", n, where);
        gw_show_ids(&message, history, heads, n, ", ");
        found(findings, "heads", gw_buf_str(&ids), gw_buf_str(&message),
              "join them with `godwit merge`");
    }
    gw_buf_free(&ids);
    gw_buf_free(&message);
    return GW_DONE;
}

static void check_changed(struct findings *findings)
{
    const struct gw_workspace *workspace = &findings->cli->workspace;
    const struct gw_history *history = &workspace->history;

    for (size_t i = 0; i < workspace->state.changed.len && i < FILES_MOST; i++) {
        const struct gw_revision *r = &history->at[workspace->state.changed.at[i]];
        struct gw_buf message = GW_BUF_TEXT;
        gw_buf_printf(&message, "%s/%s was changed after '%s' was applied", history->directory,
                      r->file ? r->file : "", r->id);
        found(findings, "changed", r->id, gw_buf_str(&message),
              "bring the old text back, or `godwit repair` it");
        gw_buf_free(&message);
    }
    if (workspace->state.changed.len > FILES_MOST)
        findings->n += workspace->state.changed.len - FILES_MOST;
}

static void check_unknown(struct findings *findings)
{
    const struct gw_history *history = &findings->cli->workspace.history;
    struct gw_buf ids = GW_BUF_TEXT, message = GW_BUF_TEXT;

    for (uint32_t i = 0; i < history->n; i++)
        if (history->at[i].flags & GW_REV_GHOST) {
            gw_buf_printf(&ids, "%s%s", ids.len ? " " : "", history->at[i].id);
            gw_buf_printf(&message, "%s'%s' (%s)", message.len ? ", " : "no file describes ",
                          history->at[i].id, history->at[i].title);
        }
    if (ids.len)
        found(findings, "unknown", gw_buf_str(&ids), gw_buf_str(&message),
              "update this checkout, or revert them with `godwit downgrade`");
    gw_buf_free(&ids);
    gw_buf_free(&message);
}

static void check_passed(struct findings *findings, const struct gw_history *history)
{
    for (size_t i = 0; i < history->n_passed; i++) {
        struct gw_buf message = GW_BUF_TEXT;
        gw_buf_printf(&message, "%s/%s is not where %s looks for migrations", history->directory,
                      history->passed[i], history->format->name);
        found(findings, "passed", "", gw_buf_str(&message),
              "move it, or name it in plugins.conf: migrations = { ignore = [ \"FILE\" ]; }");
        gw_buf_free(&message);
    }
}

struct refusing {
    struct findings *findings;
    const char *id;
};

static void take_refusal(void *payload, const struct gw_fault *refusal)
{
    const struct refusing *refusing = payload;
    found(refusing->findings, "refused", refusing->id, refusal->message, refusal->hint);
}

/* Revisions that `upgrade` would run; all of them where the database could not be asked. */
static uint8_t *find_pending(struct gw_cli *cli, struct gw_fault *fault)
{
    const struct gw_workspace *workspace = &cli->workspace;
    const struct gw_history *history = &workspace->history;
    struct gw_plan plan = { 0 };
    uint8_t *pending = gw_arena_alloc(&cli->arena, (size_t)history->n + 1);

    if (!pending)
        gw_fail_memory(fault);
    else if (!workspace->applied)
        memset(pending, 1, history->n);
    else if (gw_plan_upgrade(&plan, history, workspace->applied, "heads", fault))
        pending = NULL;
    for (size_t i = 0; i < plan.steps.len && pending; i++)
        pending[plan.steps.at[i].revision] = 1;
    gw_plan_free(&plan);
    return pending;
}

/* What is still to be applied is split and classified as `upgrade` would do it, the way down with it; the rest is
 * only read: it has run, and whether it could run again is nobody's concern. */
static int check_scripts(struct findings *findings, struct gw_fault *fault)
{
    struct gw_workspace *workspace = &findings->cli->workspace;
    const uint8_t *pending = find_pending(findings->cli, fault);
    int code = pending ? GW_DONE : fault->code;

    for (uint32_t i = 0; i < workspace->history.n && !code; i++)
        for (int direction = GW_UP; direction <= GW_DOWN && !code; direction++) {
            struct refusing refusing = { findings, workspace->history.at[i].id };
            const struct gw_step step = { i, (enum gw_direction)direction };
            code = (pending[i] ? gw_refusals_of : gw_refusals_of_text)(
                workspace, step, take_refusal, &refusing, fault);
        }
    return code;
}

static int finish(const struct findings *findings, const struct gw_history *history,
                  struct gw_fault *fault)
{
    if (findings->n) {
        gw_fail(fault, GW_PENDING, "%zu %s found", findings->n,
                gw_plural(findings->n, "problem", "problems"));
        return gw_hint(fault, "each says what to do; then run `godwit check` again");
    }
    gw_emit(&findings->cli->events, GW_LEVEL_INFO, "check.passed",
            GW_FIELDS(gw_field_int("revisions", history->n)), "nothing found in %u %s", history->n,
            gw_plural(history->n, "revision", "revisions"));
    return GW_DONE;
}

static int check_merged(struct gw_cli *cli, const char *ref, struct gw_fault *fault)
{
    struct findings findings = { cli, 0 };
    struct gw_history merged = { 0 };
    const char *where = gw_arena_printf(&cli->arena, " once merged with '%s'", ref);

    int code = gw_cli_open(cli, GW_NEED_FILES, fault);
    if (!code)
        code = gw_merged_load(&merged, cli, ref, fault);
    if (!code && !where)
        code = gw_fail_memory(fault);
    if (!code)
        code = check_heads(&findings, &merged, where, fault);
    if (!code)
        code = finish(&findings, &merged, fault);
    gw_history_free(&merged);
    return code;
}

/* The files can be checked without their database, and what is wrong with them is said before what is wrong with it. */
static int check_files(struct findings *findings, struct gw_fault *fault)
{
    struct gw_fault other = { 0 };
    struct gw_workspace *workspace = &findings->cli->workspace;
    if (!workspace->history.format)
        return fault->code;
    gw_session_close(&workspace->session);
    check_passed(findings, &workspace->history);
    if (check_scripts(findings, &other))
        *fault = other;
    return fault->code;
}

static int run_check(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *ref = gw_argument_text(&cli->args, GW_ARG_AGAINST);
    struct findings findings = { cli, 0 };

    if (ref)
        return check_merged(cli, ref, fault);
    int code = gw_cli_open(cli, GW_NEED_READ, fault);
    if (code == GW_NO_CONNECTION)
        return check_files(&findings, fault);
    if (!code)
        code = check_scripts(&findings, fault);
    if (!code)
        code = check_heads(&findings, &cli->workspace.history, "", fault);
    if (code)
        return code;
    check_passed(&findings, &cli->workspace.history);
    check_changed(&findings);
    check_unknown(&findings);
    return finish(&findings, &cli->workspace.history, fault);
}

static const struct gw_switch options[] = {
    { GW_ARG_AGAINST, 0, "against", "GIT-REF", NULL, NULL,
      "check the files as they would be after a merge with it" },
};

const struct gw_command gw_command_check = {
    .name = "check",
    .words = "",
    .summary =
        "find what upgrade would refuse, several heads, changed files, unknown revisions; exit 3",
    .about = "With --against no database is opened: the migrations of GIT-REF and of the working\n"
             "files are put together as a merge would, and must still form one history.",
    .example = "godwit check\ngodwit check --against origin/main",
    .options = GW_SWITCHES(options),
    .run = run_check,
};
