/* SPDX-License-Identifier: Apache-2.0 */
/* A migrations folder on disk for one test, and the history read from it. */
#ifndef TEST_FOLDER_H
#define TEST_FOLDER_H

#include "base/file.h"
#include "migration/formats/format.h"
#include "migration/history.h"
#include "migration/script.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    FOLDER_VARS = 8
};
struct folder {
    char path[64];
    struct gw_project project;
    struct gw_setting vars[FOLDER_VARS];
    struct gw_history history;
    struct gw_fault fault;
    bool loaded;
};

static inline void folder_open(struct folder *folder)
{
    *folder = (struct folder){ .path = "/tmp/godwit-test-XXXXXX" };
    assert_non_null(mkdtemp(folder->path));
    folder->project.migrations.directory = folder->path;
    folder->project.migrations.vars.at = folder->vars;
}

static inline int folder_remove_entry(const char *path, const struct stat *st, int type,
                                      struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static inline void folder_unload(struct folder *folder)
{
    if (folder->loaded)
        gw_history_free(&folder->history);
    folder->loaded = false;
    folder->fault = (struct gw_fault){ 0 };
}

static inline void folder_close(struct folder *folder)
{
    folder_unload(folder);
    assert_int_equal(nftw(folder->path, folder_remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void folder_write_bytes(struct folder *folder, const char *name, const void *bytes,
                                      size_t len)
{
    struct gw_fault fault = { 0 };
    char path[512];
    const char *slash = strrchr(name, '/');
    if (slash) {
        snprintf(path, sizeof path, "%s/%.*s", folder->path, (int)(slash - name), name);
        assert_int_equal(gw_file_make_folder(path, &fault), 0);
    }
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static inline void folder_write(struct folder *folder, const char *name, const char *text)
{
    folder_write_bytes(folder, name, text, strlen(text));
}

static inline void folder_var(struct folder *folder, const char *key, const char *value)
{
    size_t n = folder->project.migrations.vars.n++;
    assert_true(n < FOLDER_VARS);
    folder->vars[n] =
        (struct gw_setting){ .key = key,
                             .value = { .kind = GW_TEXT, .v.s = { value, strlen(value) } } };
}

static inline int folder_load(struct folder *folder, const char *format, const char *dialect)
{
    folder_unload(folder);
    folder->project.migrations.format = format;
    folder->loaded = true;
    return gw_history_load(&folder->history, &folder->project, dialect, &folder->fault);
}

static inline void folder_must_load(struct folder *folder, const char *format, const char *dialect)
{
    if (folder_load(folder, format, dialect))
        fail_msg("%s (%s)", folder->fault.message, folder->fault.hint);
}

static inline void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' does not hold '%s'", text, part);
}

/* The index of the revision with this id. */
static inline uint32_t folder_find(const struct folder *folder, const char *id)
{
    uint32_t found = gw_map_get(&folder->history.ids, id, strlen(id));
    if (found == GW_MAP_NONE)
        fail_msg("no revision '%s'", id);
    return found;
}

static inline void folder_read(struct folder *folder, struct gw_script *out, const char *id,
                               enum gw_direction direction, const char *dialect)
{
    struct gw_fault fault = { 0 };
    if (gw_script_read(out, &folder->history, folder_find(folder, id), direction, dialect, &fault))
        fail_msg("%s (%s)", fault.message, fault.hint);
}

/* All segments of a script as one text, "|" between two. */
static inline const char *script_sql(const struct gw_script *script)
{
    static char text[4096];
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < script->segments.len; i++) {
        const struct gw_segment *segment = &script->segments.at[i];
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s", i ? "|" : "",
                                (int)segment->len, segment->sql);
        assert_true(len < sizeof text);
    }
    return text;
}

#endif
