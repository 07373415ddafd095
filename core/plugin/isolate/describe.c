/* SPDX-License-Identifier: Apache-2.0 */
/* The first two messages: what the process is to load, and what it has loaded. */
#include "plugin/isolate/message.h"

#include "plugin/registry.h"

#include <limits.h>
#include <string.h>

enum {
    OPTIONS_MOST = 512,
    RULES_MOST = 4096,
    EVENTS_MOST = 1024,
    INTERFACES_MOST = 64,
    ENTRY = 5 /* the fewest bytes of one: strings that are NULL and a number */
};

void gw_put_hello(struct gw_buf *out, const struct gw_hello *hello)
{
    gw_put_int(out, GW_PROTOCOL);
    gw_put_string(out, hello->name);
    gw_put_string(out, hello->path);
    gw_put_int(out, hello->parent);
    gw_put_int(out, hello->memory);
    gw_put_int(out, hello->cpu_s);
    gw_put_int(out, hello->files);
    gw_put_word(out, hello->kinds);
    gw_put_int(out, hello->abi_major);
    gw_put_int(out, hello->abi_minor);
}

void gw_take_hello(struct gw_items *items, struct gw_hello *out)
{
    gw_take_int(items, GW_PROTOCOL, GW_PROTOCOL);
    out->name = gw_take_string(items, GW_TEXT_SHORT);
    out->path = gw_take_string(items, GW_PLUGIN_PATH);
    out->parent = gw_take_int(items, 0, INT_MAX);
    out->memory = gw_take_int(items, 0, INT64_MAX);
    out->cpu_s = gw_take_int(items, 0, INT64_MAX);
    out->files = gw_take_int(items, 0, INT64_MAX);
    out->kinds = gw_take_word32(items);
    out->abi_major = (uint16_t)gw_take_int(items, 0, UINT16_MAX);
    out->abi_minor = (uint16_t)gw_take_int(items, 0, UINT16_MAX);
    if (!out->name || !out->path)
        gw_items_wrong(items, "no plugin");
}

/* ---- what the plugin is ---- */

static void put_option(struct gw_buf *out, const struct gw_option *option)
{
    gw_put_string(out, option->key);
    gw_put_string(out, option->fallback);
    gw_put_string(out, option->choices);
    gw_put_string(out, option->env);
    gw_put_string(out, option->doc);
    gw_put_word(out, option->type);
    gw_put_word(out, option->flags);
    gw_put_int(out, option->min);
    gw_put_int(out, option->max);
}

static void take_option(struct gw_items *items, struct gw_option *out)
{
    out->key = gw_take_string(items, GW_TEXT_LONG);
    out->fallback = gw_take_string(items, GW_TEXT_LONG);
    out->choices = gw_take_string(items, GW_TEXT_LONG);
    out->env = gw_take_string(items, GW_TEXT_LONG);
    out->doc = gw_take_string(items, GW_TEXT_LONG);
    out->type = gw_take_word32(items);
    out->flags = gw_take_word32(items);
    out->min = gw_take_int(items, INT64_MIN, INT64_MAX);
    out->max = gw_take_int(items, INT64_MIN, INT64_MAX);
}

static void put_rules(struct gw_buf *out, const struct gw_validator *validator)
{
    const uint32_t n = validator->rules ? validator->n_rules : 0;
    const size_t stride = validator->rule_size;

    gw_put_count(out, n);
    for (uint32_t i = 0; i < n; i++) {
        struct gw_rule rule = { 0 };
        memcpy(&rule, (const char *)validator->rules + stride * i,
               stride < sizeof rule ? stride : sizeof rule);
        gw_put_string(out, rule.id);
        gw_put_string(out, rule.summary);
        gw_put_string(out, rule.doc);
        gw_put_int(out, rule.severity);
        gw_put_word(out, rule.flags);
    }
}

static void *array_of(struct gw_items *items, struct gw_arena *arena, uint32_t n, size_t size)
{
    void *all = gw_arena_array(arena, (size_t)n + 1, size);
    if (!all)
        gw_items_wrong(items, "more than there is memory for");
    return all;
}

static void take_rules(struct gw_items *items, struct gw_arena *arena, struct gw_validator *out)
{
    out->n_rules = gw_take_count(items, RULES_MOST, ENTRY);
    out->rule_size = sizeof(struct gw_rule);
    struct gw_rule *rules = array_of(items, arena, out->n_rules, sizeof *rules);
    for (uint32_t i = 0; rules && i < out->n_rules; i++) {
        rules[i].id = gw_take_string(items, GW_TEXT_LONG);
        rules[i].summary = gw_take_string(items, GW_TEXT_LONG);
        rules[i].doc = gw_take_string(items, GW_TEXT_LONG);
        rules[i].severity = (int32_t)gw_take_int(items, INT32_MIN, INT32_MAX);
        rules[i].flags = gw_take_word32(items);
    }
    out->rules = rules;
}

