/* SPDX-License-Identifier: Apache-2.0 */
#include "pragma.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char unsafe[] = "it can corrupt the database when the machine fails";
static const char internals[] =
    "it writes SQLite's internals, where an error corrupts the database";
static const char configuration[] =
    "it changes the connection that the migration shares with others";
static const char key[] = "it changes the key of the database";

static const struct rule {
    const char *name;
    enum sqlite_pragma_policy policy; /* when it is set, not only read */
    const char *why;
} rules[] = {
    { "analysis_limit", SQLITE_PRAGMA_RESTORED, NULL },
    { "automatic_index", SQLITE_PRAGMA_RESTORED, NULL },
    { "busy_timeout", SQLITE_PRAGMA_REFUSED, configuration },
    { "cache_size", SQLITE_PRAGMA_RESTORED, NULL },
    { "cache_spill", SQLITE_PRAGMA_REFUSED, configuration },
    { "case_sensitive_like", SQLITE_PRAGMA_RESTORED, NULL },
    { "checkpoint_fullfsync", SQLITE_PRAGMA_REFUSED, configuration },
    { "data_store_directory", SQLITE_PRAGMA_REFUSED, configuration },
    { "defer_foreign_keys", SQLITE_PRAGMA_RESTORED, NULL },
    { "foreign_keys", SQLITE_PRAGMA_SIGNAL, NULL },
    { "fullfsync", SQLITE_PRAGMA_REFUSED, configuration },
    { "hard_heap_limit", SQLITE_PRAGMA_REFUSED, configuration },
    { "hexkey", SQLITE_PRAGMA_REFUSED, key },
    { "hexrekey", SQLITE_PRAGMA_REFUSED, key },
    { "ignore_check_constraints", SQLITE_PRAGMA_RESTORED, NULL },
    { "journal_mode", SQLITE_PRAGMA_ALONE, NULL },
    { "journal_size_limit", SQLITE_PRAGMA_REFUSED, configuration },
    { "key", SQLITE_PRAGMA_REFUSED, key },
    { "legacy_alter_table", SQLITE_PRAGMA_RESTORED, NULL },
    { "locking_mode", SQLITE_PRAGMA_REFUSED,
      "it can lock every other process out of the database" },
    { "max_page_count", SQLITE_PRAGMA_REFUSED, configuration },
    { "mmap_size", SQLITE_PRAGMA_REFUSED, configuration },
    { "query_only", SQLITE_PRAGMA_REFUSED, configuration },
    { "read_uncommitted", SQLITE_PRAGMA_REFUSED, configuration },
    { "recursive_triggers", SQLITE_PRAGMA_RESTORED, NULL },
    { "rekey", SQLITE_PRAGMA_REFUSED, key },
    { "reverse_unordered_selects", SQLITE_PRAGMA_RESTORED, NULL },
    { "schema_version", SQLITE_PRAGMA_REFUSED, internals },
    { "soft_heap_limit", SQLITE_PRAGMA_REFUSED, configuration },
    { "synchronous", SQLITE_PRAGMA_REFUSED, unsafe },
    { "temp_store", SQLITE_PRAGMA_REFUSED, configuration },
    { "temp_store_directory", SQLITE_PRAGMA_REFUSED, configuration },
    { "textkey", SQLITE_PRAGMA_REFUSED, key },
    { "textrekey", SQLITE_PRAGMA_REFUSED, key },
    { "threads", SQLITE_PRAGMA_REFUSED, configuration },
    { "trusted_schema", SQLITE_PRAGMA_REFUSED, configuration },
    { "wal_autocheckpoint", SQLITE_PRAGMA_REFUSED, configuration },
    { "writable_schema", SQLITE_PRAGMA_REFUSED, internals },
};

static int rule_compare(const void *name, const void *rule)
{
    return strcmp(name, ((const struct rule *)rule)->name);
}

enum sqlite_pragma_policy sqlite_pragma_policy(const char *name, const char *value,
                                               const char **why)
{
    *why = NULL;
    if (strcmp(name, "wal_checkpoint") == 0)
        return SQLITE_PRAGMA_ALONE;
    if (!value)
        return SQLITE_PRAGMA_FREE;
    if (strcmp(name, "journal_mode") == 0 &&
        (strcmp(value, "off") == 0 || strcmp(value, "memory") == 0)) {
        *why = unsafe;
        return SQLITE_PRAGMA_REFUSED;
    }
    const struct rule *rule =
        bsearch(name, rules, sizeof rules / sizeof rules[0], sizeof rules[0], rule_compare);
    if (!rule)
        return SQLITE_PRAGMA_FREE;
    *why = rule->why;
    return rule->policy;
}

bool sqlite_pragma_true(const char *value)
{
    if (*value >= '0' && *value <= '9')
        return strtol(value, NULL, 10) != 0;
    return strcasecmp(value, "on") == 0 || strcasecmp(value, "yes") == 0 ||
           strcasecmp(value, "true") == 0;
}
