/* SPDX-License-Identifier: Apache-2.0 */
/* golang-migrate: VERSION_TITLE.up.sql and VERSION_TITLE.down.sql. */
#include "migration/formats/linear.h"

#include <string.h>

static const char form[] = "VERSION_TITLE.up.sql or VERSION_TITLE.down.sql";

/* Whether name is VERSION_TITLE.up.EXTENSION or .down.EXTENSION; the tool takes the last such
 * mark. */
static bool is_migration(const char *name, struct gw_str *version, struct gw_str *title,
                         enum gw_direction *direction, const char **extension)
{
    size_t digits = strspn(name, "0123456789");
    if (!digits || name[digits] != '_' || strchr(name, '/'))
        return false;
    const char *begin = name + digits + 1;
    for (const char *at = name + strlen(name); at-- > begin;) {
        bool up = strncmp(at, ".up.", 4) == 0;
        if (!up && strncmp(at, ".down.", 6) != 0)
            continue;
        *version = (struct gw_str){ name, digits };
        *title = (struct gw_str){ begin, (size_t)(at - begin) };
        *direction = up ? GW_UP : GW_DOWN;
        *extension = at + (up ? 4 : 6);
        return true;
    }
    return false;
}

static int detect_golang_migrate(const struct gw_folder *folder, struct gw_arena *arena)
{
    size_t pairs = 0, others = 0;
    (void)arena;
    for (size_t i = 0; i < folder->n; i++) {
        struct gw_str version, title;
        enum gw_direction direction;
        const char *extension, *name = folder->names[i];
        if (strchr(name, '/') || !gw_name_is_sql(name))
            continue;
        if (is_migration(name, &version, &title, &direction, &extension))
            pairs++;
        else
            others++;
    }
    return !pairs ? 0 : others ? 20 : 70;
}

static int add_name(struct gw_entries *entries, struct gw_arena *arena,
                    const struct gw_folder *folder, const char *name, struct gw_fault *fault)
{
    struct gw_str version, title;
    enum gw_direction direction;
    const char *extension;

    if (!is_migration(name, &version, &title, &direction, &extension))
        return gw_name_is_sql(name) ? gw_name_refuse(folder, name, form, fault) : GW_DONE;
    if (strcmp(extension, "sql") != 0) {
        char shown[GW_SHOWN];
        gw_format_shown(shown, folder, name);
        gw_format_fail(fault, shown, 0, "a migration of kind '%s', which cannot be run here",
                       extension);
        return gw_hint(fault,
                       "only *.sql can; rewrite it as SQL, or move the file out of the folder");
    }
    return gw_entries_add(entries, arena, folder, name, direction, version, title, fault);
}

static int scan_golang_migrate(struct gw_found_list *out, const struct gw_folder *folder,
                               const char *dialect, struct gw_arena *arena, struct gw_fault *fault)
{
    /* A lone down is a version whose up does nothing, as the tool has it. */
    const struct gw_linear linear = { .compare = gw_version_compare,
                                      .strip_zeros = true,
                                      .lone_down = true };
    struct gw_entries entries = { 0 };
    int code = GW_DONE;
    (void)dialect;
    for (size_t i = 0; i < folder->n && !code; i++)
        code = add_name(&entries, arena, folder, folder->names[i], fault);
    if (!code)
        code = gw_entries_pair(&entries, &linear, folder, fault);
    if (!code)
        code = gw_entries_finish(out, &entries, &linear, folder, arena, fault);
    gw_vec_free(&entries.list);
    return code;
}

static int parse_golang_migrate(struct gw_script *out, const struct gw_revision *revision,
                                enum gw_direction direction, const char *text, size_t len,
                                const struct gw_vars *vars, const char *dialect,
                                struct gw_fault *fault)
{
    (void)vars;
    (void)dialect;
    if (direction == GW_DOWN && !revision->file_down)
        return GW_DONE;
    bool lone_down = revision->file_down && strcmp(revision->file, revision->file_down) == 0;
    if (direction == GW_UP && lone_down)
        len = 0;
    return gw_script_whole(out, text, len, fault);
}

static int create_golang_migrate(struct gw_arena *arena, const struct gw_history *history,
                                 const struct gw_create_options *options, const char *names[3],
                                 const char *texts[3], struct gw_fault *fault)
{
    static const char *const ends[2] = { ".up.sql", ".down.sql" };
    static const char *const contents[2] = { "-- SQL for the way up\n",
                                             "-- SQL for the way down\n" };
    return gw_linear_create(arena, history, options, ends, contents, names, texts, fault);
}

const struct gw_format gw_format_golang_migrate = {
    .name = "golang-migrate",
    .bookkeeping = "schema_migrations",
    .linear = true,
    .compare = gw_version_compare,
    .looks_at = gw_name_is_here,
    .detect = detect_golang_migrate,
    .scan = scan_golang_migrate,
    .parse = parse_golang_migrate,
    .create = create_golang_migrate,
};
