/* SPDX-License-Identifier: Apache-2.0 */
/* plugin trust: the user's word that a file which a project brings along may run. */
#include "cli/commands/commands.h"
#include "plugin/trusted.h"

#include <string.h>

/* ---- the list ---- */

/* Is the file still what was trusted? */
static const char *state_of(const struct gw_trusted_entry *entry)
{
    struct gw_plugin_report report;
    struct gw_fault unreadable = { 0 };
    const char *state = "missing";

    if (!gw_plugin_report(&report, entry->path, &unreadable))
        state = strcmp(report.facts.sha256, entry->sha256) == 0 ? "trusted" : "changed";
    gw_plugin_report_free(&report);
    return state;
}

static int run_trusted(struct gw_cli *cli, struct gw_fault *fault)
{
    struct gw_trusted trusted;

    int code = gw_trusted_load(&trusted, fault);
    for (size_t i = 0; i < trusted.entries.len && !code; i++) {
        const struct gw_trusted_entry *entry = &trusted.entries.at[i];
        const char *state = state_of(entry);
        gw_emit(&cli->events, GW_LEVEL_DATA, "plugin.trust",
                GW_FIELDS(gw_field_text("path", entry->path),
                          gw_field_text("sha256", entry->sha256), gw_field_text("state", state)),
                "%s  %-7s  %s", entry->sha256, state, entry->path);
    }
    if (!code && trusted.entries.len == 0)
        gw_emit(&cli->events, GW_LEVEL_INFO, "plugin.none", GW_NO_FIELDS,
                "no plugin is trusted in '%s'", trusted.file);
    gw_trusted_free(&trusted);
    return code;
}

/* ---- trust, revoke ---- */

static int record(struct gw_cli *cli, struct gw_registry *registry, struct gw_fault *fault)
{
    const char *name = gw_cli_word(cli, 0);
    struct gw_plugin_facts facts;
    enum gw_trust by;

    int code = gw_registry_trust(registry, name, &facts, &by, fault);
    if (code)
        return code;
    if (by == GW_TRUST_BUNDLED)
        gw_emit(&cli->events, GW_LEVEL_INFO, "plugin.bundled",
                GW_FIELDS(gw_field_text("name", name), gw_field_text("path", facts.path)),
                "plugin '%s' came with godwit and needs no trust", name);
    else
        gw_emit(&cli->events, GW_LEVEL_INFO, "plugin.trusted",
                GW_FIELDS(gw_field_text("name", name), gw_field_text("path", facts.path),
                          gw_field_text("sha256", facts.sha256)),
                "trusted '%s' as long as its sha256 is %s", facts.path, facts.sha256);
    return GW_DONE;
}

static int take_back(struct gw_cli *cli, struct gw_registry *registry, struct gw_fault *fault)
{
    char path[GW_PLUGIN_PATH];
    bool found;

    int code = gw_registry_revoke(registry, gw_cli_word(cli, 0), path, &found, fault);
    if (code)
        return code;
    if (!found) {
        gw_fail(fault, GW_UNCHANGED, "'%.400s' was not trusted", path);
        return gw_hint(fault, "`godwit plugin trust --list` shows what is");
    }
    gw_emit(&cli->events, GW_LEVEL_INFO, "plugin.revoked", GW_FIELDS(gw_field_text("path", path)),
            "'%s' is not trusted any more", path);
    return GW_DONE;
}

static int run_trust(struct gw_cli *cli, struct gw_fault *fault)
{
    const bool list = gw_cli_has(cli, GW_ARG_LIST), revoke = gw_cli_has(cli, GW_ARG_REVOKE);
    const bool named = gw_cli_word(cli, 0) != NULL;

    if (list ? named || revoke : !named) {
        gw_fail(fault, GW_USAGE, "plugin trust needs a NAME, or --list alone");
        return gw_hint(fault, "`godwit plugin list` shows the names");
    }
    if (list)
        return run_trusted(cli, fault);
    return gw_with_registry(cli, revoke ? take_back : record, fault);
}

static const struct gw_switch options[] = {
    { GW_ARG_REVOKE, 0, "revoke", NULL, NULL, NULL,
      "take the trust back; NAME may be the path of a file that is gone" },
    { GW_ARG_LIST, 0, "list", NULL, NULL, NULL, "show every file that is trusted, in any project" },
};

const struct gw_command gw_command_plugin_trust = {
    .name = "plugin trust",
    .words = "[NAME]",
    .most = 1,
    .summary = "let a plugin run that this project brings along",
    .about =
        "Records path and sha256 of the file in $XDG_DATA_HOME/godwit/trusted, by default\n"
        "~/.local/share/godwit/trusted. A file that changes afterwards is refused until it is\n"
        "trusted anew. Look at it first: godwit plugin inspect FILE. Bundled plugins need no "
        "trust.",
    .example = "godwit plugin trust my-check\n"
               "godwit plugin trust --list\n"
               "godwit plugin trust --revoke my-check",
    .options = GW_SWITCHES(options),
    .run = run_trust,
};
