/* SPDX-License-Identifier: Apache-2.0 */
/* dbmate: one file with "-- migrate:up" and "-- migrate:down" blocks, several pairs of them if
 * need be. */
#include "migration/formats/linear.h"

#include <ctype.h>
#include <string.h>

static const char mark[] = "migrate:";

struct dbmate {
    const char *file;
    struct gw_fault *fault;
    struct gw_script *out; /* NULL: only check */
    enum gw_direction wanted;
    unsigned block_line; /* 0: before the first block */
    enum gw_direction block;
    bool down_seen;               /* any */
    unsigned transaction_line[2]; /* of the first block of a direction */
    bool transaction[2];
    const char *begin; /* of the block's text */
};

static int detect_dbmate(const struct gw_folder *folder, struct gw_arena *arena)
{
    static const char *const marks[] = { "-- migrate:up", "--migrate:up", NULL };
    (void)arena;
    return gw_folder_score(folder, marks);
}

static int refuse(const struct dbmate *dbmate, unsigned line, const char *what, const char *remedy)
{
    gw_format_fail(dbmate->fault, dbmate->file, line, "%s", what);
    return gw_hint(dbmate->fault, "%s", remedy);
}

static int end_block(struct dbmate *dbmate, const char *end)
{
    size_t sql, len = (size_t)(end - dbmate->begin);
    if (!dbmate->out || !dbmate->block_line || dbmate->block != dbmate->wanted ||
        gw_sql_blank(dbmate->begin, len, &sql))
        return GW_DONE;
    return gw_script_push(dbmate->out, dbmate->begin, len, dbmate->block_line + 1)
               ? GW_DONE
               : gw_fail_memory(dbmate->fault);
}

/* transaction:true and transaction:false; dbmate passes over other options, which would hide a
 * slip. */
static int take_options(struct dbmate *dbmate, struct gw_str list, unsigned line)
{
    struct gw_str word;
    bool transaction = true;
    unsigned *first = &dbmate->transaction_line[dbmate->block];
    while (gw_str_word(&list, &word)) {
        bool off = gw_str_is(word, "transaction:false");
        if (!off && !gw_str_is(word, "transaction:true"))
            return refuse(dbmate, line, "an option that is not known",
                          "transaction:false is the only one");
        transaction = !off;
    }
    if (*first && dbmate->transaction[dbmate->block] != transaction)
        return refuse(dbmate, line, "blocks with and without a transaction in one migration",
                      "give all blocks of a direction the same option, or make two files");
    *first = line;
    dbmate->transaction[dbmate->block] = transaction;
    return GW_DONE;
}

static int take_mark(struct dbmate *dbmate, const struct gw_line *line, struct gw_str comment)
{
    static const char *const names[] = { "up", "down" };
    struct gw_str rest = { comment.ptr + sizeof mark - 1, comment.len - (sizeof mark - 1) };
    size_t len = 0;
    if (line->at[0] != '-' || line->at[2] == '-')
        return refuse(dbmate, line->number, "a mark that does not begin its line",
                      "begin the line with `-- migrate:`");
    while (len < rest.len && rest.ptr[len] != ' ' && rest.ptr[len] != '\t')
        len++;
    struct gw_str name = { rest.ptr, len };
    bool down = gw_str_is(name, "down");
    if (!down && !gw_str_is(name, "up"))
        return gw_format_unknown(dbmate->fault, dbmate->file, line->number, "dbmate mark", name,
                                 names, 2);
    if (down && (!dbmate->block_line || dbmate->block == GW_DOWN))
        return refuse(dbmate, line->number, "'migrate:down' without a 'migrate:up' before it",
                      "put `-- migrate:up` above it");
    int code = end_block(dbmate, line->at);
    dbmate->block_line = line->number;
    dbmate->block = down ? GW_DOWN : GW_UP;
    dbmate->down_seen = dbmate->down_seen || down;
    if (code)
        return code;
    return take_options(dbmate, (struct gw_str){ rest.ptr + len, rest.len - len }, line->number);
}

