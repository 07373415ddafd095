/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/options.h"

#include "base/map.h"
#include "base/text.h"
#include "plugin/loader.h"

#include <stdlib.h>
#include <string.h>

enum {
    OPTIONS_MOST = 512,
    OPTION_BYTES_MOST = 4096,
    OPTION_TEXT_MOST = 4096
};

void gw_option_at(const struct gw_plugin *plugin, uint32_t i, struct gw_option *out)
{
    const size_t stride = plugin->option_size;
    const char *theirs = (const char *)plugin->options + stride * i;
    memset(out, 0, sizeof *out);
    memcpy(out, theirs, stride < sizeof *out ? stride : sizeof *out);
}

/* ---- the table of a plugin that was just loaded ---- */

static bool key_valid(const char *key)
{
    enum {
        KEY_MOST = 64
    };
    if (!key || key[0] < 'a' || key[0] > 'z')
        return false;
    size_t len = strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return !key[len] && len <= KEY_MOST;
}

static bool text_fits(const char *text)
{
    size_t len = text ? strnlen(text, OPTION_TEXT_MOST) : 0;
    return len < OPTION_TEXT_MOST && (!text || gw_text_valid(text, len) == len);
}

static int coerce_fallback(const struct gw_option *option, struct gw_cell *out,
                           struct gw_fault *fault)
{
    const struct gw_given given = {
        .value = { .kind = GW_TEXT, .v.s = { option->fallback, strlen(option->fallback) } }
    };
    return gw_option_coerce(option, &given, out, GW_PLUGIN_REFUSED, fault);
}

static const char *option_mistake(const struct gw_option *option)
{
    if (!key_valid(option->key))
        return "the key of an option is not of the form [a-z][a-z0-9_]*";
    if (!text_fits(option->fallback) || !text_fits(option->choices) || !text_fits(option->env) ||
        !text_fits(option->doc))
        return "a text of an option is too long or not valid UTF-8";
    if (option->type != GW_BOOL && option->type != GW_INT && option->type != GW_REAL &&
        option->type != GW_TEXT && option->type != GW_TIME)
        return "an option has an unknown type";
    if (option->min > option->max)
        return "an option has a minimum above its maximum";
    return NULL;
}

static int refuse(const struct gw_plugin_loaded *plugin, const struct gw_option *option,
                  const char *reason, struct gw_fault *fault)
{
    const bool named = option && key_valid(option->key);
    gw_fail(fault, GW_PLUGIN_REFUSED, "plugin '%s': %s%s%s%s", plugin->name, reason,
            named ? ": '" : "", named ? option->key : "", named ? "'" : "");
    return gw_hint(fault, "this is a fault in '%s'; tell its author", plugin->facts.path);
}

static int check_option(const struct gw_plugin_loaded *plugin, const struct gw_option *option,
                        struct gw_fault *fault)
{
    const char *mistake = option_mistake(option);
    struct gw_fault fallback = { 0 };
    struct gw_cell cell;

    if (mistake)
        return refuse(plugin, option, mistake, fault);
    if (option->fallback && coerce_fallback(option, &cell, &fallback)) {
        char reason[1100];
        snprintf(reason, sizeof reason, "%.1000s, which is the default of", fallback.message);
        return refuse(plugin, option, reason, fault);
    }
    return GW_DONE;
}

int gw_options_check(const struct gw_plugin_loaded *plugin, struct gw_fault *fault)
{
    const struct gw_plugin *descriptor = &plugin->descriptor;
    /* Revision 1.0 of the table; later ones only append. */
    const uint32_t least = offsetof(struct gw_option, max) + sizeof(int64_t);
    struct gw_map keys = { 0 };
    int code = GW_DONE;

    if (descriptor->n_options == 0)
        return GW_DONE;
    if (!descriptor->options || descriptor->n_options > OPTIONS_MOST ||
        descriptor->option_size < least || descriptor->option_size > OPTION_BYTES_MOST ||
        descriptor->option_size % sizeof(int64_t) != 0)
        return refuse(plugin, NULL, "the size of its table of options is out of range", fault);
    for (uint32_t i = 0; i < descriptor->n_options && !code; i++) {
        struct gw_option option;
        uint32_t first;
        gw_option_at(descriptor, i, &option);
        code = check_option(plugin, &option, fault);
        if (code)
            break;
        if (!gw_map_add(&keys, option.key, i, &first))
            code = gw_fail_memory(fault);
        else if (first != i)
            code = refuse(plugin, &option, "an option is there twice", fault);
    }
    gw_map_free(&keys);
    return code;
}

/* ---- filling in ---- */

struct fill {
    struct gw_arena *arena;
    const struct gw_plugin_loaded *plugin;
    const struct gw_settings *settings;
    const struct gw_project *project;
    struct gw_fault *fault;
};

static const char *file_of(const struct fill *fill)
{
    return fill->project->file ? fill->project->file : "plugins.conf";
}

/* The line of the group that the options stand in, for what is not there at all. */
static unsigned line_of(const struct fill *fill)
{
    const struct gw_project *project = fill->project;
    for (size_t i = 0; i < project->n_plugins; i++)
        if (&project->plugins[i].options == fill->settings)
            return project->plugins[i].line;
    return &project->database.options == fill->settings ? project->database.line : 0;
}

static const struct gw_setting *setting_of(const struct fill *fill, const char *key)
{
    for (size_t i = 0; i < fill->settings->n; i++)
        if (strcmp(fill->settings->at[i].key, key) == 0)
            return &fill->settings->at[i];
    return NULL;
}

