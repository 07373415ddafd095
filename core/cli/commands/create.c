/* SPDX-License-Identifier: Apache-2.0 */
/* create and merge: all is checked before a file is written. */
#include "base/clock.h"
#include "base/file.h"
#include "cli/commands/commands.h"
#include "cli/editor.h"
#include "cli/show.h"
#include "migration/formats/common.h"

#include <string.h>
#include <unistd.h>

struct draft { /* what the new revision is to be */
    const char *title;
    uint32_t *parents;
    size_t n_parents;
    struct gw_buf revises, depends_on;
};

static void draft_free(struct draft *draft)
{
    gw_buf_free(&draft->revises);
    gw_buf_free(&draft->depends_on);
}

/* ---- what it stands on ---- */

static int fail_several_heads(const struct gw_history *history, const uint32_t *heads, size_t n,
                              struct gw_fault *fault)
{
    struct gw_buf ids = GW_BUF_TEXT;
    gw_show_ids(&ids, history, heads, n, ", ");
    gw_fail(fault, GW_USAGE, "there are %zu heads: %.700s", n, gw_buf_str(&ids));
    gw_buf_free(&ids);
    return gw_hint(fault, "say which one with --head, or join them first with `godwit merge`");
}

static int require_heads(struct gw_cli *cli, const uint32_t *revisions, size_t n,
                         struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;

    for (size_t i = 0; i < n; i++) {
        const struct gw_revision *r = &history->at[revisions[i]];
        if (r->n_children == 0 || gw_cli_has(cli, GW_ARG_SPLICE))
            continue;
        gw_fail(fault, GW_USAGE, "'%s' is not a head: '%s' revises it already", r->id,
                history->at[r->children[0]].id);
        return gw_hint(fault, "give --splice to begin a new branch there");
    }
    return GW_DONE;
}

static int find_parents(struct draft *draft, struct gw_cli *cli, struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    const char *head = gw_argument_text(&cli->args, GW_ARG_HEAD);

    if (head && strcmp(head, "base") == 0)
        return GW_DONE;
    if (head) {
        int code = gw_target_many(&draft->parents, &draft->n_parents, history, NULL, head,
                                  &cli->arena, fault);
        return code ? code : require_heads(cli, draft->parents, draft->n_parents, fault);
    }
    if (gw_history_heads(history, false, &cli->arena, &draft->parents, &draft->n_parents, fault))
        return fault->code;
    if (draft->n_parents > 1)
        return fail_several_heads(history, draft->parents, draft->n_parents, fault);
    return GW_DONE;
}

static int find_dependencies(struct draft *draft, struct gw_cli *cli, struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;

    for (size_t i = 0; i < cli->args.options.len; i++) {
        const struct gw_given_option *given = &cli->args.options.at[i];
        uint32_t revision;
        if (given->option->id != GW_ARG_DEPENDS_ON)
            continue;
        if (gw_target_one(&revision, history, NULL, given->value, fault))
            return fault->code;
        if (revision == UINT32_MAX)
            return gw_fail(fault, GW_USAGE, "nothing can depend on base");
        if (draft->depends_on.len)
            gw_buf_char(&draft->depends_on, ' ');
        gw_buf_text(&draft->depends_on, history->at[revision].id);
    }
    return GW_DONE;
}

/* ---- names ---- */

static int check_name(const struct gw_history *history, const char *what, const char *name,
                      struct gw_fault *fault)
{
    const struct gw_str text = { name, strlen(name) };

    if (!gw_id_valid(text)) {
        gw_fail(fault, GW_USAGE, "'%.100s' cannot be a %s", name, what);
        return gw_hint(fault,
                       "it has letters, digits, '_' and '.', and is not one of head, heads, base, "
                       "current");
    }
    uint32_t owner = gw_map_get(&history->ids, text.ptr, text.len);
    if (owner == GW_MAP_NONE)
        owner = gw_map_get(&history->labels, name, strlen(name));
    if (owner == GW_MAP_NONE)
        return GW_DONE;
    const struct gw_revision *r = &history->at[owner];
    gw_fail(fault, GW_USAGE, "%s '%.100s' is taken by '%s' (%s)", what, name, r->id,
            r->file ? r->file : "no file");
    return gw_hint(fault, "choose another name");
}

static int check_names(struct gw_cli *cli, struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    const char *id = gw_argument_text(&cli->args, GW_ARG_REV_ID);
    const char *label = gw_argument_text(&cli->args, GW_ARG_BRANCH);

    if (id && check_name(history, "revision id", id, fault))
        return fault->code;
    return label ? check_name(history, "branch label", label, fault) : GW_DONE;
}

/* ---- the file ---- */