static int read_dbmate(struct dbmate *dbmate, const char *text, size_t len)
{
    struct gw_lines lines = { .text = text, .len = len };
    struct gw_line line;
    size_t first_sql;
    int code = GW_DONE;

    if (gw_sql_blank(text, len, &first_sql))
        first_sql = SIZE_MAX;
    while (!code && gw_lines_next(&lines, &line)) {
        struct gw_str comment = gw_line_comment(&line);
        if (!dbmate->block_line && first_sql < line.next)
            return refuse(dbmate, line.number, "SQL above the first block",
                          "put `-- migrate:up` on a line of its own above it");
        if (comment.len < sizeof mark - 1 || memcmp(comment.ptr, mark, sizeof mark - 1) != 0)
            continue;
        code = take_mark(dbmate, &line, comment);
        dbmate->begin = text + line.next;
    }
    if (!code && !dbmate->block_line)
        return refuse(dbmate, 0, "no `-- migrate:up` line", "add it above the SQL");
    return code ? code : end_block(dbmate, text + len);
}

static int inspect_dbmate(struct gw_revision *revision, const char *file, const char *text,
                          size_t len, struct gw_fault *fault)
{
    struct dbmate dbmate = { .file = file, .fault = fault };
    int code = read_dbmate(&dbmate, text, len);
    if (dbmate.down_seen)
        revision->flags |= GW_REV_HAS_DOWN;
    return code;
}

static int scan_dbmate(struct gw_found_list *out, const struct gw_folder *folder,
                       const char *dialect, struct gw_arena *arena, struct gw_fault *fault)
{
    const struct gw_linear linear = { .compare = gw_version_compare, .inspect = inspect_dbmate };
    struct gw_entries entries = { 0 };
    int code = GW_DONE;
    (void)dialect;
    for (size_t i = 0; i < folder->n && !code; i++) {
        const char *name = folder->names[i];
        size_t digits = strspn(name, "0123456789");
        struct gw_str version = { name, digits }, label = { name + digits, strlen(name + digits) };
        if (!gw_name_is_sql(name))
            continue;
        if (!digits || !gw_cut_tail(&label, ".sql"))
            code = gw_name_refuse(folder, name, "VERSION_NAME.sql", fault);
        else
            code = gw_entries_add(&entries, arena, folder, name, GW_UP, version, label, fault);
    }
    gw_entries_sort(&entries, linear.compare);
    if (!code)
        code = gw_entries_finish(out, &entries, &linear, folder, arena, fault);
    gw_vec_free(&entries.list);
    return code;
}

static int parse_dbmate(struct gw_script *out, const struct gw_revision *revision,
                        enum gw_direction direction, const char *text, size_t len,
                        const struct gw_vars *vars, const char *dialect, struct gw_fault *fault)
{
    struct dbmate dbmate = { .file = out->file, .fault = fault, .out = out, .wanted = direction };
    (void)revision;
    (void)vars;
    (void)dialect;
    int code = read_dbmate(&dbmate, text, len);
    out->exists = direction == GW_UP || dbmate.down_seen;
    out->transaction = !dbmate.transaction_line[direction] || dbmate.transaction[direction];
    return code;
}

static int create_dbmate(struct gw_arena *arena, const struct gw_history *history,
                         const struct gw_create_options *options, const char *names[3],
                         const char *texts[3], struct gw_fault *fault)
{
    static const char *const ends[2] = { ".sql", NULL };
    static const char *const contents[2] = { "-- migrate:up\n\n-- migrate:down\n", NULL };
    return gw_linear_create(arena, history, options, ends, contents, names, texts, fault);
}

const struct gw_format gw_format_dbmate = {
    .name = "dbmate",
    .bookkeeping = "schema_migrations",
    .linear = true,
    .compare = gw_version_compare,
    .looks_at = gw_name_is_here,
    .detect = detect_dbmate,
    .scan = scan_dbmate,
    .parse = parse_dbmate,
    .create = create_dbmate,
};
