/* SPDX-License-Identifier: Apache-2.0 */
/* upgrade, downgrade and redo: a plan, and what is to become of it. */
#include "base/clock.h"
#include "cli/commands/commands.h"
#include "cli/prompt.h"
#include "cli/show.h"
#include "engine/apply.h"

#include <stdlib.h>
#include <string.h>

enum verb {
    VERB_UPGRADE,
    VERB_DOWNGRADE,
    VERB_REDO
};

struct wish { /* enough to make the plan again when somebody else was quicker */
    enum verb verb;
    const char *target;
    bool branch_trunk;
};

/* What redo takes down it puts up again, in the opposite order. */
static int add_way_back(struct gw_plan *plan, struct gw_fault *fault)
{
    for (size_t i = plan->steps.len; i-- > 0;) {
        const struct gw_step step = { plan->steps.at[i].revision, GW_UP };
        if (!gw_vec_push(&plan->steps, step))
            return gw_fail_memory(fault);
    }
    return GW_DONE;
}

static int make_plan(void *payload, struct gw_workspace *workspace, struct gw_plan *out,
                     struct gw_fault *fault)
{
    const struct wish *wish = payload;
    const struct gw_downgrade_options options = { .branch_trunk = wish->branch_trunk };

    if (wish->verb == VERB_UPGRADE)
        return gw_plan_upgrade(out, &workspace->history, workspace->applied, wish->target, fault);
    int code = gw_plan_downgrade(out, &workspace->history, workspace->applied, wish->target,
                                 &options, fault);
    return !code && wish->verb == VERB_REDO ? add_way_back(out, fault) : code;
}

/* A downgrade that takes more along than was named is asked about before anything else. */
static int make_agreed_plan(struct gw_cli *cli, struct wish *wish, bool only_shown,
                            struct gw_plan *out, struct gw_fault *fault)
{
    struct gw_fault question = { 0 };

    wish->branch_trunk = only_shown || cli->yes;
    int code = make_plan(wish, &cli->workspace, out, &question);
    if (code == GW_PENDING && !wish->branch_trunk) {
        code = gw_prompt(cli, fault, "%s; go on", question.message);
        if (code)
            return code;
        wish->branch_trunk = true;
        out->steps.len = 0;
        return make_plan(wish, &cli->workspace, out, fault);
    }
    *fault = question;
    return code;
}

/* ---- shown, not run ---- */

static int show_plan(struct gw_cli *cli, const struct gw_plan *plan, bool dry_run,
                     struct gw_fault *fault)
{
    if (gw_plan_show(&cli->workspace, plan, fault))
        return fault->code;
    size_t n = plan->steps.len;
    if (n == 0)
        gw_emit(&cli->events, GW_LEVEL_INFO, "plan.summary", GW_FIELDS(gw_field_int("steps", 0)),
                "nothing to do");
    else
        gw_emit(&cli->events, GW_LEVEL_INFO, "plan.summary",
                GW_FIELDS(gw_field_int("steps", (int64_t)n)), "%zu %s pending, nothing was changed",
                n, gw_plural(n, "step", "steps"));
    return dry_run && n ? GW_PENDING : GW_DONE;
}

/* The state that a script starts from: what would be applied after an upgrade to `from`. */
static int pretend_applied(struct gw_cli *cli, const char *from, struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    struct gw_plan plan = { 0 };

    memset(cli->workspace.applied, GW_NOT_APPLIED, history->n);
    if (!from || strcmp(from, "base") == 0)
        return GW_DONE;
    int code = gw_plan_upgrade(&plan, history, cli->workspace.applied, from, fault);
    for (size_t i = 0; i < plan.steps.len; i++)
        cli->workspace.applied[plan.steps.at[i].revision] = GW_APPLIED;
    gw_plan_free(&plan);
    return code;
}

static int split_range(struct gw_cli *cli, const char *range, const char **from, const char **to,
                       struct gw_fault *fault)
{
    const char *colon = strchr(range, ':');

