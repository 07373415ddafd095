/* SPDX-License-Identifier: Apache-2.0 */
/* Flyway: V1_2__name.sql, U1_2__name.sql (its undo), B1_2__name.sql (a baseline), R__name.sql
 * (run again when it changes), beforeMigrate.sql and afterMigrate.sql, in the folder and its
 * sub-folders. */
#include "migration/formats/flyway_name.h"
#include "migration/formats/linear.h"

#include <string.h>

static const char form[] = "V1_2__name.sql, U1_2__name.sql, B1_2__name.sql or R__name.sql";

static int detect_flyway(const struct gw_folder *folder, struct gw_arena *arena)
{
    (void)arena;
    for (size_t i = 0; i < folder->n; i++) {
        struct gw_flyway_name parts;
        enum gw_flyway_kind kind = gw_flyway_name_parse(&parts, folder->names[i]);
        if ((kind == GW_FLYWAY_VERSIONED || kind == GW_FLYWAY_REPEATABLE) && parts.separated)
            return 80;
    }
    return 0;
}

static int refuse(const struct gw_folder *folder, const char *name, const char *what,
                  const char *remedy, struct gw_fault *fault)
{
    char shown[GW_SHOWN];
    gw_format_shown(shown, folder, name);
    gw_format_fail(fault, shown, 0, "%s", what);
    return gw_hint(fault, "%s", remedy);
}

struct flyway {
    struct gw_entries list; /* all but undo migrations */
    struct gw_entries undos;
    const struct gw_folder *folder;
    struct gw_arena *arena;
    struct gw_fault *fault;
};

/* NAME.sql.conf beside NAME.sql. */
static int take_conf(struct flyway *flyway, struct gw_entry *entry, const char *name, bool undo)
{
    char *beside = gw_arena_printf(flyway->arena, "%s.conf", name);
    if (!beside)
        return gw_fail_memory(flyway->fault);
    const char *conf = gw_folder_find(flyway->folder, beside);
    bool in_transaction = true;
    if (!conf)
        return GW_DONE;
    if (undo)
        return refuse(flyway->folder, conf,
                      "a configuration for an undo migration cannot be honoured",
                      "it runs as its V migration does; remove the file", flyway->fault);
    int code = gw_folder_switch(flyway->folder, conf, "executeInTransaction", &in_transaction,
                                flyway->fault);
    if (!in_transaction)
        entry->flags |= GW_REV_NO_TRANSACTION;
    return code;
}

static int add_versioned(struct flyway *flyway, const char *name,
                         const struct gw_flyway_name *parts, enum gw_flyway_kind kind)
{
    bool undo = kind == GW_FLYWAY_UNDO;
    struct gw_entries *list = undo ? &flyway->undos : &flyway->list;
    char *version = gw_str_copy(flyway->arena, parts->version);
    if (!version)
        return gw_fail_memory(flyway->fault);
    for (char *c = version; *c; c++)
        if (*c == '_')
            *c = '.';
    int code =
        gw_entries_add(list, flyway->arena, flyway->folder, name, undo ? GW_DOWN : GW_UP,
                       (struct gw_str){ version, parts->version.len }, parts->label, flyway->fault);
    if (code)
        return code;
    struct gw_entry *entry = &list->list.at[list->list.len - 1];
    if (kind == GW_FLYWAY_BASELINE) {
        entry->flags |= GW_REV_BASELINE;
        /* A V migration may have the same version. */
        entry->id = gw_arena_printf(flyway->arena, "B%s", version);
        if (!entry->id)
            return gw_fail_memory(flyway->fault);
    }
    return take_conf(flyway, entry, name, undo);
}

