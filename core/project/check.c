/* SPDX-License-Identifier: Apache-2.0 */
#include "project/reader.h"

#include "base/map.h"
#include "base/text.h"

#include <libconfig.h>
#include <string.h>

enum {
    NAMES_MOST = 64
};

static const char *type_shown(const config_setting_t *at)
{
    switch (config_setting_type(at)) {
    case CONFIG_TYPE_GROUP:
        return "a group { }";
    case CONFIG_TYPE_LIST:
        return "a list ( )";
    case CONFIG_TYPE_ARRAY:
        return "an array [ ]";
    case CONFIG_TYPE_STRING:
        return "text";
    case CONFIG_TYPE_BOOL:
        return "true or false";
    default:
        return "a number";
    }
}

static bool is_sequence(const config_setting_t *at)
{
    return config_setting_is_list(at) || config_setting_is_array(at);
}

/* ---- texts ---- */

static int check_text(struct gw_reader *reader, const config_setting_t *at,
                      const struct gw_key *key)
{
    if (config_setting_type(at) != CONFIG_TYPE_STRING) {
        gw_reader_fail(reader, at, "must be text, not %s", type_shown(at));
        return gw_hint(reader->fault, "put it in quotes");
    }
    const char *text = config_setting_get_string(at);
    size_t len = strlen(text);
    if (gw_text_valid(text, len) < len)
        return gw_reader_fail(reader, at, "is not valid UTF-8");
    const bool literal = key && key->type == GW_KEY_FORM;
    int code = literal ? GW_DONE : gw_expand(reader, at, text, NULL);
    if (!code && key && (literal || !strstr(text, "${")))
        code = gw_key_accept(reader, at, key, text, false);
    return code;
}

static int check_bool(struct gw_reader *reader, const config_setting_t *at)
{
    if (config_setting_type(at) == CONFIG_TYPE_BOOL)
        return GW_DONE;
    gw_reader_fail(reader, at, "must be true or false, not %s", type_shown(at));
    return gw_hint(reader->fault, "write it without quotes");
}

static int check_texts(struct gw_reader *reader, const config_setting_t *at)
{
    if (!is_sequence(at)) {
        gw_reader_fail(reader, at, "must be an array of texts, not %s", type_shown(at));
        return gw_hint(reader->fault, "write [ \"...\", \"...\" ]");
    }
    int n = config_setting_length(at), code = GW_DONE;
    for (int i = 0; i < n && !code; i++)
        code = check_text(reader, config_setting_get_elem(at, (unsigned)i), NULL);
    return code;
}

static int check_free(struct gw_reader *reader, const config_setting_t *at,
                      const struct gw_key *key)
{
    if (!config_setting_is_group(at))
        return gw_reader_fail(reader, at, "must be a group { }, not %s", type_shown(at));
    int n = config_setting_length(at), code = GW_DONE;
    for (int i = 0; i < n && !code; i++) {
        const config_setting_t *one = config_setting_get_elem(at, (unsigned)i);
        if (config_setting_is_aggregate(one))
            code = gw_reader_fail(reader, one, "must be one value, not %s", type_shown(one));
        else if (key->type == GW_KEY_VARS || config_setting_type(one) == CONFIG_TYPE_STRING)
            code = check_text(reader, one, NULL);
    }
    return code;
}

/* ---- groups of known keys ---- */

static int unknown_key(struct gw_reader *reader, const config_setting_t *at,
                       const char *const *names, size_t n)
{
    const char *name = config_setting_name(at);
    const char *nearest = gw_text_nearest(name, names, n);
    const config_setting_t *parent = config_setting_parent(at);
    bool top = config_setting_is_root(parent);
    const char *where = top ? NULL : config_setting_name(parent);

    int code = gw_fail(reader->fault, GW_USAGE, "%s:%u: unknown key '%.60s'%s%.60s%s%s%s%s",
                       reader->name, config_setting_source_line(at), name, where ? " in '" : "",
                       where ? where : "", where ? "'" : "", nearest ? "; did you mean '" : "",
                       nearest ? nearest : "", nearest ? "'?" : "");
    if (nearest)
        return code;
    struct gw_buf known = GW_BUF_TEXT;
    for (size_t i = 0; i < n; i++)
        gw_buf_printf(&known, "%s%s", i ? ", " : "", names[i]);
    gw_hint(reader->fault, "known here: %s", gw_buf_str(&known));
    gw_buf_free(&known);
    return code;
}

static int check_key(struct gw_reader *reader, const config_setting_t *at, const struct gw_key *key)
{
    switch (key->type) {
    case GW_KEY_BOOL:
        return check_bool(reader, at);
    case GW_KEY_TEXTS:
        return check_texts(reader, at);
    case GW_KEY_OPTIONS:
    case GW_KEY_VARS:
        return check_free(reader, at, key);
    default:
        return check_text(reader, at, key);
    }
}

