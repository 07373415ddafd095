/* SPDX-License-Identifier: Apache-2.0 */
#include "shapes.h"

#include "deeds.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static char endless[1 << 20]; /* a text of a megabyte */

/* ---- the descriptor ---- */

static void bend_sizes(struct gw_plugin *plugin, uint32_t *driver_size)
{
    static const struct {
        const char *plugin, *driver;
        uint32_t size;
    } sizes[] = {
        { "size_0", "table_0", 0 },
        { "size_small", "table_small", 40 },
        { "size_larger", "table_larger", sizeof(struct gw_plugin) + 200 },
        { "size_most", "table_most", UINT32_MAX },
    };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (asked("shape", sizes[i].plugin))
            plugin->struct_size = sizes[i].size;
        if (asked("shape", sizes[i].driver))
            *driver_size = sizes[i].size;
    }
}

static void bend_texts(struct gw_plugin *plugin)
{
    static const char invalid[] = "org.\xC3\x28.x";
    memset(endless, 'x', sizeof endless - 1);
    if (asked("shape", "id_null"))
        plugin->id = NULL;
    if (asked("shape", "id_empty"))
        plugin->id = "";
    if (asked("shape", "id_invalid"))
        plugin->id = invalid;
    if (asked("shape", "id_long"))
        plugin->id = endless;
    if (asked("shape", "version_null"))
        plugin->version = NULL;
    if (asked("shape", "version_long"))
        plugin->version = endless;
    if (asked("shape", "summary_invalid"))
        plugin->summary = invalid;
    if (asked("shape", "lying_major"))
        plugin->abi_major = 2;
    if (asked("shape", "lying_minor"))
        plugin->abi_minor = 1;
}

/* ---- options ---- */

static void bend_options(struct shape *shape)
{
    struct gw_plugin *plugin = &shape->plugin.plugin;
    struct gw_option *option = shape->options;

    option[0] = (struct gw_option){ "port", "80", NULL, NULL, "where", GW_INT, 0, 1, 65535 };
    option[1] = (struct gw_option){ "mode", "fast", "fast|slow", NULL, "how", GW_TEXT, 0, 0, 0 };
    option[2] = (struct gw_option){ "wait", "1s", NULL, NULL, "how long", GW_TIME, 0, 0, 0 };
    plugin->options = option;
    plugin->n_options = SHAPE_OPTIONS;
    plugin->option_size = sizeof *option;
    if (asked("option", "stride_small"))
        plugin->option_size = 8;
    if (asked("option", "stride_odd"))
        plugin->option_size = sizeof *option + 3;
    if (asked("option", "stride_most"))
        plugin->option_size = UINT32_MAX;
    if (asked("option", "count_most"))
        plugin->n_options = UINT32_MAX;
    if (asked("option", "table_null"))
        plugin->options = NULL;
    if (asked("option", "key_null"))
        option[1].key = NULL;
    if (asked("option", "key_bad"))
        option[1].key = "No Key;";
    if (asked("option", "twice"))
        option[1].key = "port";
    if (asked("option", "default_outside"))
        option[0].fallback = "99999";
    if (asked("option", "default_wrong"))
        option[1].fallback = "sideways";
    if (asked("option", "type"))
        option[2].type = 99;
    if (asked("option", "bounds"))
        option[0].min = 1 << 20;
    if (asked("option", "doc_long"))
        option[2].doc = endless;
}

static bool bends_options(void)
{
    static const char *const deeds[] = { "stride_small",  "stride_odd", "stride_most",
                                         "count_most",    "table_null", "key_null",
                                         "key_bad",       "twice",      "default_outside",
                                         "default_wrong", "type",       "bounds",
                                         "doc_long" };
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++)
        if (asked("option", deeds[i]))
            return true;
    return false;
}

/* ---- interfaces ---- */

static void bend_list(struct shape *shape)
{
    struct gw_provides *list = shape->provides;
    if (asked("shape", "list_null"))
        shape->plugin.plugin.provides = NULL;
    if (asked("shape", "list_empty"))
        list[0] = (struct gw_provides){ NULL, NULL };
    static char ids[SHAPE_INTERFACES][32];
    for (size_t i = 1; asked("shape", "list_endless") && i < SHAPE_INTERFACES; i++) {
        snprintf(ids[i], sizeof ids[i], "com.example.more-%zu/1", i);
        list[i] = (struct gw_provides){ ids[i], &shape->driver.driver };
    }
    if (asked("shape", "list_twice"))
        list[1] = list[0];
    if (asked("shape", "list_no_table"))
        list[0].vtable = NULL;
    if (asked("shape", "list_bad_id"))
        list[1] = (struct gw_provides){ "nonsense", &shape->driver.driver };
    if (asked("shape", "list_long_id"))
        list[1] = (struct gw_provides){ endless, &shape->driver.driver };
    if (asked("shape", "list_other_kind"))
        list[0].id = "godwit.hook/1";
    if (asked("shape", "list_newer"))
        list[0].id = "godwit.driver/2";
}

static void bend_slots(struct shape *shape)
{
    struct gw_driver *driver = &shape->driver.driver;
    if (asked("slot", "open"))
        driver->open = NULL;
    if (asked("slot", "run"))
        driver->run = NULL;
    if (asked("slot", "interrupt"))
        driver->interrupt = NULL;
    if (asked("slot", "dialect"))
        driver->dialect = NULL;
    if (asked("slot", "types"))
        driver->types = NULL;
    if (asked("slot", "types_holes")) {
        memset(shape->types, 0, sizeof shape->types);
        driver->types = shape->types;
    }
    if (asked("slot", "dialect_long"))
        driver->dialect = endless;
    if (asked("slot", "dialect_bad"))
        driver->dialect = "\xff\033[31m";
    if (asked("slot", "table_options_long"))
        driver->table_options = endless;
}

void bend(struct shape *shape)
{
    bend_texts(&shape->plugin.plugin);
    bend_sizes(&shape->plugin.plugin, &shape->driver.driver.struct_size);
    if (bends_options())
        bend_options(shape);
    bend_slots(shape);
    bend_list(shape);
}
