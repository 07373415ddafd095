/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands/commands.h"

static int run_show(struct gw_cli *cli, struct gw_fault *fault)
{
    struct gw_project project = { 0 };
    struct gw_buf text = GW_BUF_TEXT;

    int code = gw_project_load(&project, &cli->where, fault);
    if (!code && gw_cli_has(cli, GW_ARG_JSON)) {
        for (size_t i = 0; i < project.n_values; i++)
            gw_emit(&cli->events, GW_LEVEL_DATA, "config.value",
                    GW_FIELDS(gw_field_text("key", project.values[i].key),
                              gw_field_text("value", project.values[i].shown),
                              gw_field_text("source", project.values[i].source)),
                    "%s", "");
    } else if (!code) {
        gw_project_show(&text, &project);
        if (text.len)
            text.data[--text.len] = '\0';
        if (text.failed)
            code = gw_fail_memory(fault);
        else
            gw_emit(&cli->events, GW_LEVEL_DATA, "config", GW_NO_FIELDS, "%s", gw_buf_str(&text));
    }
    if (!code && !project.file)
        gw_emit(&cli->events, GW_LEVEL_INFO, "config.default", GW_NO_FIELDS,
                "no plugins.conf here or above: these are the defaults");
    gw_buf_free(&text);
    gw_project_free(&project);
    return code;
}

const struct gw_command gw_command_config_show = {
    .name = "config show",
    .words = "",
    .summary = "show every setting in force and where it came from, secrets hidden",
    .example = "godwit config show --environment production",
    .run = run_show,
};
