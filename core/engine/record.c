/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/record.h"

#include "engine/apply.h"
#include "engine/lock.h"
#include "engine/rows.h"

enum {
    AUDIT_ROW = 1
};

/* ---- repair ---- */

static int repair_locked(struct gw_workspace *workspace, uint32_t revision, const char *reason,
                         struct gw_fault *fault)
{
    const struct gw_revision *from = &workspace->history.at[revision];
    const char *dialect = workspace->session.driver.dialect;
    char sha256[GW_HASH_TEXT], tokens[GW_HASH_TEXT];
    struct gw_stored down = { .codec = "" };
    struct gw_batch batch = { 0 };
    struct gw_script script;

    int code = gw_script_read(&script, &workspace->history, revision, GW_DOWN, dialect, fault);
    if (!code && !script.irreversible)
        code = gw_stored_pack(&down, &script, &batch.arena, fault);
    if (!code) {
        gw_hash_text(sha256, &script.sha256);
        gw_hash_text(tokens, &script.token_sha256);
        const struct gw_cell args[] = {
            gw_cell_text(from->title),
            gw_cell_text(sha256),
            gw_cell_text(tokens),
            gw_cell_text(down.codec),
            gw_cell_blob(down.bytes, down.len),
            gw_cell_text(from->id),
        };
        gw_batch_guard(&batch, &workspace->state);
        gw_batch_add(&batch, workspace->state.sql[GW_SQL_REPAIR], args,
                     sizeof args / sizeof args[0], GW_STMT_ONE_ROW);
        gw_batch_audit(&batch, workspace, AUDIT_ROW, "repair", from->id, reason);
        code = gw_batch_run(&batch, &workspace->session, GW_RUN_TX, NULL, fault);
    }
    gw_batch_free(&batch);
    gw_script_free(&script);
    if (!code)
        gw_emit(workspace->events, GW_LEVEL_INFO, "revision.repaired",
                GW_FIELDS(gw_field_text("revision", from->id), gw_field_text("reason", reason)),
                "accepted the present text of '%s'", from->id);
    return code;
}

int gw_repair(struct gw_workspace *workspace, uint32_t revision, const char *reason,
              struct gw_fault *fault)
{
    const struct gw_revision *from = &workspace->history.at[revision];
    bool moved;

    if (from->flags & GW_REV_GHOST)
        return gw_fail(fault, GW_USAGE, "'%s' has no file whose text could be accepted", from->id);
    if (!workspace->applied[revision]) {
        gw_fail(fault, GW_USAGE, "'%s' is not applied: there is nothing to repair", from->id);
        return gw_hint(fault, "edit the file freely; it runs at the next `godwit upgrade`");
    }
    int code = gw_lock_take(workspace, "repair", &moved, fault);
    if (code)
        return code;
    code = repair_locked(workspace, revision, reason, fault);
    int released = gw_lock_release(workspace, fault);
    return code ? code : released;
}

/* ---- stamp ---- */

struct stamp {
    const char *const *targets;
    size_t n_targets;
};

static int stamp_plan(void *payload, struct gw_workspace *workspace, struct gw_plan *out,
                      struct gw_fault *fault)
{
    const struct stamp *stamp = payload;
    return gw_plan_stamp(out, &workspace->history, workspace->applied, stamp->targets,
                         stamp->n_targets, fault);
}

/* One statement of ours and its row in the audit table, in one transaction. */
static int audited(struct gw_workspace *workspace, const char *action, const char *sql,
                   uint32_t row, const char *subject, struct gw_fault *fault)
{
    struct gw_batch batch = { 0 };
    bool moved;

    int code = gw_lock_take(workspace, action, &moved, fault);
    if (code)
        return code;
    gw_batch_guard(&batch, &workspace->state);
    gw_batch_add(&batch, sql, NULL, 0, 0);
    gw_batch_audit(&batch, workspace, row, action, subject, "");
    code = gw_batch_run(&batch, &workspace->session, GW_RUN_TX, NULL, fault);
    gw_batch_free(&batch);
    int released = gw_lock_release(workspace, fault);
    return code ? code : released;
}

int gw_stamp(struct gw_workspace *workspace, const char *const *targets, size_t n_targets,
             bool purge, struct gw_fault *fault)
{
    struct stamp stamp = { targets, n_targets };
    const struct gw_apply_options options = {
        .how = GW_APPLY_STAMP, .command = "stamp", .replan = stamp_plan, .payload = &stamp
    };
    struct gw_buf subject = GW_BUF_TEXT;
    struct gw_plan plan = { 0 };
    int code = GW_DONE;

    /* All is resolved before anything is written: a typo must not cost the rows. */
    code = stamp_plan(&stamp, workspace, &plan, fault);
    if (!code && purge) {
        code = audited(workspace, "stamp --purge", workspace->state.sql[GW_SQL_FORGET_ALL],
                       AUDIT_ROW + 1, "all", fault);
        if (!code)
            code = gw_workspace_reload(workspace, fault);
        plan.steps.len = 0;
        if (!code)
            code = stamp_plan(&stamp, workspace, &plan, fault);
    }
    for (size_t i = 0; i < n_targets; i++)
        gw_buf_printf(&subject, "%s%s", i ? " " : "", targets[i]);
    if (!code)
        code = gw_apply(workspace, &plan, &options, fault);
    if (!code)
        code = audited(workspace, "stamp", workspace->state.sql[GW_SQL_JOURNAL_STRIKE], AUDIT_ROW,
                       gw_buf_str(&subject), fault);
    gw_buf_free(&subject);
    gw_plan_free(&plan);
    return code;
}
