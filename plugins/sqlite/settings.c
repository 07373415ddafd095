/* SPDX-License-Identifier: Apache-2.0 */
#include "settings.h"

#include "pragma.h"
#include "statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum kind {
    DURATION,
    FOREIGN_KEYS,
    FOREIGN_KEY_CHECK,
    TRUTH,
    NUMBER
};

/* The truths and numbers are pragmas. read: where the pragma itself does not tell its value. */
static const struct setting {
    const char *name;
    enum kind kind;
    const char *read;
} table[] = {
    { "lock_timeout", DURATION, NULL },
    { "foreign_keys", FOREIGN_KEYS, NULL },
    { "foreign_key_check", FOREIGN_KEY_CHECK, NULL },
    { "analysis_limit", NUMBER, NULL },
    { "automatic_index", TRUTH, NULL },
    { "cache_size", NUMBER, NULL },
    { "case_sensitive_like", TRUTH, "SELECT 'a' NOT LIKE 'A'" },
    { "defer_foreign_keys", TRUTH, NULL },
    { "ignore_check_constraints", TRUTH, NULL },
    { "legacy_alter_table", TRUTH, NULL },
    { "recursive_triggers", TRUTH, NULL },
    { "reverse_unordered_selects", TRUTH, NULL },
};
enum {
    SETTINGS = sizeof table / sizeof table[0]
};
_Static_assert((int)SETTINGS <= (int)SQLITE_SETTINGS_MAX,
               "struct sqlite_settings has room for all");

static size_t find(const char *name, size_t len)
{
    size_t i = 0;
    while (i < SETTINGS &&
           (strlen(table[i].name) != len || strncasecmp(table[i].name, name, len) != 0))
        i++;
    return i;
}

static gw_status fail_unknown(struct sqlite_session *session, struct gw_str name)
{
    char known[300] = "";
    for (size_t i = 0, n = 0; i < SETTINGS && n < sizeof known; i++)
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%s",
                              i ? ", " : "SQLite has: ", table[i].name);
    return sqlite_fail(session, GW_E_ARGUMENT, known, "unknown setting '%.*s'",
                       name.len < 64 ? (int)name.len : 64, name.ptr);
}

static bool parse_truth(const char *text, int64_t *out)
{
    static const char *const falses[] = { "off", "no", "false", "0" };
    for (size_t i = 0; i < sizeof falses / sizeof falses[0]; i++)
        if (strcasecmp(text, falses[i]) == 0) {
            *out = 0;
            return true;
        }
    *out = 1;
    return strcmp(text, "1") == 0 || (sqlite_pragma_true(text) && !(*text >= '0' && *text <= '9'));
}

static bool parse_number(const char *text, int64_t *out)
{
    char *end;
    long number = strtol(text, &end, 10);
    *out = number;
    return end != text && !*end && number >= -2147483647L && number <= 2147483647L;
}

static bool parse_duration(const char *text, int64_t *out)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {
        { "ms", 1000000 },
        { "s", 1000000000 },
        { "m", INT64_C(60000000000) },
        { "h", INT64_C(3600000000000) },
    };
    char *end;
    long number = strtol(text, &end, 10);
    *out = 0;
    if (end == text || number < 0 || number > 1000000)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i].unit) == 0) {
            *out = number * units[i].ns;
            return true;
        }
    return number == 0 && !*end;
}

static gw_status read_one(struct sqlite_session *session, const struct gw_field *field,
                          struct sqlite_settings *out)
{
    static const char *const forms[] = {
        [DURATION] = "a duration such as 250ms, 5s or 2m",
        [FOREIGN_KEYS] = "on or off",
        [FOREIGN_KEY_CHECK] = "on or off",
        [TRUTH] = "on or off",
        [NUMBER] = "a whole number",
    };
    char text[32];
    int64_t value = 0;
    size_t at = find(field->key.ptr, field->key.len);
    if (at == SETTINGS)
        return fail_unknown(session, field->key);
    enum kind kind = table[at].kind;
    struct gw_str given = field->val.v.s;
    bool ok = field->val.kind == GW_TEXT && given.len < sizeof text;
    if (ok) {
        memcpy(text, given.ptr, given.len);
        text[given.len] = '\0';
        ok = kind == DURATION ? parse_duration(text, &value)
             : kind == NUMBER ? parse_number(text, &value)
                              : parse_truth(text, &value);
    }
    if (!ok)
        return sqlite_fail(session, GW_E_ARGUMENT, NULL, "setting '%s' takes %s", table[at].name,
                           forms[kind]);
    if (kind == DURATION) {
        session->patience_ns = value;
    } else if (kind == FOREIGN_KEYS) {
        out->foreign_keys_given = true;
        out->foreign_keys = value;
    } else if (kind == FOREIGN_KEY_CHECK) {
        session->check_foreign_keys = value;
    } else {
        out->value[at] = value;
        out->given |= UINT32_C(1) << at;
        out->save |= UINT32_C(1) << at;
    }
    return GW_OK;
}

gw_status sqlite_settings_read(struct sqlite_session *session, const struct gw_run *run,
                               struct sqlite_settings *out)
{
    gw_status status = GW_OK;
    *out = (struct sqlite_settings){ .patience_ns = session->patience_ns };
    session->check_foreign_keys = true;
    for (uint64_t i = 0; i < run->n_settings && status == GW_OK; i++)
        status = read_one(session, &run->settings[i], out);
    return status;
}

void sqlite_settings_touch(struct sqlite_settings *settings, const char *pragma)
{
    size_t at = find(pragma, strlen(pragma));
    if (at < SETTINGS && (table[at].kind == TRUTH || table[at].kind == NUMBER))
        settings->save |= UINT32_C(1) << at;
}

static int write_pragma(struct sqlite_session *session, size_t at, int64_t value)
{
    char sql[80];
    snprintf(sql, sizeof sql, "PRAGMA %s = %lld", table[at].name, (long long)value);
    return sqlite_execute(session, sql, NULL);
}

gw_status sqlite_settings_apply(struct sqlite_session *session, struct sqlite_settings *settings)
{
    for (size_t at = 0; settings->save >> at; at++) {
        uint32_t bit = UINT32_C(1) << at;
        char sql[80];
        if (!(settings->save & bit))
            continue;
        snprintf(sql, sizeof sql, "PRAGMA %s", table[at].name);
        int result =
            sqlite_execute(session, table[at].read ? table[at].read : sql, &settings->before[at]);
        if (result == SQLITE_OK) {
            settings->saved |= bit;
            if (settings->given & bit)
                result = write_pragma(session, at, settings->value[at]);
        }
        if (result != SQLITE_OK)
            return sqlite_fail_database(session, result, (struct gw_str){ 0 });
    }
    return GW_OK;
}

static void put_back(struct sqlite_session *session, struct sqlite_settings *settings)
{
    session->shielded = true;
    for (size_t at = 0; settings->saved >> at; at++)
        if (settings->saved & UINT32_C(1) << at)
            write_pragma(session, at, settings->before[at]);
    session->shielded = false;
    settings->saved = 0;
}

gw_status sqlite_settings_again(struct sqlite_session *session, struct sqlite_settings *settings)
{
    put_back(session, settings);
    return sqlite_settings_apply(session, settings);
}

void sqlite_settings_restore(struct sqlite_session *session, struct sqlite_settings *settings)
{
    session->patience_ns = settings->patience_ns;
    put_back(session, settings);
}
