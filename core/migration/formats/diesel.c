/* SPDX-License-Identifier: Apache-2.0 */
/* Diesel: a folder a migration, VERSION_NAME/up.sql and down.sql. */
#include "migration/formats/linear.h"

#include <ctype.h>
#include <string.h>

static const char form[] = "VERSION_NAME/up.sql or VERSION_NAME/down.sql, the version of letters, "
                           "digits, '.' and '-'";

/* Cuts "2024-01-02-030405_name/file" into its parts: the version is all that stands before the first '_' (or
 * all of the folder's name), and still has its dashes. False for a file beside the folders. */
static bool is_migration(const char *name, struct gw_str *version, struct gw_str *label,
                         const char **file)
{
    size_t len = strcspn(name, "_/");
    const char *slash = strchr(name, '/');
    if (!slash)
        return false;
    const char *begin = name[len] == '_' ? name + len + 1 : slash;
    *version = (struct gw_str){ name, len };
    *label = (struct gw_str){ begin, (size_t)(slash - begin) };
    *file = slash + 1;
    return true;
}

/* Diesel takes folders alone, and of their files its own. */
static bool is_in_folder(const char *name)
{
    const char *slash = strchr(name, '/');
    return slash && !strchr(slash + 1, '/');
}

static bool begins_with_digit(const char *name)
{
    return isdigit((unsigned char)*name);
}

static int detect_diesel(const struct gw_folder *folder, struct gw_arena *arena)
{
    struct gw_str version, label;
    const char *file;
    (void)arena;
    for (size_t i = 0; i < folder->n; i++)
        if (begins_with_digit(folder->names[i]) &&
            is_migration(folder->names[i], &version, &label, &file) && strcmp(file, "up.sql") == 0)
            return 80;
    return 0;
}

static int take_metadata(struct gw_entry *entry, const struct gw_folder *folder, const char *name,
                         struct gw_fault *fault)
{
    bool in_transaction = true;
    int code = gw_folder_switch(folder, name, "run_in_transaction", &in_transaction, fault);
    if (!code && !in_transaction)
        entry->flags |= GW_REV_NO_TRANSACTION;
    return code;
}

static int add_up(struct gw_entries *entries, struct gw_arena *arena,
                  const struct gw_folder *folder, const char *name, struct gw_str version,
                  struct gw_str label, struct gw_fault *fault)
{
    char *bare = gw_str_copy(arena, version);
    size_t len = 0;
    if (!bare)
        return gw_fail_memory(fault);
    for (size_t i = 0; i < version.len; i++)
        if (version.ptr[i] != '-')
            bare[len++] = version.ptr[i];
    bare[len] = '\0';
    if (len <= GW_VERSION_MOST && !gw_id_valid((struct gw_str){ bare, len }))
        return gw_name_refuse(folder, name, form, fault);
    int code = gw_entries_add(entries, arena, folder, name, GW_UP, (struct gw_str){ bare, len },
                              label, fault);
    if (code)
        return code;

    struct gw_entry *entry = &entries->list.at[entries->list.len - 1];
    int folder_len = (int)(strchr(name, '/') - name);
    char *beside = gw_arena_printf(arena, "%.*s/down.sql", folder_len, name);
    if (!beside)
        return gw_fail_memory(fault);
    entry->down = gw_folder_find(folder, beside);
    beside = gw_arena_printf(arena, "%.*s/metadata.toml", folder_len, name);
    if (!beside)
        return gw_fail_memory(fault);
    const char *metadata = gw_folder_find(folder, beside);
    return metadata ? take_metadata(entry, folder, metadata, fault) : GW_DONE;
}

