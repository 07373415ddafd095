/* SPDX-License-Identifier: Apache-2.0 */
/* stamp and repair: the records are corrected, the schema is left alone. */
#include "engine/record.h"
#include "cli/commands/commands.h"

#include <string.h>

/* ---- stamp ---- */

/* As a script nothing is known of the database: it starts at base. */
static int write_stamp(struct gw_cli *cli, struct gw_fault *fault)
{
    struct gw_plan plan = { 0 };

    if (gw_cli_has(cli, GW_ARG_PURGE)) {
        gw_fail(fault, GW_USAGE, "--purge and --sql do not go together");
        return gw_hint(fault, "a script cannot know what is to be forgotten");
    }
    int code = gw_cli_open(cli, GW_NEED_DRIVER, fault);
    if (!code)
        code = gw_plan_stamp(&plan, &cli->workspace.history, cli->workspace.applied,
                             cli->args.words.at, cli->args.words.len, fault);
    if (!code)
        code = gw_emit_script(cli, &plan, true, GW_APPLY_STAMP, fault);
    gw_plan_free(&plan);
    return code;
}

static int run_stamp(struct gw_cli *cli, struct gw_fault *fault)
{
    struct gw_buf text = GW_BUF_TEXT, ids = GW_BUF_TEXT;

    if (gw_cli_has(cli, GW_ARG_SQL))
        return write_stamp(cli, fault);
    int code = gw_cli_open(cli, GW_NEED_WRITE, fault);
    if (!code)
        code = gw_stamp(&cli->workspace, cli->args.words.at, cli->args.words.len,
                        gw_cli_has(cli, GW_ARG_PURGE), fault);
    if (!code)
        code = gw_workspace_reload(&cli->workspace, fault);
    if (!code)
        code = gw_add_position(cli, &text, &ids, fault);
    if (!code)
        gw_emit(&cli->events, GW_LEVEL_INFO, "stamp.summary",
                GW_FIELDS(gw_field_list("current", gw_buf_str(&ids))), "recorded as at %s",
                gw_buf_str(&text));
    gw_buf_free(&text);
    gw_buf_free(&ids);
    return code;
}

static const struct gw_switch stamp_options[] = {
    { GW_ARG_PURGE, 0, "purge", NULL, NULL, NULL,
      "forget all records first: the way out of unknown revisions" },
    { GW_ARG_SQL, 0, "sql", NULL, NULL, NULL, "print the script for an empty database instead" },
};

const struct gw_command gw_command_stamp = {
    .name = "stamp",
    .words = "REV...",
    .least = 1,
    .most = GW_MANY,
    .summary = "record that the database is at REV, and run nothing",
    .about = "All that REV stands on is recorded as applied, all else as not applied.\n"
             "base forgets everything; heads records everything.",
    .example = "godwit stamp head\ngodwit stamp --purge 7b15fd9db179",
    .options = GW_SWITCHES(stamp_options),
    .run = run_stamp,
};

/* ---- repair ---- */

static int run_repair(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *target = gw_cli_word(cli, 0), *reason = gw_argument_text(&cli->args, GW_ARG_REASON);
    uint32_t revision;

    if (!reason || !*reason) {
        gw_fail(fault, GW_USAGE, "repair needs --reason: it is recorded for those who ask later");
        return gw_hint(fault, "godwit repair %.100s --reason \"comment corrected\"", target);
    }
    int code = gw_cli_open(cli, GW_NEED_WRITE, fault);
    if (!code)
        code = gw_target_one(&revision, &cli->workspace.history, cli->workspace.applied, target,
                             fault);
    if (code)
        return code;
    if (revision == UINT32_MAX) {
        gw_fail(fault, GW_USAGE, "'%.200s' is no revision whose text could be accepted", target);
        return gw_hint(fault, "`godwit status` lists the changed ones");
    }
    return gw_repair(&cli->workspace, revision, reason, fault);
}

static const struct gw_switch repair_options[] = {
    { GW_ARG_REASON, 0, "reason", "TEXT", NULL, NULL, "why; goes into the audit table (needed)" },
};

const struct gw_command gw_command_repair = {
    .name = "repair",
    .words = "REV",
    .least = 1,
    .most = 1,
    .summary = "accept the present text of an applied revision that was changed",
    .about = "Its hashes and its way back are recorded anew; nothing is run.",
    .example = "godwit repair 7b15 --reason \"comment corrected\"",
    .options = GW_SWITCHES(repair_options),
    .run = run_repair,
};
