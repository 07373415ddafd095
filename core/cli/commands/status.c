/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands/commands.h"
#include "cli/show.h"
#include "engine/journal.h"
#include "engine/lock.h"
#include "engine/recover.h"
#include "migration/formats/format.h"

#include <inttypes.h>
#include <string.h>

enum {
    SHOWN_MOST = 10,
    LABEL_COLUMN = 14
};

struct status {
    struct gw_buf text; /* lines for people */
    struct gw_buf current_text, current, heads, pending, changed, reworded, unknown, halfway_text;
    size_t n_applied, n_pending;
    struct gw_halfway halfway;
    struct gw_lock_owner lock;
};

enum {
    STATUS_BUFS = 9
};
static void status_bufs(struct status *status, struct gw_buf *out[STATUS_BUFS])
{
    struct gw_buf *const all[STATUS_BUFS] = { &status->text,        &status->current_text,
                                              &status->current,     &status->heads,
                                              &status->pending,     &status->changed,
                                              &status->reworded,    &status->unknown,
                                              &status->halfway_text };
    memcpy(out, all, sizeof all);
}

static void status_init(struct status *status)
{
    struct gw_buf *bufs[STATUS_BUFS];
    memset(status, 0, sizeof *status);
    status_bufs(status, bufs);
    for (size_t i = 0; i < STATUS_BUFS; i++)
        *bufs[i] = GW_BUF((size_t)256 << 20); /* ids of any history that memory holds */
}

static void status_free(struct status *status)
{
    struct gw_buf *bufs[STATUS_BUFS];
    status_bufs(status, bufs);
    for (size_t i = 0; i < STATUS_BUFS; i++)
        gw_buf_free(bufs[i]);
}

/* ---- what there is ---- */

static void add_word(struct gw_buf *words, const char *id)
{
    if (words->len)
        gw_buf_char(words, ' ');
    gw_buf_text(words, id);
}

static int find_pending(struct status *status, struct gw_cli *cli, struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    struct gw_plan plan = { 0 };

    int code = gw_plan_upgrade(&plan, history, cli->workspace.applied, "heads", fault);
    for (size_t i = 0; i < plan.steps.len; i++) {
        const struct gw_revision *r = &history->at[plan.steps.at[i].revision];
        if (r->kind != GW_KIND_VERSIONED && r->kind != GW_KIND_REPEATABLE)
            continue;
        add_word(&status->pending, r->id);
        status->n_pending++;
    }
    gw_plan_free(&plan);
    return code;
}

static int find_heads(struct status *status, struct gw_cli *cli, struct gw_fault *fault)
{
    uint32_t *heads;
    size_t n;
    int code = gw_history_heads(&cli->workspace.history, false, &cli->arena, &heads, &n, fault);
    if (!code)
        gw_show_ids(&status->heads, &cli->workspace.history, heads, n, " ");
    return code;
}

static void find_doubts(struct status *status, const struct gw_workspace *workspace)
{
    const struct gw_history *history = &workspace->history;
    for (size_t i = 0; i < workspace->state.changed.len; i++)
        add_word(&status->changed, history->at[workspace->state.changed.at[i]].id);
    for (size_t i = 0; i < workspace->state.reworded.len; i++)
        add_word(&status->reworded, history->at[workspace->state.reworded.at[i]].id);
    for (uint32_t i = 0; i < history->n; i++) {
        status->n_applied += workspace->applied[i] != GW_NOT_APPLIED;
        if (history->at[i].flags & GW_REV_GHOST)
            add_word(&status->unknown, history->at[i].id);
    }
}

static int gather(struct status *status, struct gw_cli *cli, struct gw_fault *fault)
{
    struct gw_workspace *workspace = &cli->workspace;

    find_doubts(status, workspace);
    int code = find_pending(status, cli, fault);
    if (!code)
        code = find_heads(status, cli, fault);
    if (!code)
        code = gw_add_position(cli, &status->current_text, &status->current, fault);
    if (!code && workspace->session.conn)
        code = gw_halfway_find(workspace, &status->halfway, &status->halfway_text, fault);
    if (!code && workspace->session.conn)
        code = gw_lock_status(workspace, &status->lock, fault);
    return code;
}

/* ---- as text ---- */

static void add_label(struct gw_buf *out, const char *label)
{
    gw_buf_printf(out, "%-*s", LABEL_COLUMN, label);
}

static void add_text(struct gw_buf *out, const char *label, const char *text)
{
    add_label(out, label);
    gw_buf_printf(out, "%s\n", text);
}

/* The first few ids with their titles, a line each. */
static void add_revisions(struct gw_buf *out, const char *label, const struct gw_history *history,
                          const char *words)
{
    size_t shown = 0, left = 0;
    while (*words) {
        size_t len = strcspn(words, " ");
        uint32_t at = gw_map_get(&history->ids, words, len);
        if (shown < SHOWN_MOST) {
            add_label(out, shown ? "" : label);
            gw_buf_printf(out, "%.*s  %s\n", (int)len, words,
                          at == GW_MAP_NONE ? "" : history->at[at].title);
            shown++;
        } else {
            left++;
        }
        words += len + (words[len] == ' ');
    }
    if (left) {
        add_label(out, "");
        gw_buf_printf(out, "and %zu more\n", left);
    }
}

