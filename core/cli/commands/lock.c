/* SPDX-License-Identifier: Apache-2.0 */
/* lock status and lock break. */
#include "engine/lock.h"
#include "cli/commands/commands.h"
#include "cli/prompt.h"

#include <inttypes.h>

/* ---- lock status ---- */

static void add_owner(struct gw_buf *out, const struct gw_lock_owner *owner)
{
    gw_buf_printf(out, "%s on %s, pid %" PRId64 ", since %s\n  command     %s", owner->owner,
                  owner->host, owner->pid, owner->since, owner->command);
    if (owner->doing[0])
        gw_buf_printf(out, "\n  revision    %s", owner->doing);
    if (owner->connection[0])
        gw_buf_printf(out, "\n  connection  %s", owner->connection);
    gw_buf_printf(out, "\n  epoch       %" PRId64, owner->epoch);
}

static void emit_owner(struct gw_cli *cli, const struct gw_lock_owner *owner)
{
    struct gw_buf text = GW_BUF_TEXT;

    if (owner->held && owner->known) {
        gw_buf_text(&text, "held by ");
        add_owner(&text, owner);
    } else if (owner->held) {
        gw_buf_printf(&text, "held: %s", owner->note);
    } else if (owner->known) {
        gw_buf_text(&text, "free; not released by ");
        add_owner(&text, owner);
    } else {
        gw_buf_text(&text, "free");
    }
    gw_emit(&cli->events, GW_LEVEL_DATA, "lock",
            GW_FIELDS(gw_field_bool("held", owner->held), gw_field_bool("known", owner->known),
                      gw_field_int("epoch", owner->epoch), gw_field_int("pid", owner->pid),
                      gw_field_text("owner", owner->owner), gw_field_text("host", owner->host),
                      gw_field_text("since", owner->since),
                      gw_field_text("connection", owner->connection),
                      gw_field_text("command", owner->command),
                      gw_field_text("revision", owner->doing), gw_field_text("note", owner->note)),
            "%s", gw_buf_str(&text));
    gw_buf_free(&text);
}

static int run_status(struct gw_cli *cli, struct gw_fault *fault)
{
    struct gw_lock_owner owner = { 0 };

    if (cli->workspace.session.conn && gw_lock_status(&cli->workspace, &owner, fault))
        return fault->code;
    emit_owner(cli, &owner);
    if (owner.held)
        gw_emit(&cli->events, GW_LEVEL_INFO, "advice", GW_NO_FIELDS,
                "wait until it has finished, or end it with `godwit lock break --reason ...`");
    return owner.held ? GW_LOCKED : GW_DONE;
}

const struct gw_command gw_command_lock_status = {
    .name = "lock status",
    .words = "",
    .needs = GW_CLI_READ,
    .summary = "show who holds the migration lock; exit 5 if anybody does",
    .example = "godwit lock status",
    .run = run_status,
};

/* ---- lock break ---- */

static int run_break(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *reason = gw_argument_text(&cli->args, GW_ARG_REASON);
    struct gw_lock_owner owner;

    if (!reason || !*reason) {
        gw_fail(fault, GW_USAGE,
                "lock break needs --reason: it is recorded for those who ask later");
        return gw_hint(fault, "godwit lock break --reason \"its host is gone\"");
    }
    int code = gw_cli_open(cli, GW_NEED_WRITE, fault);
    if (!code)
        code = gw_lock_status(&cli->workspace, &owner, fault);
    if (code)
        return code;
    if (!owner.held) {
        gw_emit(&cli->events, GW_LEVEL_INFO, "lock.free", GW_NO_FIELDS, "the lock is free");
        return GW_DONE;
    }
    emit_owner(cli, &owner);
    code = gw_prompt(cli, fault, "end the session that holds the migration lock");
    if (!code)
        code = gw_lock_break(&cli->workspace, reason, fault);
    if (!code)
        gw_emit(&cli->events, GW_LEVEL_INFO, "lock.broken",
                GW_FIELDS(gw_field_text("reason", reason)),
                "the lock is free; `godwit status` shows what was left");
    return code;
}

static const struct gw_switch break_options[] = {
    { GW_ARG_REASON, 0, "reason", "TEXT", NULL, NULL, "why; goes into the audit table (needed)" },
};

const struct gw_command gw_command_lock_break = {
    .name = "lock break",
    .words = "",
    .summary = "end the session that holds the migration lock",
    .about = "Asks before. Returns when that session is gone; what it was doing is rolled back.",
    .example = "godwit lock break --reason \"its host is gone\"",
    .options = GW_SWITCHES(break_options),
    .run = run_break,
};
