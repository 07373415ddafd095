/* SPDX-License-Identifier: Apache-2.0 */
/* resume, revert-partial and mark-done: the ways out of a revision that was left half-way. */
#include "cli/commands/commands.h"
#include "cli/prompt.h"
#include "engine/recover.h"

#include <stdlib.h>

static int run_resume(struct gw_cli *cli, struct gw_fault *fault)
{
    return gw_resume(&cli->workspace, fault);
}

const struct gw_command gw_command_resume = {
    .name = "resume",
    .words = "",
    .needs = GW_CLI_WRITE,
    .summary = "finish the revision that an earlier run left half-way",
    .about = "Runs the statements that are not done yet, after comparing those that are with\n"
             "the file. Stops where the effect of a statement is not known.",
    .example = "godwit resume",
    .run = run_resume,
};

static int run_revert_partial(struct gw_cli *cli, struct gw_fault *fault)
{
    struct gw_buf text = GW_BUF_TEXT;
    struct gw_halfway halfway;

    int code = gw_halfway_find(&cli->workspace, &halfway, &text, fault);
    if (!code && halfway.found)
        code = gw_prompt(cli, fault, "%s; undo what was done", gw_buf_str(&text));
    gw_buf_free(&text);
    return code ? code : gw_revert_partial(&cli->workspace, fault);
}

const struct gw_command gw_command_revert_partial = {
    .name = "revert-partial",
    .words = "",
    .needs = GW_CLI_WRITE,
    .summary = "undo the done statements of the revision that was left half-way",
    .about = "Runs the counterparts of its done statements, last first. Asks before.",
    .example = "godwit revert-partial --yes",
    .run = run_revert_partial,
};

static int run_mark_done(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *word = gw_cli_word(cli, 0), *reason = gw_argument_text(&cli->args, GW_ARG_REASON);
    char *end;

    unsigned long number = strtoul(word, &end, 10);
    if (word[0] < '1' || word[0] > '9' || *end || number > UINT32_MAX) {
        gw_fail(fault, GW_USAGE, "'%.200s' is no number of a statement", word);
        return gw_hint(fault, "`godwit status` shows which statements are done");
    }
    if (!reason || !*reason) {
        gw_fail(fault, GW_USAGE,
                "mark-done needs --reason: it is recorded for those who ask later");
        return gw_hint(fault, "godwit mark-done %lu --reason \"the index is there and valid\"",
                       number);
    }
    int code = gw_cli_open(cli, GW_NEED_WRITE, fault);
    return code ? code : gw_mark_done(&cli->workspace, (uint32_t)number, reason, fault);
}

static const struct gw_switch mark_options[] = {
    { GW_ARG_REASON, 0, "reason", "TEXT", NULL, NULL, "why; goes into the audit table (needed)" },
};

const struct gw_command gw_command_mark_done = {
    .name = "mark-done",
    .words = "STATEMENT",
    .least = 1,
    .most = 1,
    .summary = "record that a statement of the half-way revision took effect",
    .about = "STATEMENT is its number, from 1. For a statement whose effect godwit cannot tell.",
    .example = "godwit mark-done 4 --reason \"the index is there and valid\"",
    .options = GW_SWITCHES(mark_options),
    .run = run_mark_done,
};
