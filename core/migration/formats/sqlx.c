/* SPDX-License-Identifier: Apache-2.0 */
/* sqlx: VERSION_NAME.sql, or a pair VERSION_NAME.up.sql and VERSION_NAME.down.sql. */
#include "migration/formats/linear.h"

#include <string.h>

static const char no_transaction[] = "-- no-transaction";

static void see_sqlx(void *payload, const char *text)
{
    bool *sure = payload;
    if (strncmp(text, no_transaction, sizeof no_transaction - 1) == 0 ||
        strstr(text, "migration script here"))
        *sure = true;
}

/* Numbered names are what several tools use, and plain SQL is what is left when none of their
 * marks is seen; pairs are golang-migrate's more often than sqlx's. */
static int detect_sqlx(const struct gw_folder *folder, struct gw_arena *arena)
{
    struct gw_str version, label;
    size_t n = 0;
    bool sure = false;
    (void)arena;
    for (size_t i = 0; i < folder->n && !n; i++)
        n += gw_name_numbered(folder->names[i], &version, &label);
    if (!n)
        return 0;
    gw_folder_sample(folder, see_sqlx, &sure);
    return sure ? 75 : 30;
}

static int add_name(struct gw_entries *entries, struct gw_arena *arena,
                    const struct gw_folder *folder, const char *name, struct gw_fault *fault)
{
    struct gw_str version, label;
    if (!gw_name_numbered(name, &version, &label))
        return gw_name_refuse(folder, name, "VERSION_NAME.sql, .up.sql or .down.sql", fault);
    bool down = gw_cut_tail(&label, ".down");
    if (!down)
        gw_cut_tail(&label, ".up");
    return gw_entries_add(entries, arena, folder, name, down ? GW_DOWN : GW_UP, version, label,
                          fault);
}

static int scan_sqlx(struct gw_found_list *out, const struct gw_folder *folder, const char *dialect,
                     struct gw_arena *arena, struct gw_fault *fault)
{
    const struct gw_linear linear = { .compare = gw_version_compare, .strip_zeros = true };
    struct gw_entries entries = { 0 };
    int code = GW_DONE;
    (void)dialect;
    for (size_t i = 0; i < folder->n && !code; i++)
        if (gw_name_is_sql(folder->names[i]))
            code = add_name(&entries, arena, folder, folder->names[i], fault);
    if (!code)
        code = gw_entries_pair(&entries, &linear, folder, fault);
    if (!code)
        code = gw_entries_finish(out, &entries, &linear, folder, arena, fault);
    gw_vec_free(&entries.list);
    return code;
}

static int parse_sqlx(struct gw_script *out, const struct gw_revision *revision,
                      enum gw_direction direction, const char *text, size_t len,
                      const struct gw_vars *vars, const char *dialect, struct gw_fault *fault)
{
    (void)vars;
    (void)dialect;
    if (direction == GW_DOWN && !revision->file_down)
        return GW_DONE;
    if (len >= sizeof no_transaction - 1 &&
        memcmp(text, no_transaction, sizeof no_transaction - 1) == 0)
        out->transaction = false;
    return gw_script_whole(out, text, len, fault);
}

static int create_sqlx(struct gw_arena *arena, const struct gw_history *history,
                       const struct gw_create_options *options, const char *names[3],
                       const char *texts[3], struct gw_fault *fault)
{
    static const char *const pair[2] = { ".up.sql", ".down.sql" }, *const one[2] = { ".sql", NULL };
    static const char *const contents[2] = { "-- SQL for the way up\n",
                                             "-- SQL for the way down\n" };
    const struct gw_revision *last =
        history && history->n_versioned ? &history->at[history->n_versioned - 1] : NULL;
    return gw_linear_create(arena, history, options, last && last->file_down ? pair : one, contents,
                            names, texts, fault);
}

const struct gw_format gw_format_sqlx = {
    .name = "sqlx",
    .bookkeeping = "_sqlx_migrations",
    .linear = true,
    .compare = gw_version_compare,
    .looks_at = gw_name_is_here,
    .detect = detect_sqlx,
    .scan = scan_sqlx,
    .parse = parse_sqlx,
    .create = create_sqlx,
};
