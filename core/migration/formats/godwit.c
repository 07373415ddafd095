/* SPDX-License-Identifier: Apache-2.0 */
/* Godwit's own format: one file a revision, a graph in the headers. */
#include "base/clock.h"
#include "base/text.h"
#include "migration/formats/native.h"
#include "migration/formats/survey_cache.h"

#include <ctype.h>
#include <string.h>

enum {
    ID_DIGITS = 12,
    SLUG_MOST = 60
};

static int detect_native(const struct gw_folder *folder, struct gw_arena *arena)
{
    static const char *const marks[] = { "-- godwit:", "-- revision:", NULL };
    (void)arena;
    return gw_folder_score(folder, marks);
}

/* ids and labels: "a, b" becomes "a b", each checked. */
static int take_list(const char **out, const struct gw_header *header, enum gw_header_key key,
                     const char *file, const char *what, struct gw_arena *arena,
                     struct gw_fault *fault)
{
    struct gw_str list = header->keys[key].value, word;
    char *text = list.len ? gw_arena_copy(arena, list.ptr, list.len) : NULL;
    size_t len = 0;

    *out = "";
    if (!list.len)
        return GW_DONE;
    if (!text)
        return gw_fail_memory(fault);
    while (gw_str_word(&list, &word)) {
        if (!gw_id_valid(word)) {
            gw_format_fail(fault, file, header->keys[key].line, "'%.*s' is no %s",
                           word.len < 80 ? (int)word.len : 80, word.ptr, what);
            return gw_hint(fault, "it has letters, digits, '_' and '.', and is not one of head, "
                                  "heads, base, current");
        }
        if (len)
            text[len++] = ' ';
        memcpy(text + len, word.ptr, word.len);
        len += word.len;
    }
    text[len] = '\0';
    *out = text;
    return GW_DONE;
}

static int take_id(struct gw_found *found, const struct gw_header *header, const char *file,
                   struct gw_arena *arena, struct gw_fault *fault)
{
    unsigned line = header->keys[GW_KEY_REVISION].line;
    if (!line) {
        gw_format_fail(fault, file, 0, "no `-- revision:` line at its top");
        return gw_hint(fault, "add the header (docs/migration-file.md); if another tool wrote this "
                              "folder, set migrations.format in plugins.conf");
    }
    int code =
        take_list(&found->revision.id, header, GW_KEY_REVISION, file, "revision id", arena, fault);
    if (code)
        return code;
    if (!*found->revision.id || strchr(found->revision.id, ' '))
        return gw_format_fail(fault, file, line, "'revision' needs one id");
    found->id_line = line;
    return GW_DONE;
}

/* Without a title, the slug of the file name stands in. */
static const char *title_of(const struct gw_header *header, const char *name, const char *id,
                            struct gw_arena *arena)
{
    if (header->title.ptr)
        return gw_str_copy(arena, header->title);
    const char *at = strstr(name, id);
    at = at && at[strlen(id)] == '_' ? at + strlen(id) + 1
         : strrchr(name, '/')        ? strrchr(name, '/') + 1
                                     : name;
    char *title = gw_arena_string(arena, at);
    if (title && gw_name_is_sql(title))
        title[strlen(title) - 4] = '\0';
    for (char *c = title; c && *c; c++)
        if (*c == '_')
            *c = ' ';
    return title;
}

static int take_header(struct gw_found *found, const struct gw_header *header, const char *file,
                       struct gw_arena *arena, struct gw_fault *fault)
{
    struct gw_revision *revision = &found->revision;
    int code = take_id(found, header, file, arena, fault);
    if (!code)
        code =
            take_list(&found->revises, header, GW_KEY_REVISES, file, "revision id", arena, fault);
    if (!code)
        code = take_list(&found->depends_on, header, GW_KEY_DEPENDS_ON, file,
                         "revision id or label", arena, fault);
    if (!code)
        code =
            take_list(&revision->labels, header, GW_KEY_BRANCH, file, "branch label", arena, fault);
    if (code)
        return code;
    found->revises_line = header->keys[GW_KEY_REVISES].line;
    found->depends_line = header->keys[GW_KEY_DEPENDS_ON].line;
    found->labels_line = header->keys[GW_KEY_BRANCH].line;
    found->root_given = found->revises_line && !*found->revises;
    if (header->keys[GW_KEY_CREATED].value.len) {
        revision->created = gw_str_copy(arena, header->keys[GW_KEY_CREATED].value);
        if (!revision->created)
            return gw_fail_memory(fault);
    }
    revision->title = title_of(header, revision->file, revision->id, arena);
    return revision->title ? GW_DONE : gw_fail_memory(fault);
}

static int no_section(const struct gw_native *native, const char *file, const char *dialect,
                      struct gw_fault *fault)
{
    unsigned line = 0;
    for (size_t i = native->n_sections; i-- > 0;)
        if (native->sections[i].direction == GW_UP)
            line = native->sections[i].line;
    gw_format_fail(fault, file, line, "no up section is for %s", dialect);
    return gw_hint(fault, "add `-- godwit:up %s`; it may stay empty if there is nothing to do",
                   dialect);
}

