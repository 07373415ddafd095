/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "cli/commands/commands.h"
#include "cli/editor.h"

#include <inttypes.h>
#include <string.h>

/* Whether it is applied is worth knowing before, but a database that does not answer must not keep anybody
 * from editing a file. */
static int open_with_state(struct gw_cli *cli, bool *known, struct gw_fault *fault)
{
    struct gw_fault unreachable = { 0 };

    int code = gw_cli_open(cli, GW_NEED_READ, &unreachable);
    *known = code == GW_DONE;
    if (*known)
        return GW_DONE;
    code = gw_cli_reopen(cli, GW_NEED_FILES, fault);
    if (!code)
        gw_emit(&cli->events, GW_LEVEL_WARN, "state.unknown", GW_NO_FIELDS,
                "whether it is applied is not known: %s", unreachable.message);
    return code;
}

static void warn_applied(struct gw_cli *cli, const struct gw_revision *revision)
{
    gw_emit(
        &cli->events, GW_LEVEL_WARN, "revision.is_applied",
        GW_FIELDS(gw_field_text("revision", revision->id)),
        "'%s' is applied already: this database will not run it again, and a changed text stops "
        "`godwit upgrade` until `godwit repair %s --reason ...`",
        revision->id, revision->id);
}

/* What was written is read at once: the mistake is still on the screen then. */
static int check_files(struct gw_cli *cli, struct gw_fault *fault)
{
    struct gw_history history = { 0 };
    struct gw_script script = { 0 };

    int code = gw_history_load(&history, &cli->workspace.project, NULL, fault);
    for (uint32_t i = 0; !code && i < history.n; i++) {
        code = gw_script_read(&script, &history, i, GW_UP, NULL, fault);
        gw_script_free(&script);
        script = (struct gw_script){ 0 };
    }
    gw_history_free(&history);
    return code;
}

static int edit(struct gw_cli *cli, const struct gw_revision *revision, struct gw_fault *fault)
{
    const char *directory = cli->workspace.history.directory;
    const char *paths[3] = { gw_file_join(&cli->arena, directory, revision->file), NULL, NULL };

    if (revision->file_down)
        paths[1] = gw_file_join(&cli->arena, directory, revision->file_down);
    if (!paths[0] || (revision->file_down && !paths[1]))
        return gw_fail_memory(fault);
    int code = gw_editor_open(cli, paths, fault);
    return code ? code : check_files(cli, fault);
}

static int run_edit(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *target = gw_cli_word(cli, 0);
    uint32_t revision;
    bool known;

    int code = open_with_state(cli, &known, fault);
    if (!code)
        code = gw_target_one(&revision, &cli->workspace.history,
                             known ? cli->workspace.applied : NULL, target, fault);
    if (code)
        return code;
    if (revision == UINT32_MAX || !cli->workspace.history.at[revision].file) {
        gw_fail(fault, GW_USAGE, "no file belongs to '%.200s'", target);
        return gw_hint(fault, "`godwit history` lists the revisions");
    }
    if (known && cli->workspace.applied[revision] != GW_NOT_APPLIED)
        warn_applied(cli, &cli->workspace.history.at[revision]);
    return edit(cli, &cli->workspace.history.at[revision], fault);
}

const struct gw_command gw_command_edit = {
    .name = "edit",
    .words = "REV",
    .least = 1,
    .most = 1,
    .summary = "open the file of a revision in your editor",
    .about =
        "The editor is GODWIT_EDITOR, VISUAL or EDITOR. Warns if the revision is applied, and\n"
        "reads the files again afterwards.",
    .example = "godwit edit head",
    .run = run_edit,
};