    *from = NULL;
    *to = range;
    if (!colon)
        return GW_DONE;
    if (colon == range || colon[1] == '\0' || strchr(colon + 1, ':')) {
        gw_fail(fault, GW_USAGE, "'%.200s' is no range", range);
        return gw_hint(fault, "write both ends: FROM:TO, with base for the beginning");
    }
    *from = gw_arena_copy(&cli->arena, range, (size_t)(colon - range));
    *to = colon + 1;
    return *from ? GW_DONE : gw_fail_memory(fault);
}

int gw_emit_script(struct gw_cli *cli, const struct gw_plan *plan, bool from_base,
                   enum gw_apply_how how, struct gw_fault *fault)
{
    struct gw_buf script = GW_BUF((size_t)1 << 30);

    if (plan->steps.len == 0) {
        gw_emit(&cli->events, GW_LEVEL_INFO, "plan.summary", GW_FIELDS(gw_field_int("steps", 0)),
                "nothing to do");
        return GW_DONE;
    }
    int code = gw_plan_sql(&cli->workspace, plan, how, from_base, &script, fault);
    if (!code && script.failed)
        code = gw_fail_memory(fault);
    while (script.len && script.data[script.len - 1] == '\n')
        script.data[--script.len] = '\0';
    if (!code)
        gw_emit(&cli->events, GW_LEVEL_DATA, "script",
                GW_FIELDS(gw_field_int("steps", (int64_t)plan->steps.len)), "%s",
                gw_buf_str(&script));
    gw_buf_free(&script);
    return code;
}

static int write_script(struct gw_cli *cli, struct wish *wish, struct gw_fault *fault)
{
    struct gw_plan plan = { 0 };
    const char *from;

    if (split_range(cli, wish->target, &from, &wish->target, fault))
        return fault->code;
    if (wish->verb == VERB_DOWNGRADE && !from) {
        gw_fail(fault, GW_USAGE, "`downgrade --sql` needs to know where the database stands");
        return gw_hint(fault, "write `godwit downgrade FROM:TO --sql`");
    }
    int code = gw_cli_open(cli, GW_NEED_DRIVER, fault);
    if (!code)
        code = pretend_applied(cli, from, fault);
    wish->branch_trunk = true; /* a script is read before it is run */
    if (!code)
        code = make_plan(wish, &cli->workspace, &plan, fault);
    if (!code)
        code = gw_emit_script(cli, &plan, !from || strcmp(from, "base") == 0, GW_APPLY_RUN, fault);
    gw_plan_free(&plan);
    return code;
}

/* ---- run ---- */

int gw_add_position(struct gw_cli *cli, struct gw_buf *text, struct gw_buf *ids,
                    struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    uint32_t *heads;
    size_t n;

    if (gw_applied_heads(history, cli->workspace.applied, true, &cli->arena, &heads, &n, fault))
        return fault->code;
    if (n == 0)
        gw_buf_text(text, "base");
    for (size_t i = 0; i < n; i++) {
        gw_buf_printf(text, "%s%s", i ? ", " : "", history->at[heads[i]].id);
        gw_show_marks(text, history, heads[i], false);
    }
    gw_show_ids(ids, history, heads, n, " ");
    return GW_DONE;
}

struct count {
    size_t applied, reverted;
};

static struct count count_steps(const struct gw_plan *plan)
{
    struct count count = { 0, 0 };
    for (size_t i = 0; i < plan->steps.len; i++)
        ++*(plan->steps.at[i].direction == GW_UP ? &count.applied : &count.reverted);
    return count;
}

/* Where the database stands now. All that was to be done is done and recorded: that it cannot be read again is no
 * failure of the run. */