static void take_flags(struct gw_revision *revision, const struct gw_native *native,
                       const char *dialect)
{
    const struct gw_section *down = gw_native_choose(native, GW_DOWN, dialect);
    bool irreversible = native->irreversible.ptr || (down && down->irreversible.ptr);
    if (irreversible)
        revision->flags |= GW_REV_IRREVERSIBLE;
    else if (down)
        revision->flags |= GW_REV_HAS_DOWN;
    if (down && down->lossless)
        revision->flags |= GW_REV_LOSSLESS;
}

static int read_one(struct gw_found *found, const struct gw_folder *folder, const char *dialect,
                    struct gw_buf *buf, struct gw_arena *arena, struct gw_fault *fault)
{
    const char *name = found->revision.file, *text;
    char file[GW_SHOWN];
    struct gw_native native;
    size_t len;

    int code = gw_format_read(buf, folder, name, &text, &len, fault);
    if (code)
        return code;
    gw_format_shown(file, folder, name);
    code = gw_native_survey(&native, file, text, len, fault);
    if (!code)
        code = take_header(found, &native.header, file, arena, fault);
    if (!code && !gw_native_choose(&native, GW_UP, dialect))
        code = no_section(&native, file, dialect, fault);
    if (code)
        return code;
    take_flags(&found->revision, &native, dialect);
    gw_hash_of(&found->revision.sha256, buf->data, buf->len);
    return GW_DONE;
}

static int scan_native(struct gw_found_list *out, const struct gw_folder *folder,
                       const char *dialect, struct gw_arena *arena, struct gw_fault *fault)
{
    struct gw_survey_cache *cache = gw_survey_cache_open(folder, dialect);
    struct gw_buf buf = GW_BUF(GW_MIGRATION_MOST);
    int code = gw_vec_reserve(&out->found, folder->n) ? GW_DONE : gw_fail_memory(fault);

    for (size_t i = 0; i < folder->n && !code; i++) {
        struct gw_found found = { .revision = { .file = folder->names[i] } };
        if (!gw_name_is_sql(folder->names[i]))
            continue;
        if (!gw_survey_cache_find(cache, folder, folder->names[i], &found, arena))
            code = read_one(&found, folder, dialect, &buf, arena, fault);
        if (!code && !gw_vec_push(&out->found, found))
            code = gw_fail_memory(fault);
    }
    gw_survey_cache_close(cache, code ? NULL : out);
    gw_buf_free(&buf);
    return code;
}

/* Which of the project's placeholders the vars line lists. */
static int list_vars(struct gw_placeholders *placeholders, const struct gw_native *native,
                     struct gw_arena *arena, struct gw_fault *fault)
{
    const struct gw_settings *vars = placeholders->vars;
    bool *listed = gw_arena_array(arena, (vars ? vars->n : 0) + 1, sizeof *listed);
    struct gw_str list = native->vars, word;
    if (!listed)
        return gw_fail_memory(fault);
    while (gw_str_word(&list, &word)) {
        size_t found = gw_vars_find(vars, word, false);
        if (found == SIZE_MAX) {
            gw_format_fail(fault, placeholders->file, native->vars_line,
                           "placeholder '${%.*s}' has no value", word.len < 80 ? (int)word.len : 80,
                           word.ptr);
            return gw_hint(
                fault, "set it in plugins.conf: migrations = { vars = { name = \"value\"; }; }");
        }
        listed[found] = true;
    }
    placeholders->listed = listed;
    return GW_DONE;
}

/* A directive is one line, and stays one when it is stored. */
static int replace_in_probe(const struct gw_placeholders *placeholders, struct gw_arena *arena,
                            struct gw_segment *segment, struct gw_fault *fault)
{
    struct gw_str probe = { segment->probe, strlen(segment->probe) };
    int code = gw_placeholders_replace(placeholders, arena, &probe, segment->line, fault);
    if (!code && (memchr(probe.ptr, '\n', probe.len) || memchr(probe.ptr, '\r', probe.len)))
        code = gw_format_fail(fault, placeholders->file, segment->line,
                              "a placeholder puts a line end into the probe above this statement");
    if (code)
        return code;
    struct gw_str text = gw_trim(probe.ptr, probe.len); /* a value may begin or end in blanks */
    if (!text.len)
        return gw_format_fail(
            fault, placeholders->file, segment->line,
            "the probe above this statement is empty once its placeholders are filled in");
    segment->probe = gw_str_copy(arena, text);
    return segment->probe ? GW_DONE : gw_fail_memory(fault);
}

