/* SPDX-License-Identifier: Apache-2.0 */
/* goose: one file with "-- +goose" annotations. */
#include "migration/formats/envsub.h"
#include "migration/formats/linear.h"

#include <string.h>

enum annotation {
    UP,
    DOWN,
    BEGIN,
    END,
    NO_TRANSACTION,
    ENVSUB_ON,
    ENVSUB_OFF,
    ANNOTATIONS
};
static const char *const annotation_names[ANNOTATIONS] = {
    [UP] = "Up",
    [DOWN] = "Down",
    [BEGIN] = "StatementBegin",
    [END] = "StatementEnd",
    [NO_TRANSACTION] = "NO TRANSACTION",
    [ENVSUB_ON] = "ENVSUB ON",
    [ENVSUB_OFF] = "ENVSUB OFF",
};
static const char mark[] = "+goose";
#define SQL_MOST ((size_t)4 * GW_MIGRATION_MOST)

struct piece {
    size_t begin, end; /* in goose.sql */
    unsigned line;
};
struct goose {
    const char *file;
    struct gw_fault *fault;
    enum gw_direction wanted;
    bool build;                              /* false: only check */
    unsigned up_line, down_line, block_line; /* 0: not seen, not in a block */
    bool envsub, no_transaction;
    bool open;       /* a statement is under way, as goose sees it: no line has ended in ';' */
    const char *run; /* text of the wanted direction that is not in sql yet */
    struct gw_buf sql;
    GW_VEC(struct piece) pieces;
    size_t piece_begin;
    unsigned piece_line;
};

static int detect_goose(const struct gw_folder *folder, struct gw_arena *arena)
{
    static const char *const marks[] = { "-- +goose", "--+goose", NULL };
    (void)arena;
    return gw_folder_score(folder, marks);
}

static int refuse(const struct goose *goose, unsigned line, const char *what, const char *remedy)
{
    gw_format_fail(goose->fault, goose->file, line, "%s", what);
    return gw_hint(goose->fault, "%s", remedy);
}

static bool collecting(const struct goose *goose)
{
    unsigned here = goose->down_line ? goose->down_line : goose->up_line;
    return goose->build && here && !goose->down_line == (goose->wanted == GW_UP);
}

/* Moves what was passed over into sql, up to `to`. */
static void flush(struct goose *goose, const char *to)
{
    if (collecting(goose))
        gw_buf_add(&goose->sql, goose->run, (size_t)(to - goose->run));
    goose->run = to;
}

static int end_piece(struct goose *goose, unsigned next_line)
{
    size_t sql, begin = goose->piece_begin, end = goose->sql.len;
    bool blank = begin == end || gw_sql_blank(goose->sql.data + begin, end - begin, &sql);
    if (!blank && !gw_vec_push(&goose->pieces, (struct piece){ begin, end, goose->piece_line }))
        return gw_fail_memory(goose->fault);
    goose->piece_begin = end;
    goose->piece_line = next_line;
    return GW_DONE;
}

static int take_section(struct goose *goose, enum annotation annotation, unsigned line)
{
    if (goose->block_line)
        return refuse(goose, goose->block_line, "'StatementBegin' without its end",
                      "close it with `-- +goose StatementEnd`");
    if (annotation == UP && goose->up_line)
        return refuse(goose, line, "a second 'Up'", "join the two; a file has one Up and one Down");
    if (annotation == DOWN && goose->down_line)
        return refuse(goose, line, "a second 'Down'",
                      "join the two; a file has one Up and one Down");
    if (annotation == DOWN && !goose->up_line)
        return refuse(goose, line, "'Down' above 'Up'", "put the section `-- +goose Up` first");
    int code = end_piece(goose, line + 1);
    goose->open = false;
    *(annotation == UP ? &goose->up_line : &goose->down_line) = line;
    return code;
}

static int take_block(struct goose *goose, enum annotation annotation, unsigned line)
{
    if (!goose->up_line)
        return refuse(goose, line, "a statement block above 'Up'", "put it below `-- +goose Up`");
    if (annotation == BEGIN && goose->block_line)
        return refuse(goose, line, "'StatementBegin' inside another one",
                      "close the first with `-- +goose StatementEnd`");
    if (annotation == END && !goose->block_line)
        return refuse(goose, line, "'StatementEnd' without its begin",
                      "put `-- +goose StatementBegin` above the statement");
    goose->block_line = annotation == BEGIN ? line : 0;
    goose->open = false;
    return end_piece(goose, line + 1);
}

