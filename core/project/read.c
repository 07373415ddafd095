/* SPDX-License-Identifier: Apache-2.0 */
#include "project/reader.h"

#include <libconfig.h>
#include <stdio.h>
#include <string.h>

static const config_setting_t *member(const config_setting_t *group, const char *name)
{
    return group ? config_setting_get_member(group, name) : NULL;
}

static const config_setting_t *member2(const config_setting_t *layer, const struct gw_key *key)
{
    return member(member(layer, key->group), key->name);
}

/* ---- options, vars, lists ---- */

/* Reads base, with the values of over where it has the key, then what over has besides. */
static int read_free(struct gw_reader *reader, const config_setting_t *base,
                     const config_setting_t *over, const char *prefix, struct gw_settings *out)
{
    int n_base = base ? config_setting_length(base) : 0;
    int n_over = over ? config_setting_length(over) : 0;
    int code = GW_DONE;

    out->n = 0;
    out->at = gw_arena_array(&reader->project->arena, (size_t)n_base + (size_t)n_over + 1,
                             sizeof *out->at);
    if (!out->at)
        return gw_fail_memory(reader->fault);
    for (int i = 0; i < n_base && !code; i++) {
        const config_setting_t *one = config_setting_get_elem(base, (unsigned)i);
        const config_setting_t *better = member(over, config_setting_name(one));
        code = gw_value_free(reader, better ? better : one, prefix, &out->at[out->n++]);
    }
    for (int i = 0; i < n_over && !code; i++) {
        const config_setting_t *one = config_setting_get_elem(over, (unsigned)i);
        if (!member(base, config_setting_name(one)))
            code = gw_value_free(reader, one, prefix, &out->at[out->n++]);
    }
    return code;
}

static int read_element(struct gw_reader *reader, const struct gw_key *key, const char *prefix,
                        const config_setting_t *list, unsigned i, struct gw_str *out)
{
    const config_setting_t *one = config_setting_get_elem(list, i);
    struct gw_expanded value;
    char name[32];

    int code = gw_expand(reader, one, config_setting_get_string(one), &value);
    if (code)
        return code;
    *out = (struct gw_str){ value.text, strlen(value.text) };
    snprintf(name, sizeof name, "%s[%u]", key->name, i);
    const char *shown = gw_expanded_shown(reader, &value);
    return shown ? gw_value_note(reader, prefix, name, shown, list, value.from_env)
                 : gw_fail_memory(reader->fault);
}

static int read_texts(struct gw_reader *reader, const struct gw_key *key, const char *prefix,
                      const config_setting_t *list, struct gw_texts *out)
{
    unsigned n = list ? (unsigned)config_setting_length(list) : 0;
    int code = GW_DONE;

    out->n = n;
    out->at = gw_arena_array(&reader->project->arena, (size_t)n + 1, sizeof *out->at);
    if (!out->at)
        return gw_fail_memory(reader->fault);
    for (unsigned i = 0; i < n && !code; i++)
        code = read_element(reader, key, prefix, list, i, &out->at[i]);
    return code;
}

/* ---- database, migrations, engine ---- */

/* The environment names another backend than what stands outside of it. */
static bool other_backend(const struct gw_reader *reader)
{
    const config_setting_t *over = member(member(reader->chosen, "database"), "backend");
    const config_setting_t *base = member(member(reader->root, "database"), "backend");
    if (!over)
        return false;
    return strcmp(config_setting_get_string(over),
                  base ? config_setting_get_string(base) : gw_keys[0].fallback) != 0;
}

static int read_key(struct gw_reader *reader, const struct gw_key *key,
                    const config_setting_t *base, const config_setting_t *over)
{
    struct gw_project *project = reader->project;
    char prefix[64];

    switch (key->type) {
    case GW_KEY_TEXTS:
        return read_texts(reader, key, key->group, over ? over : base,
                          (struct gw_texts *)((char *)project + key->offset));
    case GW_KEY_OPTIONS:
    case GW_KEY_VARS:
        snprintf(prefix, sizeof prefix, "%s.%s", key->group, key->name);
        return read_free(reader, base, over, prefix,
                         (struct gw_settings *)((char *)project + key->offset));
    default:
        return gw_value_read(reader, key, over ? over : base, key->group, project);
    }
}