static int replace_vars(struct gw_script *out, const struct gw_native *native,
                        const struct gw_settings *vars, struct gw_fault *fault)
{
    struct gw_placeholders placeholders = {
        .vars = vars, .file = out->file, .prefix = { "${", 2 }, .suffix = { "}", 1 }
    };
    if (!native->vars.ptr)
        return GW_DONE;
    int code = list_vars(&placeholders, native, &out->arena, fault);
    for (size_t i = 0; i < out->segments.len && !code; i++) {
        struct gw_segment *segment = &out->segments.at[i];
        struct gw_str sql = { segment->sql, segment->len };
        code = gw_placeholders_replace(&placeholders, &out->arena, &sql, segment->line, fault);
        segment->sql = sql.ptr;
        segment->len = sql.len;
        if (!code && segment->probe)
            code = replace_in_probe(&placeholders, &out->arena, segment, fault);
    }
    return code;
}

static int parse_native(struct gw_script *out, const struct gw_revision *revision,
                        enum gw_direction direction, const char *text, size_t len,
                        const struct gw_vars *vars, const char *dialect, struct gw_fault *fault)
{
    struct gw_native native;
    (void)revision;

    int code = gw_native_survey(&native, out->file, text, len, fault);
    if (code)
        return code;
    const struct gw_section *section = gw_native_choose(&native, direction, dialect);
    const struct gw_section *down = gw_native_choose(&native, GW_DOWN, dialect);
    struct gw_str reason =
        down && down->irreversible.ptr ? down->irreversible : native.irreversible;
    if (reason.ptr) {
        out->irreversible = gw_directive_string(&out->arena, reason);
        if (!out->irreversible)
            return gw_fail_memory(fault);
    }
    if (!section)
        return direction == GW_UP ? no_section(&native, out->file, dialect, fault) : GW_DONE;
    code = gw_native_build(out, section, fault);
    return code ? code : replace_vars(out, &native, &vars->values, fault);
}

/* A title is one line of a comment, and must read back as the title. */
static int check_title(const char *title, struct gw_fault *fault)
{
    struct gw_line line = { .at = title, .len = strlen(title) };
    struct gw_str bare = gw_trim(line.at, line.len);
    for (size_t i = 0; i < line.len; i++)
        if ((unsigned char)title[i] < 0x20 || title[i] == 0x7F)
            return gw_fail(fault, GW_USAGE,
                           "the message has more than one line, or control characters");
    if (!bare.len || *bare.ptr == '-')
        return gw_fail(fault, GW_USAGE, "the message is empty or begins with '-'");
    if (gw_header_is_key(bare) || strncasecmp(bare.ptr, "godwit:", 7) == 0)
        return gw_fail(fault, GW_USAGE, "the message begins like a line of the file's header");
    if (gw_text_valid(title, line.len) != line.len)
        return gw_fail(fault, GW_USAGE, "the message is not valid UTF-8");
    return GW_DONE;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void add_key(struct gw_buf *text, const char *key, const char *value)
{
    if (*value)
        gw_buf_printf(text, "-- %-14s %s\n", key, value);
    else
        gw_buf_printf(text, "-- %s\n", key);
}

static int create_native(struct gw_arena *arena, const struct gw_history *history,
                         const struct gw_create_options *options, const char *names[3],
                         const char *texts[3], struct gw_fault *fault)
{
    char drawn[ID_DIGITS + 1], slug[SLUG_MOST + 1], stamp[GW_TIME_TEXT], time[GW_TIME_TEXT];
    (void)history;

    int code = check_title(options->title, fault);
    if (code)
        return code;
    gw_random_hex(drawn, ID_DIGITS);
    const char *id = options->id ? options->id : drawn;
    if (!gw_id_valid((struct gw_str){ id, strlen(id) }))
        return gw_fail(fault, GW_USAGE, "'%.80s' is no revision id", id);
    gw_text_slug(slug, SLUG_MOST, options->title);
    gw_time_stamp(stamp, options->now_ns);
    gw_time_text(time, options->now_ns);

    struct gw_buf text = GW_BUF_TEXT;
    gw_buf_printf(&text, "-- %s\n--\n", options->title);
    add_key(&text, "revision:", id);
    add_key(&text, "revises:", or_empty(options->revises));
    add_key(&text, "created:", time);
    add_key(&text, "branch:", or_empty(options->label));
    add_key(&text, "depends_on:", or_empty(options->depends_on));
    gw_buf_text(&text, "\n-- godwit:up\n\n-- godwit:down\n");
    names[0] = gw_arena_printf(arena, "%s_%s_%s.sql", stamp, id, slug);
    texts[0] = text.failed ? NULL : gw_arena_copy(arena, gw_buf_str(&text), text.len);
    names[1] = texts[1] = NULL;
    gw_buf_free(&text);
    return names[0] && texts[0] ? GW_DONE : gw_fail_memory(fault);
}

const struct gw_format gw_format_godwit = {
    .name = "godwit",
    .detect = detect_native,
    .scan = scan_native,
    .parse = parse_native,
    .create = create_native,
};
