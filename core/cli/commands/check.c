/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands/commands.h"
#include "cli/merged.h"
#include "cli/show.h"
#include "migration/formats/format.h"

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

/* Every script is read, so that a typo in a directive is found here and not on the day it runs. */
static int check_scripts(const struct gw_history *history, const char *dialect,
                         struct gw_fault *fault)
{
    int code = GW_DONE;
    for (uint32_t i = 0; i < history->n && !code; i++) {
        for (int direction = GW_UP; direction <= GW_DOWN && !code; direction++) {
            struct gw_script script = { 0 };
            if (history->at[i].flags & GW_REV_GHOST)
                continue;
            code =
                gw_script_read(&script, history, i, (enum gw_direction)direction, dialect, fault);
            gw_script_free(&script);
        }
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

static int run_check(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *ref = gw_argument_text(&cli->args, GW_ARG_AGAINST);
    struct findings findings = { cli, 0 };

    if (ref)
        return check_merged(cli, ref, fault);
    int code = gw_cli_open(cli, GW_NEED_READ, fault);
    if (!code)
        code = check_scripts(&cli->workspace.history, cli->workspace.session.driver.dialect, fault);
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
    .summary = "find several heads, changed files and unknown revisions; exit 3 if any",
    .about = "With --against no database is opened: the migrations of GIT-REF and of the working\n"
             "files are put together as a merge would, and must still form one history.",
    .example = "godwit check\ngodwit check --against origin/main",
    .options = GW_SWITCHES(options),
    .run = run_check,
};