static int add_other(struct flyway *flyway, const char *name, const struct gw_flyway_name *parts,
                     enum gw_flyway_kind kind)
{
    char *stem = gw_str_copy(flyway->arena, parts->stem);
    struct gw_entry entry = {
        .label = gw_str_copy(flyway->arena, parts->label.len ? parts->label : parts->stem),
        .id = stem ? gw_label_id(flyway->arena, stem) : NULL,
        .up = name,
        .kind = kind == GW_FLYWAY_REPEATABLE ? GW_KIND_REPEATABLE
                : kind == GW_FLYWAY_BEFORE   ? GW_KIND_BEFORE
                                             : GW_KIND_AFTER,
    };
    if (!entry.label || !entry.id)
        return gw_fail_memory(flyway->fault);
    if (!gw_id_valid((struct gw_str){ entry.id, strlen(entry.id) }))
        return gw_name_refuse(flyway->folder, name, form, flyway->fault);
    int code = take_conf(flyway, &entry, name, false);
    if (code)
        return code;
    return gw_vec_push(&flyway->list.list, entry) ? GW_DONE : gw_fail_memory(flyway->fault);
}

static int add_name(struct flyway *flyway, const char *name)
{
    struct gw_flyway_name parts;
    enum gw_flyway_kind kind = gw_flyway_name_parse(&parts, name);
    switch (kind) {
    case GW_FLYWAY_VERSIONED:
    case GW_FLYWAY_UNDO:
    case GW_FLYWAY_BASELINE:
        return add_versioned(flyway, name, &parts, kind);
    case GW_FLYWAY_REPEATABLE:
    case GW_FLYWAY_BEFORE:
    case GW_FLYWAY_AFTER:
        return add_other(flyway, name, &parts, kind);
    case GW_FLYWAY_CALLBACK:
        return refuse(flyway->folder, name, "this callback cannot be honoured",
                      "only beforeMigrate and afterMigrate can; move the file out of the folder",
                      flyway->fault);
    case GW_FLYWAY_CODE:
        return refuse(
            flyway->folder, name, "a migration that is not SQL, which cannot be run here",
            "rewrite it as SQL; if every database has it already, take it out of the folder",
            flyway->fault);
    case GW_FLYWAY_CONF: {
        char *script = gw_arena_copy(flyway->arena, name, strlen(name) - strlen(".conf"));
        if (!script)
            return gw_fail_memory(flyway->fault);
        if (gw_folder_find(flyway->folder, script))
            return GW_DONE;
        return refuse(flyway->folder, name, "a script configuration without its script",
                      "it is to be named as the script with .conf behind it", flyway->fault);
    }
    case GW_FLYWAY_MALFORMED:
        return gw_name_refuse(flyway->folder, name, form, flyway->fault);
    case GW_FLYWAY_NOTHING:
        break;
    }
    return GW_DONE;
}

/* Flyway refuses two migrations of one version, and so do we: which would its undo belong to? */
static int check_versions(const struct gw_entries *entries, const struct gw_folder *folder,
                          struct gw_fault *fault)
{
    for (size_t i = 1; i < entries->list.len; i++) {
        const struct gw_entry *a = &entries->list.at[i - 1], *b = &entries->list.at[i];
        bool same_kind = (a->flags & GW_REV_BASELINE) == (b->flags & GW_REV_BASELINE);
        if (!b->version || !same_kind || gw_version_compare(a->version, b->version))
            continue;
        char shown[GW_SHOWN];
        gw_format_shown(shown, folder, b->up ? b->up : b->down);
        gw_format_fail(fault, shown, 0, "its version is that of '%s'", a->up ? a->up : a->down);
        return gw_hint(fault, "give one of them another version");
    }
    return GW_DONE;
}

/* Both lists are sorted by version. */
static int join_undos(struct flyway *flyway)
{
    size_t at = 0;
    for (size_t i = 0; i < flyway->undos.list.len; i++) {
        const struct gw_entry *undo = &flyway->undos.list.at[i];
        while (at < flyway->list.list.len && flyway->list.list.at[at].version &&
               gw_version_compare(flyway->list.list.at[at].version, undo->version) < 0)
            at++;
        struct gw_entry *entry = at < flyway->list.list.len ? &flyway->list.list.at[at] : NULL;
        bool joins = entry && entry->version && !(entry->flags & GW_REV_BASELINE) &&
                     gw_version_compare(entry->version, undo->version) == 0;
        if (!joins)
            return refuse(flyway->folder, undo->down, "an undo migration without its V migration",
                          "add the V file of the same version, or remove this one", flyway->fault);
        entry->down = undo->down;
    }
    return GW_DONE;
}