/* The default url is a file of the default backend; any other needs one of its own. */
static int check_url(struct gw_reader *reader, const config_setting_t *url)
{
    const char *backend = reader->project->database.backend;
    if (url || strcmp(backend, gw_keys[0].fallback) == 0)
        return GW_DONE;
    gw_fail(reader->fault, GW_USAGE, "%s:%u: database.url is missing: backend '%s' has no default",
            reader->name, reader->project->database.line, backend);
    return gw_hint(reader->fault, "write url = \"${DATABASE_URL}\"; beside it");
}

static int read_groups(struct gw_reader *reader)
{
    const config_setting_t *over = member(reader->chosen, "database");
    const config_setting_t *line = over ? over : member(reader->root, "database");
    bool drop = other_backend(reader);
    int code = GW_DONE;

    reader->project->database.line = line ? config_setting_source_line(line) : 0;
    for (size_t i = 0; i < gw_n_keys && !code; i++) {
        const struct gw_key *key = &gw_keys[i];
        const config_setting_t *better = member2(reader->chosen, key);
        const config_setting_t *base = member2(reader->root, key);
        if (drop && strcmp(key->group, "database") == 0)
            base = NULL;
        if (key->type == GW_KEY_URL)
            code = check_url(reader, better ? better : base);
        if (!code)
            code = read_key(reader, key, base, better);
    }
    return code;
}

/* ---- plugins ---- */

static const char *entry_name(const config_setting_t *entry)
{
    return config_setting_get_string(config_setting_get_member(entry, "name"));
}

/* NULL if list (NULL: empty) has no entry of that name. */
static const config_setting_t *find_entry(const config_setting_t *list, const char *name)
{
    unsigned n = list ? (unsigned)config_setting_length(list) : 0;
    for (unsigned i = 0; i < n; i++) {
        const config_setting_t *one = config_setting_get_elem(list, i);
        if (strcmp(entry_name(one), name) == 0)
            return one;
    }
    return NULL;
}

static int read_entry(struct gw_reader *reader, const config_setting_t *base,
                      const config_setting_t *over, struct gw_plugin_entry *out)
{
    const config_setting_t *first = base ? base : over;
    const char *prefix = gw_arena_printf(&reader->project->arena, "plugins.%s", entry_name(first));
    const char *below = gw_arena_printf(&reader->project->arena, "%s.options", prefix);
    int code = GW_DONE;

    if (!prefix || !below)
        return gw_fail_memory(reader->fault);
    out->line = config_setting_source_line(over ? over : base);
    for (size_t i = 0; i < gw_n_plugin_keys && !code; i++) {
        const struct gw_key *key = &gw_plugin_keys[i];
        const config_setting_t *better = member(over, key->name), *plain = member(base, key->name);
        if (key->type == GW_KEY_OPTIONS)
            code = read_free(reader, plain, better, below, &out->options);
        else if (key->type == GW_KEY_TEXTS)
            code = read_texts(reader, key, prefix, better ? better : plain, &out->secrets);
        else if (better || plain)
            code = gw_value_read(reader, key, better ? better : plain, prefix, out);
    }
    return code;
}

/* The entries of the file in their order, each with what the environment says of the same name, then the
 * environment's own. */
static int read_plugins(struct gw_reader *reader)
{
    struct gw_project *project = reader->project;
    const config_setting_t *base = member(reader->root, "plugins");
    const config_setting_t *over = member(reader->chosen, "plugins");
    unsigned n_base = base ? (unsigned)config_setting_length(base) : 0;
    unsigned n_over = over ? (unsigned)config_setting_length(over) : 0;
    int code = GW_DONE;

    project->plugins =
        gw_arena_array(&project->arena, (size_t)n_base + n_over + 1, sizeof *project->plugins);
    if (!project->plugins)
        return gw_fail_memory(reader->fault);
    for (unsigned i = 0; i < n_base && !code; i++) {
        const config_setting_t *one = config_setting_get_elem(base, i);
        code = read_entry(reader, one, find_entry(over, entry_name(one)),
                          &project->plugins[project->n_plugins++]);
    }
    for (unsigned i = 0; i < n_over && !code; i++) {
        const config_setting_t *one = config_setting_get_elem(over, i);
        if (!find_entry(base, entry_name(one)))
            code = read_entry(reader, NULL, one, &project->plugins[project->n_plugins++]);
    }
    return code;
}

int gw_config_read(struct gw_reader *reader)
{
    int code = read_groups(reader);
    return code ? code : read_plugins(reader);
}