static int unknown_option(const struct fill *fill, const struct gw_setting *setting,
                          const struct gw_map *keys)
{
    const struct gw_plugin *descriptor = &fill->plugin->descriptor;
    const char *names[OPTIONS_MOST];
    struct gw_buf known = GW_BUF_TEXT;

    for (uint32_t i = 0; i < keys->len; i++) {
        struct gw_option option;
        gw_option_at(descriptor, i, &option);
        names[i] = option.key;
        gw_buf_printf(&known, "%s%s", i ? ", " : "", option.key);
    }
    const char *nearest = gw_text_nearest(setting->key, names, keys->len);
    int code =
        gw_fail(fill->fault, GW_USAGE, "%s:%u: unknown option '%.60s' of plugin '%s'%s%s%s",
                file_of(fill), setting->line, setting->key, fill->plugin->name,
                nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    if (!keys->len)
        gw_hint(fill->fault, "this plugin has no options");
    else if (!nearest)
        gw_hint(fill->fault, "it has: %s", gw_buf_str(&known));
    gw_buf_free(&known);
    return code;
}

static int check_settings(const struct fill *fill)
{
    struct gw_map keys = { 0 };
    int code = GW_DONE;

    for (uint32_t i = 0; i < fill->plugin->descriptor.n_options && !code; i++) {
        struct gw_option option;
        uint32_t found;
        gw_option_at(&fill->plugin->descriptor, i, &option);
        if (!gw_map_add(&keys, option.key, i, &found))
            code = gw_fail_memory(fill->fault);
    }
    for (size_t i = 0; i < fill->settings->n && !code; i++) {
        const struct gw_setting *setting = &fill->settings->at[i];
        if (gw_map_get(&keys, setting->key, strlen(setting->key)) == GW_MAP_NONE)
            code = unknown_option(fill, setting, &keys);
    }
    gw_map_free(&keys);
    return code;
}

/* Texts are copied; a path becomes absolute. */
static int keep_text(const struct fill *fill, const struct gw_option *option, struct gw_cell *cell)
{
    const char *text = cell->v.s.ptr;
    const char *kept = option->flags & GW_OPT_PATH && text[0]
                           ? gw_path_absolute(fill->arena, fill->project->folder, text)
                           : gw_arena_copy(fill->arena, text, cell->v.s.len);
    if (!kept)
        return gw_fail_memory(fill->fault);
    cell->v.s = (struct gw_str){ kept, strlen(kept) };
    return GW_DONE;
}

static int from_setting(const struct fill *fill, const struct gw_option *option,
                        const struct gw_setting *setting, struct gw_cell *out)
{
    const struct gw_given given = { setting->value, setting->from_env };

    if (option->flags & GW_OPT_DEPRECATED)
        gw_emit(fill->plugin->events, GW_LEVEL_WARN, "plugin.option_deprecated",
                GW_FIELDS(gw_field_text("plugin", fill->plugin->name),
                          gw_field_text("option", option->key)),
                "%s:%u: option '%s' of plugin '%s' is deprecated: %s", file_of(fill), setting->line,
                option->key, fill->plugin->name, option->doc ? option->doc : "");
    int code = gw_option_coerce(option, &given, out, GW_USAGE, fill->fault);
    if (code)
        gw_fault_prefix(fill->fault, "%s:%u: option '%s' of plugin '%s'", file_of(fill),
                        setting->line, option->key, fill->plugin->name);
    return code;
}

static int from_environment(const struct fill *fill, const struct gw_option *option,
                            const char *value, struct gw_cell *out)
{
    const size_t len = strlen(value);
    const struct gw_given given = { { .kind = GW_TEXT, .v.s = { value, len } }, true };
    int code = gw_text_valid(value, len) < len
                   ? gw_fail(fill->fault, GW_USAGE, "the value is not valid UTF-8")
                   : gw_option_coerce(option, &given, out, GW_USAGE, fill->fault);
    if (code)
        gw_fault_prefix(fill->fault, "option '%s' of plugin '%s', environment variable '%s'",
                        option->key, fill->plugin->name, option->env);
    return code;
}

static int fill_one(const struct fill *fill, const struct gw_option *option, struct gw_cell *out)
{
    const struct gw_setting *setting = setting_of(fill, option->key);
    const char *value = setting || !option->env ? NULL : getenv(option->env);
    int code = GW_DONE;

    if (setting)
        code = from_setting(fill, option, setting, out);
    else if (value && value[0])
        code = from_environment(fill, option, value, out);
    else if (option->fallback)
        code = coerce_fallback(option, out, fill->fault);
    else if (option->flags & GW_OPT_REQUIRED) {
        code = gw_fail(fill->fault, GW_USAGE, "%s:%u: plugin '%s' needs the option '%s'",
                       file_of(fill), line_of(fill), fill->plugin->name, option->key);
        gw_hint(fill->fault, "%s%s%s", option->doc ? option->doc : "write it into its options",
                option->env ? "; it is also read from the environment variable " : "",
                option->env ? option->env : "");
    } else
        *out = (struct gw_cell){ .kind = GW_NULL };
    return !code && out->kind == GW_TEXT ? keep_text(fill, option, out) : code;
}

int gw_options_fill(struct gw_arena *arena, const struct gw_plugin_loaded *plugin,
                    const struct gw_settings *settings, const struct gw_project *project,
                    struct gw_cell **out, struct gw_fault *fault)
{
    const struct fill fill = { arena, plugin, settings, project, fault };
    const uint32_t n = plugin->descriptor.n_options;

    int code = check_settings(&fill);
    *out = code ? NULL : gw_arena_array(arena, (size_t)n + 1, sizeof **out);
    if (!code && !*out)
        code = gw_fail_memory(fault);
    for (uint32_t i = 0; i < n && !code; i++) {
        struct gw_option option;
        gw_option_at(&plugin->descriptor, i, &option);
        code = fill_one(&fill, &option, &(*out)[i]);
    }
    return code;
}