static int add_name(struct gw_entries *entries, struct gw_arena *arena,
                    const struct gw_folder *folder, const char *name, struct gw_fault *fault)
{
    struct gw_str version, label;
    const char *file;
    if (!is_migration(name, &version, &label, &file))
        return gw_name_is_sql(name) ? gw_name_refuse(folder, name, form, fault) : GW_DONE;
    if (strcmp(file, "up.sql") == 0)
        return add_up(entries, arena, folder, name, version, label, fault);
    if (gw_name_is_sql(name) && strcmp(file, "down.sql") != 0)
        return gw_name_refuse(folder, name, form, fault);

    char *up = gw_arena_printf(arena, "%.*s/up.sql", (int)(strchr(name, '/') - name), name);
    if (!up)
        return gw_fail_memory(fault);
    if (gw_folder_find(folder, up))
        return GW_DONE;
    char shown[GW_SHOWN];
    gw_format_shown(shown, folder, name);
    gw_format_fail(fault, shown, 0, "no up.sql beside it");
    return gw_hint(fault, "add the file, or remove this folder");
}

static int scan_diesel(struct gw_found_list *out, const struct gw_folder *folder,
                       const char *dialect, struct gw_arena *arena, struct gw_fault *fault)
{
    const struct gw_linear linear = { .compare = gw_version_compare_text };
    struct gw_entries entries = { 0 };
    int code = GW_DONE;
    (void)dialect;
    for (size_t i = 0; i < folder->n && !code; i++)
        code = add_name(&entries, arena, folder, folder->names[i], fault);
    gw_entries_sort(&entries, linear.compare);
    if (!code)
        code = gw_entries_finish(out, &entries, &linear, folder, arena, fault);
    gw_vec_free(&entries.list);
    return code;
}

static int parse_diesel(struct gw_script *out, const struct gw_revision *revision,
                        enum gw_direction direction, const char *text, size_t len,
                        const struct gw_vars *vars, const char *dialect, struct gw_fault *fault)
{
    (void)vars;
    (void)dialect;
    if (direction == GW_DOWN && !revision->file_down)
        return GW_DONE;
    if (revision->flags & GW_REV_NO_TRANSACTION)
        out->transaction = false;
    return gw_script_whole(out, text, len, fault);
}

enum {
    DAY_DIGITS = 8,
    TIME_DIGITS = 14,
    WIDE_DIGITS = 18
};

/* "20241014143022" -> "2024-10-14-143022", and four more digits behind another dash. */
static char *with_dashes(struct gw_arena *arena, const char *digits)
{
    size_t len = strlen(digits), at = 0;
    char *text = gw_arena_alloc(arena, len + 5);
    for (size_t i = 0; text && i < len; i++) {
        if (i == 4 || i == 6 || i == DAY_DIGITS || i == TIME_DIGITS)
            text[at++] = '-';
        text[at++] = digits[i];
    }
    return text;
}

static int create_diesel(struct gw_arena *arena, const struct gw_history *history,
                         const struct gw_create_options *options, const char *names[3],
                         const char *texts[3], struct gw_fault *fault)
{
    static const char *const ends[2] = { "/up.sql", "/down.sql" };
    static const char *const contents[2] = { "-- SQL for the way up\n",
                                             "-- SQL for the way down\n" };
    const struct gw_revision *last =
        history && history->n_versioned ? &history->at[history->n_versioned - 1] : NULL;
    int code = gw_linear_create(arena, history, options, ends, contents, names, texts, fault);
    if (code)
        return code;
    size_t digits = strspn(names[0], "0123456789");
    bool dashes = !last || memchr(last->file, '-', strcspn(last->file, "_/"));
    if (!dashes || (digits != TIME_DIGITS && digits != WIDE_DIGITS))
        return GW_DONE;
    for (size_t i = 0; names[i]; i++) {
        char *version = gw_arena_copy(arena, names[i], digits);
        version = version ? with_dashes(arena, version) : NULL;
        names[i] = version ? gw_arena_printf(arena, "%s%s", version, names[i] + digits) : NULL;
        if (!names[i])
            return gw_fail_memory(fault);
    }
    return GW_DONE;
}

const struct gw_format gw_format_diesel = {
    .name = "diesel",
    .bookkeeping = "__diesel_schema_migrations",
    .linear = true,
    .compare = gw_version_compare_text,
    .looks_at = is_in_folder,
    .detect = detect_diesel,
    .scan = scan_diesel,
    .parse = parse_diesel,
    .create = create_diesel,
};