static uint32_t count_events(const struct gw_hook *hook)
{
    uint32_t n = 0;
    while (hook->events && n < EVENTS_MOST && hook->events[n])
        n++;
    return n;
}

static void take_events(struct gw_items *items, struct gw_arena *arena, struct gw_hook *out)
{
    const uint32_t n = gw_take_count(items, EVENTS_MOST, 1);
    const char **events = array_of(items, arena, n, sizeof *events);
    for (uint32_t i = 0; events && i < n; i++)
        events[i] = gw_take_string(items, GW_TEXT_LONG);
    out->events = events;
}

static void put_interfaces(struct gw_buf *out, const struct gw_described *described)
{
    gw_put_count(out, described->validator.struct_size > 0);
    if (described->validator.struct_size) {
        gw_put_word(out, described->slots[0]);
        gw_put_word(out, described->validator.phases);
        put_rules(out, &described->validator);
    }
    gw_put_count(out, described->backup.struct_size > 0);
    if (described->backup.struct_size) {
        gw_put_word(out, described->slots[1]);
        gw_put_word(out, described->backup.caps);
    }
    gw_put_count(out, described->hook.struct_size > 0);
    if (described->hook.struct_size) {
        const uint32_t n = count_events(&described->hook);
        gw_put_word(out, described->slots[2]);
        gw_put_count(out, n);
        for (uint32_t i = 0; i < n; i++)
            gw_put_string(out, described->hook.events[i]);
    }
}

static void take_interfaces(struct gw_items *items, struct gw_arena *arena,
                            struct gw_described *out)
{
    if (gw_take_count(items, 1, 1)) {
        out->validator.struct_size = sizeof out->validator;
        out->slots[0] = gw_take_word32(items);
        out->validator.phases = gw_take_word(items);
        take_rules(items, arena, &out->validator);
    }
    if (gw_take_count(items, 1, 1)) {
        out->backup.struct_size = sizeof out->backup;
        out->slots[1] = gw_take_word32(items);
        out->backup.caps = gw_take_word(items);
    }
    if (gw_take_count(items, 1, 1)) {
        out->hook.struct_size = sizeof out->hook;
        out->slots[2] = gw_take_word32(items);
        take_events(items, arena, &out->hook);
    }
}

void gw_put_described(struct gw_buf *out, const struct gw_described *described)
{
    const struct gw_plugin *plugin = &described->plugin;
    const char *const texts[] = { plugin->id,      plugin->version, plugin->vendor,
                                  plugin->license, plugin->summary, plugin->url };
    uint32_t n = 0;

    gw_put_word(out, plugin->flags);
    gw_put_int(out, plugin->abi_major);
    gw_put_int(out, plugin->abi_minor);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        gw_put_string(out, texts[i]);
    gw_put_count(out, plugin->n_options);
    for (uint32_t i = 0; i < plugin->n_options; i++) {
        struct gw_option option;
        gw_option_at(plugin, i, &option);
        put_option(out, &option);
    }
    while (plugin->provides[n].id)
        n++;
    gw_put_count(out, n);
    for (uint32_t i = 0; i < n; i++)
        gw_put_string(out, plugin->provides[i].id);
    put_interfaces(out, described);
}

void gw_take_described(struct gw_items *items, struct gw_arena *arena, struct gw_described *out)
{
    struct gw_plugin *plugin = &out->plugin;
    const char **texts[] = { &plugin->id,      &plugin->version, &plugin->vendor,
                             &plugin->license, &plugin->summary, &plugin->url };

    *out = (struct gw_described){ .plugin = { .struct_size = sizeof *plugin } };
    plugin->flags = gw_take_word(items);
    plugin->abi_major = (uint16_t)gw_take_int(items, 0, UINT16_MAX);
    plugin->abi_minor = (uint16_t)gw_take_int(items, 0, UINT16_MAX);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        *texts[i] = gw_take_string(items, GW_TEXT_LONG);
    plugin->n_options = gw_take_count(items, OPTIONS_MOST, ENTRY);
    plugin->option_size = sizeof(struct gw_option);
    struct gw_option *options = array_of(items, arena, plugin->n_options, sizeof *options);
    for (uint32_t i = 0; options && i < plugin->n_options; i++)
        take_option(items, &options[i]);
    plugin->options = options;
    const uint32_t n = gw_take_count(items, INTERFACES_MOST, 1);
    struct gw_provides *provides = array_of(items, arena, n, sizeof *provides);
    for (uint32_t i = 0; provides && i < n; i++) {
        provides[i].id = gw_take_string(items, GW_TEXT_LONG);
        if (!provides[i].id)
            gw_items_wrong(items, "an interface without an id");
    }
    plugin->provides = provides;
    take_interfaces(items, arena, out);
}