static int take_annotation(struct goose *goose, const struct gw_line *line, struct gw_str comment)
{
    if (*line->at == ' ' || *line->at == '\t')
        return refuse(goose, line->number, "white space before an annotation",
                      "begin the line with `-- +goose`");
    if (memcmp(comment.ptr, mark, sizeof mark - 1) != 0)
        return refuse(goose, line->number, "'+goose' in a comment that is no annotation",
                      "begin the line with `-- +goose`, or take the word out");
    struct gw_str name = gw_trim(comment.ptr + sizeof mark - 1, comment.len - (sizeof mark - 1));
    size_t annotation = 0;
    while (annotation < ANNOTATIONS &&
           (strlen(annotation_names[annotation]) != name.len ||
            strncasecmp(annotation_names[annotation], name.ptr, name.len)))
        annotation++;
    switch (annotation) {
    case UP:
    case DOWN:
        return take_section(goose, (enum annotation)annotation, line->number);
    case BEGIN:
    case END:
        return take_block(goose, (enum annotation)annotation, line->number);
    case NO_TRANSACTION:
        goose->no_transaction = true;
        break;
    case ENVSUB_ON:
    case ENVSUB_OFF:
        goose->envsub = annotation == ENVSUB_ON;
        break;
    default:
        return gw_format_unknown(goose->fault, goose->file, line->number, "goose annotation", name,
                                 annotation_names, ANNOTATIONS);
    }
    /* Inside a statement the line is taken out of it; between two, line numbers are kept right. */
    return goose->open ? GW_DONE : end_piece(goose, line->number + 1);
}

/* Whether the last word before a comment ends in a semicolon. */
static bool ends_statement(const struct gw_line *line)
{
    struct gw_str rest = gw_trim(line->at, line->len);
    bool ends = false;
    while (rest.len) {
        size_t len = 0;
        while (len < rest.len && rest.ptr[len] != ' ' && rest.ptr[len] != '\t')
            len++;
        if (len >= 2 && memcmp(rest.ptr, "--", 2) == 0)
            break;
        ends = rest.ptr[len - 1] == ';';
        rest = gw_trim(rest.ptr + len, rest.len - len);
    }
    return ends;
}

static int take_line(struct goose *goose, const struct gw_line *line, const char *next)
{
    struct gw_str comment = gw_line_comment(line);
    if (comment.len && memmem(comment.ptr, comment.len, mark, sizeof mark - 1)) {
        flush(goose, line->at);
        int code = take_annotation(goose, line, comment);
        goose->run = next;
        return code;
    }
    bool blank = comment.ptr || !gw_trim(line->at, line->len).len;
    if (!collecting(goose) || (blank && !goose->open))
        return GW_DONE;
    if (!blank)
        goose->open = goose->block_line || !ends_statement(line);
    if (!goose->envsub)
        return GW_DONE;
    flush(goose, line->at);
    goose->run = line->at + line->len;
    return gw_envsub_line(&goose->sql, (struct gw_str){ line->at, line->len }, goose->file,
                          line->number, goose->fault);
}

static int finish(struct goose *goose, const char *end)
{
    flush(goose, end);
    if (goose->block_line)
        return refuse(goose, goose->block_line, "'StatementBegin' without its end",
                      "close it with `-- +goose StatementEnd`");
    if (!goose->up_line)
        return refuse(goose, 0, "no `-- +goose Up` line", "add it above the SQL");
    if (goose->sql.failed)
        return gw_format_fail(goose->fault, goose->file, 0, "does not fit into memory (%zu bytes)",
                              SQL_MOST);
    return end_piece(goose, 0);
}

static int read_goose(struct goose *goose, const char *text, size_t len)
{
    struct gw_lines lines = { .text = text, .len = len };
    struct gw_line line;
    size_t first_sql;
    int code = GW_DONE;

    if (gw_sql_blank(text, len, &first_sql))
        first_sql = SIZE_MAX;
    goose->run = text;
    goose->sql = GW_BUF(SQL_MOST);
    while (!code && gw_lines_next(&lines, &line)) {
        if (!goose->up_line && first_sql < line.next)
            return refuse(goose, line.number, "SQL above the first section",
                          "put `-- +goose Up` on a line of its own above it");
        code = take_line(goose, &line, text + line.next);
    }
    return code ? code : finish(goose, text + len);
}