static int read_position(struct gw_cli *cli, bool changed, struct gw_buf *at, struct gw_buf *ids,
                         struct gw_fault *fault)
{
    struct gw_fault unread = { 0 };
    int code = changed ? gw_workspace_reload(&cli->workspace, &unread) : GW_DONE;
    if (!code)
        return gw_add_position(cli, at, ids, fault);
    gw_emit(&cli->events, GW_LEVEL_WARN, "run.unread",
            GW_FIELDS(gw_field_text("message", unread.message)),
            "all is done, but where the database stands now could not be read: %s", unread.message);
    return GW_DONE;
}

static int sum_up(struct gw_cli *cli, const struct gw_plan *plan, bool fake, int64_t elapsed,
                  struct gw_fault *fault)
{
    struct gw_buf at = GW_BUF_TEXT, ids = GW_BUF_TEXT, text = GW_BUF_TEXT;
    const struct count count = count_steps(plan);
    char time[GW_TIME_TEXT];

    int code = read_position(cli, plan->steps.len, &at, &ids, fault);
    gw_duration_text(time, elapsed);
    if (plan->steps.len == 0)
        gw_buf_printf(&text, "nothing to do; at %s", gw_buf_str(&at));
    if (count.reverted)
        gw_buf_printf(&text, "%s %zu %s", fake ? "forgot" : "reverted", count.reverted,
                      gw_plural(count.reverted, "revision", "revisions"));
    if (count.applied)
        gw_buf_printf(&text, "%s%s %zu %s", count.reverted ? " and " : "",
                      fake ? "recorded" : "applied", count.applied,
                      gw_plural(count.applied, "revision", "revisions"));
    if (plan->steps.len)
        gw_buf_printf(&text, " in %s", time);
    if (plan->steps.len && at.len)
        gw_buf_printf(&text, "; now at %s", gw_buf_str(&at));
    if (!code)
        gw_emit(&cli->events, GW_LEVEL_INFO, "run.summary",
                GW_FIELDS(gw_field_int("applied", (int64_t)count.applied),
                          gw_field_int("reverted", (int64_t)count.reverted),
                          gw_field_int("elapsed_ns", elapsed),
                          gw_field_list("current", gw_buf_str(&ids))),
                "%s", gw_buf_str(&text));
    gw_buf_free(&at);
    gw_buf_free(&ids);
    gw_buf_free(&text);
    return code;
}

static int apply(struct gw_cli *cli, struct wish *wish, struct gw_plan *plan,
                 struct gw_fault *fault)
{
    const bool fake = gw_cli_has(cli, GW_ARG_FAKE);
    const char *command = gw_arena_printf(&cli->arena, "%s %s", cli->command->name, wish->target);
    const struct gw_apply_options options = { .how = fake ? GW_APPLY_FAKE : GW_APPLY_RUN,
                                              .command = command,
                                              .replan = make_plan,
                                              .payload = wish };
    int64_t start = gw_clock_steady_ns();

    if (!command)
        return gw_fail_memory(fault);
    int code = gw_apply(&cli->workspace, plan, &options, fault);
    return code ? code : sum_up(cli, plan, fake, gw_clock_steady_ns() - start, fault);
}

static int check_modes(struct gw_cli *cli, struct gw_fault *fault)
{
    static const int modes[] = { GW_ARG_PLAN, GW_ARG_SQL, GW_ARG_DRY_RUN, GW_ARG_FAKE };
    int n = 0;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        n += gw_cli_has(cli, modes[i]);
    if (n <= 1)
        return GW_DONE;
    gw_fail(fault, GW_USAGE, "only one of --plan, --sql, --dry-run and --fake can be given");
    return gw_hint(fault, "give the one that is meant; `godwit help %s` tells them apart",
                   cli->command->name);
}

