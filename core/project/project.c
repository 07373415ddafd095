/* SPDX-License-Identifier: Apache-2.0 */
#include "project/reader.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_NAME "plugins.conf"
enum {
    CONFIG_MOST = 1 << 20,
    EXPANDED_MOST = 4 << 20,
    FOLDERS_MOST = 256
};

/* ---- parsing ---- */

static const char *find_editor(struct gw_arena *arena, const char **source)
{
    static const char *const names[] = { "GODWIT_EDITOR", "VISUAL", "EDITOR" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value && value[0]) {
            *source = names[i];
            return gw_arena_string(arena, value);
        }
    }
    *source = "default";
    return "vi";
}

static int read_editor(struct gw_reader *reader)
{
    struct gw_project_value value = { .key = "editor" };
    reader->project->editor = find_editor(&reader->project->arena, &value.source);
    value.shown = reader->project->editor;
    if (!value.shown || !gw_vec_push(&reader->values, value))
        return gw_fail_memory(reader->fault);
    return GW_DONE;
}

static int keep_values(struct gw_reader *reader)
{
    struct gw_project *project = reader->project;
    project->n_values = reader->values.len;
    project->values = gw_arena_array(&project->arena, project->n_values, sizeof *project->values);
    if (!project->values)
        return gw_fail_memory(reader->fault);
    memcpy(project->values, reader->values.at, project->n_values * sizeof *project->values);
    return GW_DONE;
}

/* text ends with a newline and a NUL. */
static int parse_config(struct gw_reader *reader, const char *text, const char *environment)
{
    config_t config;
    int code;

    config_init(&config);
    if (config_read_string(&config, text) != CONFIG_TRUE) {
        code = gw_fail(reader->fault, GW_USAGE, "%s:%d: %s", reader->name,
                       config_error_line(&config), config_error_text(&config));
        gw_hint(reader->fault,
                "the mistake is there or on the line before: look for a missing ';', "
                "quote or bracket");
    } else {
        reader->root = config_root_setting(&config);
        code = gw_config_check(reader, environment);
        if (!code)
            code = gw_config_read(reader);
        if (!code)
            code = read_editor(reader);
        if (!code)
            code = keep_values(reader);
    }
    config_destroy(&config);
    return code;
}

/* The text with a newline behind it: libconfig does not take a comment without one for a comment. A byte
 * order mark, which it does not know either, goes. */
static int copy_text(struct gw_buf *out, const char *text, size_t len, const char *name,
                     struct gw_fault *fault)
{
    static const char mark[] = "\xEF\xBB\xBF";
    size_t skip = len >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;

    if (len > CONFIG_MOST)
        return gw_fail(fault, GW_USAGE, "%s has %zu bytes; at most %d are read", name, len,
                       CONFIG_MOST);
    gw_buf_add(out, text + skip, len - skip);
    gw_buf_char(out, '\n');
    return out->failed ? gw_fail_memory(fault) : GW_DONE;
}

int gw_project_parse(struct gw_project *out, const char *text, size_t len, const char *name,
                     const char *environment, struct gw_fault *fault)
{
    struct gw_reader reader = { .project = out, .budget = EXPANDED_MOST, .fault = fault };
    struct gw_buf copy = GW_BUF(CONFIG_MOST + 1);

    *out = (struct gw_project){ 0 };
    reader.name = out->file = gw_arena_string(&out->arena, name);
    out->folder = gw_file_folder(&out->arena, name);
    out->environment = environment ? gw_arena_string(&out->arena, environment) : NULL;
    int code = GW_DONE;
    if (!out->file || !out->folder || (environment && !out->environment))
        code = gw_fail_memory(fault);
    if (!code)
        code = copy_text(&copy, text, len, name, fault);
    if (!code)
        code = gw_config_scan(gw_buf_str(&copy), copy.len, name, fault);
    if (!code)
        code = parse_config(&reader, gw_buf_str(&copy), out->environment);
    gw_buf_free(&copy);
    gw_vec_free(&reader.values);
    return code;
}

void gw_project_free(struct gw_project *project)
{
    gw_arena_free(&project->arena);
    *project = (struct gw_project){ 0 };
}

/* ---- finding the file ---- */

/* A file that somebody else left further up must not steer our runs (/tmp/plugins.conf and the like); in
 * the working directory it was asked for. */
static int check_owner(const char *path, const struct stat *st, struct gw_fault *fault)
{
    if (st->st_uid == 0 || st->st_uid == geteuid())
        return GW_DONE;
    gw_fail(fault, GW_USAGE, "'%s' belongs to another user (uid %ld)", path, (long)st->st_uid);
    return gw_hint(fault, "if you trust it, name it: --config %s", path);
}

/* Looks for the file from the working directory upwards, by "../": no need to know its name. out gets ""
 * if there is none. */
static int find_upwards(char *out, size_t room, struct gw_fault *fault)
{
    char folder[3 * FOLDERS_MOST + 1] = ".";
    struct stat here, above, st;

    for (size_t level = 0; level < FOLDERS_MOST; level++) {
        const char *up = level ? folder + 2 : ""; /* without "./" */
        snprintf(out, room, "%s%s%s", up, level ? "/" : "", CONFIG_NAME);
        if (stat(out, &st) == 0)
            return level ? check_owner(out, &st, fault) : GW_DONE;
        if (errno != ENOENT && errno != ENOTDIR)
            return gw_fail_errno(fault, GW_USAGE, errno, "cannot look at '%s'", out);
        if (stat(folder, &here) != 0)
            break;
        size_t len = strlen(folder);
        memcpy(folder + len, "/..", sizeof "/..");
        if (stat(folder, &above) != 0 ||
            (here.st_dev == above.st_dev && here.st_ino == above.st_ino))
            break;
    }
    out[0] = '\0';
    return GW_DONE;
}

static int load_file(struct gw_project *out, const char *path, const char *environment,
                     struct gw_fault *fault)
{
    struct gw_buf text = GW_BUF(CONFIG_MOST);
    int code = gw_file_read(&text, AT_FDCWD, path, path, fault);
    if (!code)
        code = gw_project_parse(out, gw_buf_str(&text), text.len, path, environment, fault);
    gw_buf_free(&text);
    return code;
}

static const char *or_environment(const char *given, const char *name)
{
    const char *value = given ? NULL : getenv(name);
    return value && value[0] ? value : given;
}

int gw_project_load(struct gw_project *out, const struct gw_project_where *where,
                    struct gw_fault *fault)
{
    char found[3 * FOLDERS_MOST + sizeof CONFIG_NAME];
    const char *path = or_environment(where->config, "GODWIT_CONFIG");
    const char *environment = or_environment(where->environment, "GODWIT_ENVIRONMENT");

    *out = (struct gw_project){ 0 };
    if (!path) {
        int code = find_upwards(found, sizeof found, fault);
        if (code)
            return code;
        path = found;
    }
    if (path != found || found[0]) {
        int code = load_file(out, path, environment, fault);
        out->named = path != found;
        return code;
    }
    int code = gw_project_parse(out, "", 0, CONFIG_NAME, environment, fault);
    out->file = NULL;
    if (code)
        gw_hint(fault, "there is no %s here or in a folder above; `godwit init` writes one",
                CONFIG_NAME);
    return code;
}