static void add_database(struct gw_buf *out, const struct gw_workspace *workspace)
{
    const struct gw_session *session = &workspace->session;
    add_label(out, "database");
    if (session->conn)
        gw_buf_printf(out, "%s (%s %s)\n", session->database, session->product, session->version);
    else
        gw_buf_printf(out, "%s (not there yet)\n", workspace->project.database.url_shown);
    if (workspace->project.environment)
        add_text(out, "environment", workspace->project.environment);
    if (workspace->state.foreign[0]) {
        add_label(out, "migrated by");
        gw_buf_printf(out, "%s, and by no godwit yet\n", workspace->state.foreign);
    }
}

static void add_lock(struct gw_buf *out, const struct gw_lock_owner *lock)
{
    add_label(out, "lock");
    if (!lock->held)
        gw_buf_text(out, "free\n");
    else if (!lock->known)
        gw_buf_text(out, "held\n");
    else
        gw_buf_printf(out, "held by %s on %s (pid %" PRId64 ") since %s, running '%s'\n",
                      lock->owner, lock->host, lock->pid, lock->since, lock->command);
}

static void write_text(struct status *status, const struct gw_workspace *workspace)
{
    const struct gw_history *history = &workspace->history;
    struct gw_buf *out = &status->text;

    add_database(out, workspace);
    add_label(out, "migrations");
    gw_buf_printf(out, "%s (%s)\n", history->directory,
                  history->format ? history->format->name : "");
    add_label(out, "applied");
    gw_buf_printf(out, "%zu\n", status->n_applied);
    add_label(out, "pending");
    gw_buf_printf(out, "%zu\n", status->n_pending);
    add_revisions(out, "", history, gw_buf_str(&status->pending));
    add_text(out, "current", gw_buf_str(&status->current_text));
    add_revisions(out, "heads", history, gw_buf_str(&status->heads));
    if (status->halfway.found)
        add_text(out, "half-way", gw_buf_str(&status->halfway_text));
    add_revisions(out, "changed", history, gw_buf_str(&status->changed));
    add_revisions(out, "reworded", history, gw_buf_str(&status->reworded));
    add_revisions(out, "unknown", history, gw_buf_str(&status->unknown));
    add_lock(out, &status->lock);
    if (out->len)
        out->data[--out->len] = '\0';
}

static void emit_status(struct gw_cli *cli, const struct status *status)
{
    const struct gw_workspace *workspace = &cli->workspace;
    gw_emit(
        &cli->events, GW_LEVEL_DATA, "status",
        GW_FIELDS(gw_field_text("database", workspace->session.conn
                                                ? workspace->session.database
                                                : workspace->project.database.url_shown),
                  gw_field_bool("exists", workspace->session.conn != NULL),
                  gw_field_text("environment", workspace->project.environment),
                  gw_field_text("migrations", workspace->history.directory),
                  gw_field_int("applied", (int64_t)status->n_applied),
                  gw_field_int("pending", (int64_t)status->n_pending),
                  gw_field_list("pending_revisions", gw_buf_str(&status->pending)),
                  gw_field_list("current", gw_buf_str(&status->current)),
                  gw_field_list("heads", gw_buf_str(&status->heads)),
                  gw_field_text("halfway", status->halfway.found ? status->halfway.revision : NULL),
                  gw_field_list("changed", gw_buf_str(&status->changed)),
                  gw_field_list("reworded", gw_buf_str(&status->reworded)),
                  gw_field_list("unknown", gw_buf_str(&status->unknown)),
                  gw_field_bool("locked", status->lock.held)),
        "%s", gw_buf_str(&status->text));
}

/* What to do next, for the first thing that asks for something. */
static int advise(struct gw_cli *cli, const struct status *status)
{
    const char *advice = NULL;
    struct gw_buf ways = GW_BUF_TEXT;
    int code = GW_PENDING;

    if (status->halfway.found) {
        gw_journal_ways(&ways, status->halfway.n_done, status->halfway.n_total);
        advice = gw_buf_str(&ways);
        code = GW_HALFWAY;
    } else if (status->changed.len) {
        advice = "bring the old text back, or accept the new one: `godwit repair REV --reason ...`";
    } else if (status->unknown.len) {
        advice = "the database has revisions that no file describes: update this checkout";
    } else if (cli->workspace.state.foreign[0]) {
        advice = "say where the database stands with `godwit stamp REV`";
    } else if (status->n_pending) {
        advice = "`godwit upgrade` applies what is pending";
    } else {
        code = GW_DONE;
    }
    if (advice)
        gw_emit(&cli->events, GW_LEVEL_INFO, "advice", GW_NO_FIELDS, "\n%s", advice);
    gw_buf_free(&ways);
    return gw_cli_has(cli, GW_ARG_EXIT_CODE) ? code : GW_DONE;
}

static int run_status(struct gw_cli *cli, struct gw_fault *fault)
{
    struct status status;

    status_init(&status);
    int code = gather(&status, cli, fault);
    if (!code) {
        write_text(&status, &cli->workspace);
        if (status.text.failed)
            code = gw_fail_memory(fault);
    }
    if (!code) {
        emit_status(cli, &status);
        code = advise(cli, &status);
    }
    status_free(&status);
    return code;
}

static const struct gw_switch options[] = {
    { GW_ARG_EXIT_CODE, 0, "exit-code", NULL, NULL, NULL,
      "exit 3 if anything is pending, changed or unknown, 7 if half-way" },
};

const struct gw_command gw_command_status = {
    .name = "status",
    .words = "",
    .needs = GW_CLI_READ,
    .summary = "show what is applied, pending, half-way, changed, and who holds the lock",
    .about = "Read only: works with an account that may not write.",
    .example = "godwit status\ngodwit status --exit-code --quiet",
    .options = GW_SWITCHES(options),
    .run = run_status,
};