static int migrate(struct gw_cli *cli, struct wish *wish, struct gw_fault *fault)
{
    const bool dry_run = gw_cli_has(cli, GW_ARG_DRY_RUN);
    const bool shown = dry_run || gw_cli_has(cli, GW_ARG_PLAN);
    struct gw_plan plan = { 0 };

    if (check_modes(cli, fault))
        return fault->code;
    if (gw_cli_has(cli, GW_ARG_SQL))
        return write_script(cli, wish, fault);
    if (strchr(wish->target, ':')) {
        gw_fail(fault, GW_USAGE, "'%.200s' is a range, and a range is for --sql alone",
                wish->target);
        return gw_hint(fault, "the database says where it stands: give the revision to go to");
    }
    int code = gw_cli_open(cli, shown ? GW_NEED_READ : GW_NEED_WRITE, fault);
    if (!code)
        code = make_agreed_plan(cli, wish, shown, &plan, fault);
    if (!code)
        code = shown ? show_plan(cli, &plan, dry_run, fault) : apply(cli, wish, &plan, fault);
    gw_plan_free(&plan);
    return code;
}

static int run_upgrade(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *target = gw_cli_word(cli, 0);
    struct wish wish = { VERB_UPGRADE, target ? target : "head", false };
    return migrate(cli, &wish, fault);
}

static int run_downgrade(struct gw_cli *cli, struct gw_fault *fault)
{
    struct wish wish = { VERB_DOWNGRADE, gw_cli_word(cli, 0), false };
    return migrate(cli, &wish, fault);
}

static int run_redo(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *word = gw_cli_word(cli, 0);
    char *end, target[16];
    unsigned long n = 1;

    if (word) {
        n = strtoul(word, &end, 10);
        if (word[0] < '1' || word[0] > '9' || *end || n > 1000000) {
            gw_fail(fault, GW_USAGE, "'%.200s' is no number of revisions", word);
            return gw_hint(fault, "write `godwit redo 1`, or a higher number");
        }
    }
    snprintf(target, sizeof target, "-%lu", n);
    struct wish wish = { VERB_REDO, target, false };
    return migrate(cli, &wish, fault);
}

static const struct gw_switch modes[] = {
    { GW_ARG_PLAN, 0, "plan", NULL, NULL, NULL,
      "show the plan: files, statements, how each is run" },
    { GW_ARG_SQL, 0, "sql", NULL, NULL, NULL,
      "print the script that would do it; no database is opened" },
    { GW_ARG_DRY_RUN, 0, "dry-run", NULL, NULL, NULL,
      "the plan from a read-only session; exit 3 if anything is pending" },
    { GW_ARG_FAKE, 0, "fake", NULL, NULL, NULL, "record it as done, run nothing" },
};

const struct gw_command gw_command_upgrade = {
    .name = "upgrade",
    .words = "[TARGET]",
    .most = 1,
    .summary = "apply migrations up to TARGET (default: head)",
    .about = "TARGET is a revision id or its beginning, head, heads, +N, REV+N, LABEL@head.\n"
             "Each revision is applied whole or not at all. With --sql, TARGET may be a range\n"
             "FROM:TO; the script then starts at FROM instead of base.",
    .example = "godwit upgrade\ngodwit upgrade +1 --plan\ngodwit upgrade base:head --sql > up.sql",
    .options = GW_SWITCHES(modes),
    .run = run_upgrade,
};

const struct gw_command gw_command_downgrade = {
    .name = "downgrade",
    .words = "TARGET",
    .least = 1,
    .most = 1,
    .summary = "revert migrations back to TARGET, which stays applied",
    .about = "TARGET is a revision id or its beginning, base, -N, REV-N, LABEL@-N, LABEL@base.\n"
             "With --sql it is a range FROM:TO.",
    .example = "godwit downgrade -1\ngodwit downgrade base --dry-run\n"
               "godwit downgrade head:-1 --sql > down.sql",
    .options = GW_SWITCHES(modes),
    .run = run_downgrade,
};

const struct gw_command gw_command_redo = {
    .name = "redo",
    .words = "[N]",
    .most = 1,
    .summary = "revert the last N revisions (default 1) and apply them again",
    .about = "Both ways are one run under one lock.",
    .example = "godwit redo",
    .run = run_redo,
};
