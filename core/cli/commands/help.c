/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"
#include "cli/commands/commands.h"

static int run_help(struct gw_cli *cli, struct gw_fault *fault)
{
    const struct gw_command *command = NULL;
    struct gw_buf text = GW_BUF_TEXT;
    size_t used;

    if (cli->args.words.len == 0)
        gw_help_overview(&text);
    else if (gw_command_find(&command, cli->args.words.at, cli->args.words.len, &used, fault))
        return fault->code;
    else if (command)
        gw_help_command(&text, command);
    else
        gw_help_family(&text, gw_cli_word(cli, 0));
    gw_emit(&cli->events, GW_LEVEL_DATA, "help", GW_NO_FIELDS, "%s", gw_buf_str(&text));
    gw_buf_free(&text);
    return GW_DONE;
}

const struct gw_command gw_command_help = {
    .name = "help",
    .words = "[COMMAND]",
    .most = 2,
    .summary = "show help, of one command or of all",
    .example = "godwit help upgrade",
    .run = run_help,
};
