/* SPDX-License-Identifier: Apache-2.0 */
/* Real histories of other projects, read in place: every file is placed, every script parses, and the
 * numbers are those that were counted by hand. Skipped where the corpora are not. */
#include "base/file.h"
#include "migration/formats/format.h"
#include "migration/script.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    PATH_ROOM = 8192
};

struct counted { /* by META */
    char format[32];
    unsigned long ups, empty_ups, downs, full_downs;
};

/* Where META counts versions and we count migrations. */
static const struct {
    const char *name;
    unsigned ups, full_ups, downs, full_downs;
    const char *why;
} known[] = {
    { "concourse-pg", 1, 1, 1, 1, "version 1626194317 is there twice" },
};

static char *corpora(void)
{
    static char path[4096];
    const char *given = getenv("GODWIT_CORPORA");
    snprintf(path, sizeof path, "%s/histories/open",
             given ? given : TEST_SOURCE_DIR "/../shared/corpora");
    return gw_file_exists(path) ? path : NULL;
}

static unsigned long number_after(const char *text, const char *mark)
{
    const char *found = text ? strstr(text, mark) : NULL;
    return found ? strtoul(found + strlen(mark), NULL, 10) : 0;
}

/* False if the history has a runner of its own. */
static bool read_meta(struct counted *out, const char *folder)
{
    static const char *const names[][2] = {
        { "goose:", "goose" },   { "dbmate:", "dbmate" },
        { "diesel:", "diesel" }, { "golang-migrate:", "golang-migrate" },
        { "flyway:", "flyway" }, { "sqlx:", "sqlx" }
    };
    struct gw_buf meta = GW_BUF_TEXT;
    struct gw_fault fault = { 0 };
    char path[PATH_ROOM];
    *out = (struct counted){ 0 };
    snprintf(path, sizeof path, "%s/META", folder);
    assert_int_equal(gw_file_read(&meta, AT_FDCWD, path, path, &fault), 0);
    const char *format = strstr(meta.data, "\nformat:");
    assert_non_null(format);
    format += strcspn(format + 8, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") + 8;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncasecmp(format, names[i][0], strlen(names[i][0])) == 0)
            snprintf(out->format, sizeof out->format, "%s", names[i][1]);
    const char *ups = strstr(meta.data, "\nups:"), *downs = strstr(meta.data, "\ndowns:");
    out->ups = number_after(ups, "ups:");
    out->empty_ups = number_after(ups, "empty/comment-only:");
    out->downs = number_after(downs, "downs:");
    out->full_downs = number_after(downs, "with content:");
    gw_buf_free(&meta);
    return out->format[0];
}

static size_t read_vars(struct gw_setting vars[16], const char *folder, struct gw_arena *arena)
{
    struct gw_buf text = GW_BUF_TEXT;
    struct gw_fault fault = { 0 };
    char path[PATH_ROOM];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/PLACEHOLDERS", folder);
    if (!gw_file_exists(path))
        return 0;
    assert_int_equal(gw_file_read(&text, AT_FDCWD, path, path, &fault), 0);
    char *rest = NULL;
    for (char *line = strtok_r(text.data, "\n", &rest); line && n < 16;
         line = strtok_r(NULL, "\n", &rest)) {
        char *equals = strchr(line, '=');
        assert_non_null(equals);
        *equals = '\0';
        const char *value = gw_arena_string(arena, equals + 1);
        vars[n++] = (struct gw_setting){
            .key = gw_arena_string(arena, line),
            .value = { .kind = GW_TEXT, .v.s = { value, strlen(value) } },
        };
    }
    gw_buf_free(&text);
    return n;
}

/* What is kept in the database reads back as the same script. */
static void check_stored(const struct gw_script *script)
{
    struct gw_buf text = GW_BUF((size_t)64 << 20);
    struct gw_script again;
    struct gw_fault fault = { 0 };
    gw_script_text(&text, script);
    int code = gw_script_parse_stored(&again, gw_buf_str(&text), text.len, "stored", &fault);
    if (code)
        fail_msg("%s: %s", script->file, fault.message);
    assert_int_equal(again.exists, script->exists);
    assert_int_equal(again.transaction, script->transaction || !script->exists);
    assert_int_equal(again.segments.len, script->segments.len);
    for (size_t i = 0; i < again.segments.len; i++) {
        const struct gw_segment *a = &again.segments.at[i], *b = &script->segments.at[i];
        assert_int_equal(a->len, b->len);
        assert_memory_equal(a->sql, b->sql, a->len);
        assert_int_equal(a->line, b->line);
    }
    gw_script_free(&again);
    gw_buf_free(&text);
}

static bool has_sql(const struct gw_history *history, uint32_t i, enum gw_direction direction)
{
    struct gw_script script;
    struct gw_fault fault = { 0 };
    if (gw_script_read(&script, history, i, direction, "any", &fault))
        fail_msg("%s", fault.message);
    assert_memory_equal(&script.sha256, &history->at[i].sha256, sizeof script.sha256);
    bool full = script.segments.len != 0;
    assert_int_equal(script.exists, direction == GW_UP || history->at[i].flags & GW_REV_HAS_DOWN);
    check_stored(&script);
    gw_script_free(&script);
    return full;
}

static void check_history(const char *folder, const char *name, const struct counted *counted)
{
    struct gw_project project = { 0 };
    struct gw_setting vars[16];
    struct gw_history history;
    struct gw_fault fault = { 0 };
    char path[PATH_ROOM];
    unsigned long ups = 0, full_ups = 0, downs = 0, full_downs = 0;

    snprintf(path, sizeof path, "%s/migrations", folder);
    project.migrations.directory = path;
    project.migrations.vars.at = vars;
    project.migrations.vars.n = read_vars(vars, folder, &project.arena);
    if (gw_history_load(&history, &project, "any", &fault))
        fail_msg("%s: %s (%s)", name, fault.message, fault.hint);
    assert_string_equal(history.format->name, counted->format);
    for (uint32_t i = 0; i < history.n; i++) {
        const struct gw_revision *revision = &history.at[i];
        bool up = has_sql(&history, i, GW_UP), down = has_sql(&history, i, GW_DOWN);
        bool callback = revision->kind == GW_KIND_BEFORE || revision->kind == GW_KIND_AFTER;
        if (callback || revision->flags & GW_REV_BASELINE)
            continue;
        bool lone = revision->file_down && strcmp(revision->file, revision->file_down) == 0;
        ups += !lone;
        full_ups += up;
        downs += !lone && revision->flags & GW_REV_HAS_DOWN;
        full_downs += !lone && down;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].name, name) != 0)
            continue;
        ups -= known[i].ups;
        full_ups -= known[i].full_ups;
        downs -= known[i].downs;
        full_downs -= known[i].full_downs;
    }
    printf("%-24s %-15s %5u revisions, %4lu downs\n", name, counted->format, history.n, downs);
    assert_int_equal(ups, counted->ups);
    assert_int_equal(full_ups, counted->ups - counted->empty_ups);
    assert_int_equal(downs, counted->downs);
    assert_int_equal(full_downs, counted->full_downs);
    gw_history_free(&history);
    gw_arena_free(&project.arena);
}

static void loads_every_history(void **state)
{
    (void)state;
    const char *path = corpora();
    if (!path) {
        print_message("histories: skipped, no corpora (GODWIT_CORPORA)\n");
        skip();
    }
    struct dirent **names;
    int n = scandir(path, &names, NULL, alphasort);
    unsigned checked = 0;
    for (int i = 0; i < n; i++) {
        char folder[PATH_ROOM - 32];
        struct counted counted;
        snprintf(folder, sizeof folder, "%s/%s", path, names[i]->d_name);
        if (names[i]->d_name[0] != '.' && read_meta(&counted, folder)) {
            check_history(folder, names[i]->d_name, &counted);
            checked++;
        }
        free(names[i]);
    }
    free(names);
    assert_true(checked >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(loads_every_history) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
