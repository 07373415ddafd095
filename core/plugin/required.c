/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/required.h"

#include "base/text.h"

#include <godwit/backup.h>
#include <godwit/driver.h>
#include <godwit/hook.h>
#include <godwit/validator.h>
#include <stdbool.h>
#include <string.h>

enum {
    SLOTS = 16,
    TEXT_MOST = 256, /* a dialect, the name of a type, a clause */
    SCHEMES_MOST = 16
};

#define SLOT(type, name) \
    { \
#name, offsetof(struct type, name) \
    }

static const struct {
    const char *id;
    struct {
        const char *name;
        size_t offset; /* of a pointer */
    } slots[SLOTS];
} interfaces[] = {
    { GW_DRIVER,
      { SLOT(gw_driver, dialect), SLOT(gw_driver, types), SLOT(gw_driver, open),
        SLOT(gw_driver, close), SLOT(gw_driver, info), SLOT(gw_driver, split), SLOT(gw_driver, run),
        SLOT(gw_driver, flush), SLOT(gw_driver, query), SLOT(gw_driver, lock),
        SLOT(gw_driver, unlock), SLOT(gw_driver, holds), SLOT(gw_driver, quote),
        SLOT(gw_driver, interrupt) } },
    { GW_VALIDATOR, { SLOT(gw_validator, check) } },
    { GW_BACKUP, { SLOT(gw_backup, take), SLOT(gw_backup, restore) } },
    { GW_HOOK, { SLOT(gw_hook, handle) } },
};

struct plugin {
    const char *name, *path;
    const struct gw_provides *provides;
};

/* As gw_plugin_interface, whose header cannot be included beside the ABI's hook.h: both know a gw_event. */
static bool take_table(const struct plugin *plugin, const char *id, void *out, size_t size)
{
    memset(out, 0, size);
    for (const struct gw_provides *one = plugin->provides; one->id; one++) {
        uint32_t there;
        if (strcmp(one->id, id) != 0)
            continue;
        memcpy(&there, one->vtable, sizeof there);
        memcpy(out, one->vtable, there < size ? there : size);
        return true;
    }
    return false;
}

static int fault_of_plugin(const struct plugin *plugin, struct gw_fault *fault)
{
    return gw_hint(fault, "this is a fault in '%.400s'; tell its author", plugin->path);
}

static int check_slots(const struct plugin *plugin, size_t which, struct gw_fault *fault)
{
    union {
        struct gw_driver driver;
        struct gw_validator validator;
        struct gw_backup backup;
        struct gw_hook hook;
    } table;

    if (!take_table(plugin, interfaces[which].id, &table, sizeof table))
        return GW_DONE;
    for (size_t i = 0; i < SLOTS && interfaces[which].slots[i].name; i++) {
        void *slot;
        memcpy(&slot, (const char *)&table + interfaces[which].slots[i].offset, sizeof slot);
        if (slot)
            continue;
        gw_fail(fault, GW_PLUGIN_REFUSED, "plugin '%s' lacks the required '%s' of %s", plugin->name,
                interfaces[which].slots[i].name, interfaces[which].id);
        return fault_of_plugin(plugin, fault);
    }
    return GW_DONE;
}

/* ---- texts of a driver ---- */

static bool text_fits(const char *text)
{
    size_t len = text ? strnlen(text, TEXT_MOST) : 0;
    if (len == TEXT_MOST || (text && gw_text_valid(text, len) != len))
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            return false;
    return true;
}

static bool list_fits(const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!texts[i] || !texts[i][0] || !text_fits(texts[i]))
            return false;
    return true;
}

static bool schemes_fit(const char *const *schemes)
{
    size_t n = 0;
    while (schemes && n < SCHEMES_MOST && schemes[n])
        n++;
    return n < SCHEMES_MOST && (!schemes || list_fits(schemes, n));
}

static int check_texts(const struct plugin *plugin, struct gw_fault *fault)
{
    struct gw_driver driver;
    const char *wrong = NULL;

    if (!take_table(plugin, GW_DRIVER, &driver, sizeof driver))
        return GW_DONE;
    if (!list_fits(&driver.dialect, 1))
        wrong = "dialect";
    else if (!schemes_fit(driver.schemes))
        wrong = "schemes";
    else if (!list_fits(driver.types, GW_TYPES))
        wrong = "types";
    else if (!text_fits(driver.table_options))
        wrong = "table_options";
    else if (!text_fits(driver.row_lock))
        wrong = "row_lock";
    if (!wrong)
        return GW_DONE;
    gw_fail(fault, GW_PLUGIN_REFUSED,
            "plugin '%s': '%s' of %s is empty, too long or no text that can be shown", plugin->name,
            wrong, GW_DRIVER);
    return fault_of_plugin(plugin, fault);
}

int gw_required_check(const char *name, const char *path, const struct gw_provides *provides,
                      struct gw_fault *fault)
{
    const struct plugin one = { name, path, provides }, *plugin = &one;
    int code = GW_DONE;

    for (size_t i = 0; i < sizeof interfaces / sizeof interfaces[0] && !code; i++)
        code = check_slots(plugin, i, fault);
    return code ? code : check_texts(plugin, fault);
}