static int write_one(struct gw_cli *cli, const char *path, const char *text, struct gw_fault *fault)
{
    const char *folder = gw_file_folder(&cli->arena, path);
    if (!folder)
        return gw_fail_memory(fault);
    int code = gw_file_make_folder(folder, fault);
    return code ? code : gw_file_write(path, text, strlen(text), GW_FILE_NEW, fault);
}

static int write_files(struct gw_cli *cli, const char *const *names, const char *const *texts,
                       const char *paths[3], struct gw_fault *fault)
{
    for (size_t i = 0; names[i]; i++) {
        paths[i] = gw_file_join(&cli->arena, cli->workspace.history.directory, names[i]);
        int code = paths[i] ? write_one(cli, paths[i], texts[i], fault) : gw_fail_memory(fault);
        if (!code)
            continue;
        while (i-- > 0) /* an up without its down would be a revision of its own */
            unlink(paths[i]);
        return code;
    }
    return GW_DONE;
}

static void emit_created(struct gw_cli *cli, const struct draft *draft, const char *const *paths)
{
    for (size_t i = 0; paths[i]; i++)
        gw_emit(&cli->events, GW_LEVEL_DATA, "migration.created",
                GW_FIELDS(gw_field_text("file", paths[i]), gw_field_text("title", draft->title),
                          gw_field_list("parents", gw_buf_str(&draft->revises)),
                          gw_field_list("depends_on", gw_buf_str(&draft->depends_on))),
                "%s", paths[i]);
}

static int write_draft(struct gw_cli *cli, struct draft *draft, struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    const char *names[3] = { NULL }, *texts[3] = { NULL }, *paths[3] = { NULL };

    gw_show_ids(&draft->revises, history, draft->parents, draft->n_parents, " ");
    if (draft->revises.failed || draft->depends_on.failed)
        return gw_fail_memory(fault);
    const struct gw_create_options options = {
        .title = draft->title,
        .id = gw_argument_text(&cli->args, GW_ARG_REV_ID),
        .revises = gw_buf_str(&draft->revises),
        .depends_on = gw_buf_str(&draft->depends_on),
        .label = gw_argument_text(&cli->args, GW_ARG_BRANCH),
        .now_ns = gw_clock_wall_ns(),
    };
    int code = history->format->create(&cli->arena, history, &options, names, texts, fault);
    if (!code)
        code = write_files(cli, names, texts, paths, fault);
    if (code)
        return code;
    emit_created(cli, draft, paths);
    return gw_cli_has(cli, GW_ARG_EDIT) ? gw_editor_open(cli, paths, fault) : GW_DONE;
}

/* ---- create ---- */

static int check_linear(struct gw_cli *cli, struct gw_fault *fault)
{
    static const int graph_options[] = { GW_ARG_HEAD, GW_ARG_BRANCH, GW_ARG_DEPENDS_ON,
                                         GW_ARG_SPLICE, GW_ARG_REV_ID };
    const struct gw_format *format = cli->workspace.history.format;

    for (size_t i = 0; format->linear && i < sizeof graph_options / sizeof graph_options[0]; i++)
        if (gw_cli_has(cli, graph_options[i])) {
            gw_fail(fault, GW_USAGE, "%s migrations are a single line: they have no branches",
                    format->name);
            return gw_hint(fault,
                           "leave out --head, --branch, --depends-on, --splice and --rev-id");
        }
    return GW_DONE;
}

static int run_create(struct gw_cli *cli, struct gw_fault *fault)
{
    struct draft draft = {
        .title = gw_cli_word(cli, 0),
        .revises = GW_BUF_TEXT,
        .depends_on = GW_BUF_TEXT,
    };

    int code = check_linear(cli, fault);
    if (!code)
        code = check_names(cli, fault);
    if (!code)
        code = find_parents(&draft, cli, fault);
    if (!code)
        code = find_dependencies(&draft, cli, fault);
    if (!code)
        code = write_draft(cli, &draft, fault);
    draft_free(&draft);
    return code;
}

static const struct gw_switch create_options[] = {
    { GW_ARG_HEAD, 0, "head", "REV", NULL, NULL,
      "what it revises: a head, `heads` for all, `base` for none" },
    { GW_ARG_BRANCH, 0, "branch", "LABEL", NULL, NULL, "give the new branch a label" },
    { GW_ARG_DEPENDS_ON, 0, "depends-on", "REV", NULL, NULL,
      "must be applied before it; can be given several times" },
    { GW_ARG_SPLICE, 0, "splice", NULL, NULL, NULL, "let --head name a revision that is no head" },
    { GW_ARG_EDIT, 0, "edit", NULL, NULL, NULL, "open the new file in your editor" },
    { GW_ARG_REV_ID, 0, "rev-id", "ID", NULL, NULL, "its revision id, instead of a random one" },
    { GW_ARG_NO_AUTOGENERATE, 0, "no-autogenerate", NULL, NULL, NULL,
      "leave up and down empty (they always are in this version)" },
};

