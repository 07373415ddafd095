/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/formats/flyway_name.h"

#include <ctype.h>
#include <string.h>

/* The events of Flyway 13 for which a script may be given. */
static const char *const events[] = {
    "beforeMigrate",
    "afterMigrate",
    "beforeClean",
    "afterClean",
    "afterCleanError",
    "beforeEachMigrate",
    "beforeEachMigrateStatement",
    "afterEachMigrateStatement",
    "afterEachMigrateStatementError",
    "afterEachMigrate",
    "afterEachMigrateError",
    "beforeRepeatables",
    "afterVersioned",
    "afterMigrateApplied",
    "afterMigrateError",
    "afterMigrateOperationFinish",
    "beforeUndo",
    "beforeEachUndo",
    "beforeEachUndoStatement",
    "afterEachUndoStatement",
    "afterEachUndoStatementError",
    "afterEachUndo",
    "afterEachUndoError",
    "afterUndo",
    "afterUndoError",
    "beforeValidate",
    "afterValidate",
    "afterValidateError",
    "beforeBaseline",
    "afterBaseline",
    "afterBaselineError",
    "beforeRepair",
    "afterRepair",
    "afterRepairError",
    "beforeInfo",
    "afterInfo",
    "afterInfoError",
    "createSchema",
    "beforeCreateSchema",
    "beforeConnect",
    "afterConnect",
};

/* Cuts text at the first "__". */
static bool separate(struct gw_str text, struct gw_str *before, struct gw_str *after)
{
    const char *found = text.len ? memmem(text.ptr, text.len, "__", 2) : NULL;
    size_t len = found ? (size_t)(found - text.ptr) : text.len;
    *before = (struct gw_str){ text.ptr, len };
    *after = found ? (struct gw_str){ found + 2, text.len - len - 2 } : (struct gw_str){ "", 0 };
    return found;
}

/* Numbers with one dot or underscore between two of them. */
static bool is_version(struct gw_str text)
{
    bool digit = false;
    for (size_t i = 0; i < text.len; i++) {
        bool now = isdigit((unsigned char)text.ptr[i]);
        if (!now && (!digit || (text.ptr[i] != '.' && text.ptr[i] != '_')))
            return false;
        digit = now;
    }
    return digit;
}

static enum gw_flyway_kind event_kind(struct gw_flyway_name *out)
{
    struct gw_str event;
    out->separated = separate(out->stem, &event, &out->label);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        if (gw_str_is(event, events[i]))
            return i == 0 ? GW_FLYWAY_BEFORE : i == 1 ? GW_FLYWAY_AFTER : GW_FLYWAY_CALLBACK;
    return GW_FLYWAY_MALFORMED;
}

static enum gw_flyway_kind script_kind(struct gw_flyway_name *out)
{
    static const struct {
        char prefix;
        enum gw_flyway_kind kind;
    } prefixes[] = { { 'V', GW_FLYWAY_VERSIONED },
                     { 'U', GW_FLYWAY_UNDO },
                     { 'B', GW_FLYWAY_BASELINE },
                     { 'R', GW_FLYWAY_REPEATABLE } };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
        if (!out->stem.len || *out->stem.ptr != prefixes[i].prefix)
            continue;
        out->separated = separate((struct gw_str){ out->stem.ptr + 1, out->stem.len - 1 },
                                  &out->version, &out->label);
        bool fits = prefixes[i].kind == GW_FLYWAY_REPEATABLE
                        ? out->version.len == 0 && out->label.len != 0
                        : is_version(out->version);
        return fits ? prefixes[i].kind : GW_FLYWAY_MALFORMED;
    }
    return event_kind(out);
}

enum gw_flyway_kind gw_flyway_name_parse(struct gw_flyway_name *out, const char *name)
{
    static const char *const code[] = { ".java", ".kt", ".class", ".groovy", ".scala" };
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    size_t len = strlen(base);

    *out = (struct gw_flyway_name){ .stem = { base, len } };
    if (gw_name_is_sql(base)) {
        out->stem.len -= strlen(".sql");
        return script_kind(out);
    }
    if (len > strlen(".sql.conf") && strcasecmp(base + len - strlen(".sql.conf"), ".sql.conf") == 0)
        return GW_FLYWAY_CONF;
    for (size_t i = 0; i < sizeof code / sizeof code[0]; i++) {
        size_t end = strlen(code[i]);
        if (len <= end || strcmp(base + len - end, code[i]) != 0)
            continue;
        out->stem.len = len - end;
        enum gw_flyway_kind kind = script_kind(out);
        return kind == GW_FLYWAY_MALFORMED ? GW_FLYWAY_NOTHING : GW_FLYWAY_CODE;
    }
    return GW_FLYWAY_NOTHING;
}