static int scan_flyway(struct gw_found_list *out, const struct gw_folder *folder,
                       const char *dialect, struct gw_arena *arena, struct gw_fault *fault)
{
    const struct gw_linear linear = { .compare = gw_version_compare };
    struct flyway flyway = { .folder = folder, .arena = arena, .fault = fault };
    int code = GW_DONE;
    (void)dialect;
    for (size_t i = 0; i < folder->n && !code; i++)
        code = add_name(&flyway, folder->names[i]);
    gw_entries_sort(&flyway.list, linear.compare);
    gw_entries_sort(&flyway.undos, linear.compare);
    if (!code)
        code = check_versions(&flyway.list, folder, fault);
    if (!code)
        code = check_versions(&flyway.undos, folder, fault);
    if (!code)
        code = join_undos(&flyway);
    if (!code)
        code = gw_entries_finish(out, &flyway.list, &linear, folder, arena, fault);
    gw_vec_free(&flyway.list.list);
    gw_vec_free(&flyway.undos.list);
    return code;
}

static int parse_flyway(struct gw_script *out, const struct gw_revision *revision,
                        enum gw_direction direction, const char *text, size_t len,
                        const struct gw_vars *vars, const char *dialect, struct gw_fault *fault)
{
    const char *file = direction == GW_UP ? revision->file : revision->file_down;
    (void)dialect;
    if (!file)
        return GW_DONE;
    const char *slash = strrchr(file, '/');
    const struct gw_placeholders placeholders = {
        .vars = &vars->values,
        .ignore_case = true,
        .filename = slash ? slash + 1 : file,
        .file = out->file,
        .prefix = vars->prefix,
        .suffix = vars->suffix,
        .foreign = true,
    };
    struct gw_str sql = { text, len };
    int code = vars->prefix.ptr
                   ? gw_placeholders_replace(&placeholders, &out->arena, &sql, 1, fault)
                   : GW_DONE;
    if (revision->flags & GW_REV_NO_TRANSACTION)
        out->transaction = false;
    return code ? code : gw_script_whole(out, sql.ptr, sql.len, fault);
}

/* After "1.12.39" comes "1.12.40", written with the separator that the folder uses. */
static const char *next_dotted(struct gw_arena *arena, const struct gw_revision *last)
{
    const char *dot = strrchr(last->version, '.');
    char *next = gw_digits_next(arena, dot + 1);
    char *version =
        next ? gw_arena_printf(arena, "%.*s%s", (int)(dot + 1 - last->version), last->version, next)
             : NULL;
    const char *slash = strrchr(last->file, '/');
    const char *name = slash ? slash + 1 : last->file;
    const char *label = strstr(name, "__");
    bool dots = memchr(name, '.', label ? (size_t)(label - name) : strlen(name));
    for (char *c = version; c && *c && !dots; c++)
        if (*c == '.')
            *c = '_';
    return version;
}

static int create_flyway(struct gw_arena *arena, const struct gw_history *history,
                         const struct gw_create_options *options, const char *names[3],
                         const char *texts[3], struct gw_fault *fault)
{
    static const char *const ends[2] = { ".sql", NULL };
    static const char *const contents[2] = { "-- SQL for the way up\n", NULL };
    const struct gw_revision *last =
        history && history->n_versioned ? &history->at[history->n_versioned - 1] : NULL;

    int code = gw_linear_create(arena, history, options, ends, contents, names, texts, fault);
    if (code)
        return code;
    /* gw_linear_create writes VERSION_SLUG.sql. */
    const char *slug = strchr(names[0], '_');
    const char *version = last && strchr(last->version, '.')
                              ? next_dotted(arena, last)
                              : gw_arena_copy(arena, names[0], (size_t)(slug - names[0]));
    names[0] = version ? gw_arena_printf(arena, "V%s_%s", version, slug) : NULL;
    return names[0] ? GW_DONE : gw_fail_memory(fault);
}

const struct gw_format gw_format_flyway = {
    .name = "flyway",
    .bookkeeping = "flyway_schema_history",
    .linear = true,
    .compare = gw_version_compare,
    .detect = detect_flyway,
    .scan = scan_flyway,
    .parse = parse_flyway,
    .create = create_flyway,
};