/* A group whose keys are those of keys[0, n) that belong to group. */
static int check_group(struct gw_reader *reader, const config_setting_t *at, const char *group,
                       const struct gw_key *keys, size_t n)
{
    const char *names[NAMES_MOST];
    const struct gw_key *known[NAMES_MOST];
    size_t n_names = 0;

    if (!config_setting_is_group(at))
        return gw_reader_fail(reader, at, "must be a group { }, not %s", type_shown(at));
    for (size_t i = 0; i < n && n_names < NAMES_MOST; i++) {
        if (strcmp(keys[i].group, group) != 0)
            continue;
        known[n_names] = &keys[i];
        names[n_names++] = keys[i].name;
    }
    int length = config_setting_length(at);
    for (int i = 0; i < length; i++) {
        const config_setting_t *one = config_setting_get_elem(at, (unsigned)i);
        size_t found = 0;
        while (found < n_names && strcmp(names[found], config_setting_name(one)) != 0)
            found++;
        int code = found < n_names ? check_key(reader, one, known[found])
                                   : unknown_key(reader, one, names, n_names);
        if (code)
            return code;
    }
    return GW_DONE;
}

/* ---- plugins ---- */

static int check_entry(struct gw_reader *reader, const config_setting_t *at, unsigned number,
                       struct gw_map *names, const config_setting_t *list)
{
    int code = check_group(reader, at, "plugins", gw_plugin_keys, gw_n_plugin_keys);
    if (code)
        return code;
    const config_setting_t *name = config_setting_get_member(at, "name");
    if (!name)
        return gw_reader_fail(reader, at, "has no name");
    /* The name is what an environment overrides an entry by, so it stands in the file itself. */
    const char *text = config_setting_get_string(name);
    if (strstr(text, "${"))
        return gw_reader_fail(reader, name, "must be written out, without '${'");
    uint32_t first;
    if (!gw_map_add(names, text, number, &first))
        return gw_fail_memory(reader->fault);
    if (first != number)
        return gw_reader_fail(
            reader, name, "plugin '%s' has an entry already, in line %u", text,
            config_setting_source_line(config_setting_get_elem(list, (unsigned)first)));
    return GW_DONE;
}

static int check_plugins(struct gw_reader *reader, const config_setting_t *at)
{
    if (!is_sequence(at)) {
        gw_reader_fail(reader, at, "must be a list ( ), not %s", type_shown(at));
        return gw_hint(reader->fault, "write plugins = ( { name = \"...\"; } );");
    }
    struct gw_map names = { 0 };
    int n = config_setting_length(at), code = GW_DONE;
    for (int i = 0; i < n && !code; i++)
        code =
            check_entry(reader, config_setting_get_elem(at, (unsigned)i), (unsigned)i, &names, at);
    gw_map_free(&names);
    return code;
}

/* ---- the whole file ---- */

static const char *const top_names[] = { "database", "migrations",    "engine",
                                         "plugins",  "plugin_policy", "environments" };
enum {
    N_TOP = sizeof top_names / sizeof top_names[0]
};

/* The root, or (n_names = N_TOP - 1) one environment; environments do not nest. */
static int check_layer(struct gw_reader *reader, const config_setting_t *at, size_t n_names)
{
    int n = config_setting_length(at), code = GW_DONE;
    for (int i = 0; i < n && !code; i++) {
        const config_setting_t *one = config_setting_get_elem(at, (unsigned)i);
        const char *name = config_setting_name(one);
        size_t found = 0;
        while (found < n_names && strcmp(top_names[found], name) != 0)
            found++;
        if (found == n_names)
            code = unknown_key(reader, one, top_names, n_names);
        else if (strcmp(name, "plugins") == 0)
            code = check_plugins(reader, one);
        else if (strcmp(name, "environments") != 0)
            code = check_group(reader, one, name, gw_keys, gw_n_keys);
    }
    return code;
}

static int unknown_environment(struct gw_reader *reader, const config_setting_t *all,
                               const char *wanted)
{
    int n = all ? config_setting_length(all) : 0;
    struct gw_buf names = GW_BUF_TEXT;

    gw_fail(reader->fault, GW_USAGE, "%s: unknown environment '%.100s'", reader->name, wanted);
    for (int i = 0; i < n; i++)
        gw_buf_printf(&names, "%s%s", i ? ", " : "",
                      config_setting_name(config_setting_get_elem(all, (unsigned)i)));
    if (n)
        gw_hint(reader->fault, "there are: %s", gw_buf_str(&names));
    else
        gw_hint(reader->fault, "none is configured: write environments = { NAME = { ... }; };");
    gw_buf_free(&names);
    return reader->fault->code;
}

static int check_environments(struct gw_reader *reader, const config_setting_t *all)
{
    if (!config_setting_is_group(all))
        return gw_reader_fail(reader, all, "must be a group { }, not %s", type_shown(all));
    int n = config_setting_length(all), code = GW_DONE;
    for (int i = 0; i < n && !code; i++) {
        const config_setting_t *one = config_setting_get_elem(all, (unsigned)i);
        if (!config_setting_is_group(one))
            return gw_reader_fail(reader, one, "must be a group { }, not %s", type_shown(one));
        code = check_layer(reader, one, N_TOP - 1);
    }
    return code;
}

int gw_config_check(struct gw_reader *reader, const char *environment)
{
    const config_setting_t *all = config_setting_get_member(reader->root, "environments");
    int code = check_layer(reader, reader->root, N_TOP);
    if (!code && all)
        code = check_environments(reader, all);
    if (code || !environment)
        return code;
    reader->chosen = all ? config_setting_get_member(all, environment) : NULL;
    return reader->chosen ? GW_DONE : unknown_environment(reader, all, environment);
}
