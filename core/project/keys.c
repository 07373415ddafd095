/* SPDX-License-Identifier: Apache-2.0 */
#include "project/reader.h"

#define IN_PROJECT(member) offsetof(struct gw_project, member)
#define IN_ENTRY(member) offsetof(struct gw_plugin_entry, member)

/* Every key there is, in the order of the documentation. */
const struct gw_key gw_keys[] = {
    { "database", "backend", GW_KEY_NAME, "sqlite", NULL, IN_PROJECT(database.backend) },
    { "database", "url", GW_KEY_URL, "app.db", NULL, IN_PROJECT(database.url) },
    { "database", "session", GW_KEY_TEXTS, NULL, NULL, IN_PROJECT(database.session) },
    { "database", "options", GW_KEY_OPTIONS, NULL, NULL, IN_PROJECT(database.options) },
    { "migrations", "directory", GW_KEY_PATH, "migrations", NULL,
      IN_PROJECT(migrations.directory) },
    { "migrations", "schema", GW_KEY_PATH, NULL, NULL, IN_PROJECT(migrations.schema) },
    { "migrations", "format", GW_KEY_TEXT, NULL, NULL, IN_PROJECT(migrations.format) },
    { "migrations", "ignore", GW_KEY_TEXTS, NULL, NULL, IN_PROJECT(migrations.ignore) },
    { "migrations", "vars", GW_KEY_VARS, NULL, NULL, IN_PROJECT(migrations.vars) },
    { "migrations", "placeholders", GW_KEY_FORM, "${name}", NULL,
      IN_PROJECT(migrations.placeholders) },
    { "engine", "durability", GW_KEY_ORDINAL, "run", "run|revision",
      IN_PROJECT(engine.durability) },
    { "engine", "lock_wait", GW_KEY_DURATION, "10s", NULL, IN_PROJECT(engine.lock_wait_ns) },
    { "engine", "state_schema", GW_KEY_TEXT, NULL, NULL, IN_PROJECT(engine.state_schema) },
    { "plugin_policy", "require_pins", GW_KEY_BOOL, "false", NULL,
      IN_PROJECT(plugin_policy.require_pins) },
};
const size_t gw_n_keys = sizeof gw_keys / sizeof gw_keys[0];

const struct gw_key gw_plugin_keys[] = {
    { "plugins", "name", GW_KEY_NAME, NULL, NULL, IN_ENTRY(name) },
    { "plugins", "path", GW_KEY_OBJECT, NULL, NULL, IN_ENTRY(path) },
    { "plugins", "sha256", GW_KEY_SHA256, NULL, NULL, IN_ENTRY(sha256) },
    { "plugins", "public_key", GW_KEY_PUBLIC, NULL, NULL, IN_ENTRY(public_key) },
    { "plugins", "signature", GW_KEY_ABSOLUTE, NULL, NULL, IN_ENTRY(signature) },
    { "plugins", "isolate", GW_KEY_CHOICE, NULL, "process|none", IN_ENTRY(isolate) },
    { "plugins", "timeout", GW_KEY_DURATION, NULL, NULL, IN_ENTRY(timeout_ns) },
    { "plugins", "memory", GW_KEY_SIZE, NULL, NULL, IN_ENTRY(memory) },
    { "plugins", "secrets", GW_KEY_TEXTS, NULL, NULL, IN_ENTRY(secrets) },
    { "plugins", "options", GW_KEY_OPTIONS, NULL, NULL, IN_ENTRY(options) },
};
const size_t gw_n_plugin_keys = sizeof gw_plugin_keys / sizeof gw_plugin_keys[0];