static int inspect_goose(struct gw_revision *revision, const char *file, const char *text,
                         size_t len, struct gw_fault *fault)
{
    struct goose goose = { .file = file, .fault = fault };
    int code = read_goose(&goose, text, len);
    if (goose.down_line)
        revision->flags |= GW_REV_HAS_DOWN;
    return code;
}

static int add_name(struct gw_entries *entries, struct gw_arena *arena,
                    const struct gw_folder *folder, const char *name, struct gw_fault *fault)
{
    struct gw_str version, label, rest = { name, strlen(name) };
    bool go = gw_cut_tail(&rest, ".go") && !gw_cut_tail(&rest, "_test");
    if (go && *name >= '0' && *name <= '9' && name[strspn(name, "0123456789")] == '_') {
        char shown[GW_SHOWN];
        gw_format_shown(shown, folder, name);
        gw_format_fail(fault, shown, 0, "a migration written in Go, which cannot be run here");
        return gw_hint(fault,
                       "rewrite it as SQL; if every database has it already, take it out of the "
                       "folder");
    }
    if (!gw_name_is_sql(name))
        return GW_DONE;
    if (!gw_name_numbered(name, &version, &label) || strspn(name, "0") == version.len)
        return gw_name_refuse(folder, name, "VERSION_NAME.sql (a version above 0)", fault);
    return gw_entries_add(entries, arena, folder, name, GW_UP, version, label, fault);
}

static int scan_goose(struct gw_found_list *out, const struct gw_folder *folder,
                      const char *dialect, struct gw_arena *arena, struct gw_fault *fault)
{
    const struct gw_linear linear = { .compare = gw_version_compare,
                                      .strip_zeros = true,
                                      .inspect = inspect_goose };
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

/* The block that StatementBegin opens may hold many statements (half of those seen in the wild
 * do), so it is a segment of its own and still left to the driver to split. */
static int build(struct gw_script *out, const struct goose *goose)
{
    const char *sql =
        goose->pieces.len ? gw_arena_copy(&out->arena, goose->sql.data, goose->sql.len) : "";
    out->exists = goose->wanted == GW_UP || goose->down_line;
    out->transaction = !goose->no_transaction;
    for (size_t i = 0; sql && i < goose->pieces.len; i++) {
        const struct piece *piece = &goose->pieces.at[i];
        if (!gw_script_push(out, sql + piece->begin, piece->end - piece->begin, piece->line))
            return gw_fail_memory(goose->fault);
    }
    return sql ? GW_DONE : gw_fail_memory(goose->fault);
}

static int parse_goose(struct gw_script *out, const struct gw_revision *revision,
                       enum gw_direction direction, const char *text, size_t len,
                       const struct gw_vars *vars, const char *dialect, struct gw_fault *fault)
{
    struct goose goose = { .file = out->file, .fault = fault, .wanted = direction, .build = true };
    (void)revision;
    (void)vars;
    (void)dialect;
    int code = read_goose(&goose, text, len);
    if (!code)
        code = build(out, &goose);
    gw_buf_free(&goose.sql);
    gw_vec_free(&goose.pieces);
    return code;
}

static int create_goose(struct gw_arena *arena, const struct gw_history *history,
                        const struct gw_create_options *options, const char *names[3],
                        const char *texts[3], struct gw_fault *fault)
{
    static const char *const ends[2] = { ".sql", NULL };
    static const char *const contents[2] = { "-- +goose Up\n\n-- +goose Down\n", NULL };
    return gw_linear_create(arena, history, options, ends, contents, names, texts, fault);
}

const struct gw_format gw_format_goose = {
    .name = "goose",
    .bookkeeping = "goose_db_version",
    .linear = true,
    .compare = gw_version_compare,
    .looks_at = gw_name_is_here,
    .detect = detect_goose,
    .scan = scan_goose,
    .parse = parse_goose,
    .create = create_goose,
};