const struct gw_command gw_command_create = {
    .name = "create",
    .words = "MESSAGE",
    .least = 1,
    .most = 1,
    .needs = GW_CLI_FILES,
    .summary = "make the file of a new migration and print its path",
    .about =
        "Everything is checked before the file is written. With several heads, --head is needed.",
    .example = "godwit create \"add question bank\"\n"
               "godwit create \"start billing\" --head base --branch billing",
    .options = GW_SWITCHES(create_options),
    .run = run_create,
};

/* ---- merge ---- */

static int add_parents(struct draft *draft, struct gw_cli *cli, uint8_t *named, const char *target,
                       struct gw_fault *fault)
{
    const struct gw_history *history = &cli->workspace.history;
    uint32_t *found;
    size_t n;

    if (gw_target_many(&found, &n, history, NULL, target, &cli->arena, fault))
        return fault->code;
    for (size_t i = 0; i < n; i++) {
        if (named[found[i]]) {
            gw_fail(fault, GW_USAGE, "'%s' is named twice", history->at[found[i]].id);
            return gw_hint(fault, "name each head once, or none for all");
        }
        named[found[i]] = 1;
        draft->parents[draft->n_parents++] = found[i];
    }
    return GW_DONE;
}

static int find_named(struct draft *draft, struct gw_cli *cli, struct gw_fault *fault)
{
    const uint32_t n = cli->workspace.history.n;
    int code = GW_DONE;

    uint8_t *named = gw_arena_array(&cli->arena, n + 1, 1);
    draft->parents = gw_arena_array(&cli->arena, n + 1, sizeof *draft->parents);
    if (!named || !draft->parents)
        return gw_fail_memory(fault);
    for (size_t i = 0; i < cli->args.words.len && !code; i++)
        code = add_parents(draft, cli, named, cli->args.words.at[i], fault);
    return code;
}

static int find_merged(struct draft *draft, struct gw_cli *cli, struct gw_fault *fault)
{
    int code = cli->args.words.len ? find_named(draft, cli, fault)
                                   : gw_history_heads(&cli->workspace.history, false, &cli->arena,
                                                      &draft->parents, &draft->n_parents, fault);
    if (!code)
        code = require_heads(cli, draft->parents, draft->n_parents, fault);
    if (!code && draft->n_parents < 2) {
        gw_fail(fault, GW_USAGE, "there is nothing to merge: %s",
                draft->n_parents ? "only one head is there" : "there are no migrations");
        return gw_hint(fault, "`godwit heads` lists the heads");
    }
    return code;
}

static int run_merge(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *title = gw_argument_text(&cli->args, GW_ARG_MESSAGE);
    const struct gw_format *format = cli->workspace.history.format;
    struct draft draft = { .revises = GW_BUF_TEXT, .depends_on = GW_BUF_TEXT };
    struct gw_buf ids = GW_BUF_TEXT;

    if (format->linear) {
        gw_fail(fault, GW_USAGE, "%s migrations are a single line: there is nothing to merge",
                format->name);
        return gw_hint(fault, "`godwit history` shows them");
    }
    int code = check_names(cli, fault);
    if (!code)
        code = find_merged(&draft, cli, fault);
    if (!code) {
        gw_show_ids(&ids, &cli->workspace.history, draft.parents, draft.n_parents, " and ");
        draft.title =
            title ? title : gw_arena_printf(&cli->arena, "merge %.200s", gw_buf_str(&ids));
        code = draft.title ? write_draft(cli, &draft, fault) : gw_fail_memory(fault);
    }
    gw_buf_free(&ids);
    draft_free(&draft);
    return code;
}

static const struct gw_switch merge_options[] = {
    { GW_ARG_MESSAGE, 'm', "message", "TEXT", NULL, NULL, "its title" },
    { GW_ARG_BRANCH, 0, "branch", "LABEL", NULL, NULL, "give it a branch label" },
    { GW_ARG_REV_ID, 0, "rev-id", "ID", NULL, NULL, "its revision id, instead of a random one" },
    { GW_ARG_SPLICE, 0, "splice", NULL, NULL, NULL, "let REV name a revision that is no head" },
    { GW_ARG_EDIT, 0, "edit", NULL, NULL, NULL, "open the new file in your editor" },
};

const struct gw_command gw_command_merge = {
    .name = "merge",
    .words = "[REV...]",
    .most = GW_MANY,
    .needs = GW_CLI_FILES,
    .summary = "make a migration that joins several heads into one",
    .about = "Without REV, all heads. The new file is empty: what both sides did stays as it is.",
    .example = "godwit merge -m \"join billing and search\"",
    .options = GW_SWITCHES(merge_options),
    .run = run_merge,
};
