/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loader.h"
#include "plugin/pin.h"
#include "plugin/place.h"
#include "plugin/trusted.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *gw_entry_place(struct gw_arena *arena, const struct gw_project *project,
                           const struct gw_plugin_entry *entry)
{
    return gw_arena_printf(arena, "%s:%u", project->file ? project->file : "plugins.conf",
                           entry->line);
}

int gw_entry_blame(const struct gw_registry *registry, const struct gw_plugin_entry *entry,
                   struct gw_fault *fault)
{
    const char *file = registry->project->file;
    return gw_fault_prefix(fault, "%.300s:%u", file ? file : "plugins.conf", entry->line);
}

static bool inside(const char *path, const char *folder)
{
    size_t len = strlen(folder);
    while (len && folder[len - 1] == '/')
        len--;
    return strncmp(path, folder, len) == 0 && path[len] == '/';
}

bool gw_entry_bundled(const struct gw_registry *registry, const struct gw_plugin_entry *entry,
                      const char *path)
{
    return !entry || !entry->path || inside(path, registry->folder);
}

/* ---- pins ---- */

static int check_pins(const struct gw_registry *registry, const struct gw_plugin_entry *entry,
                      const struct gw_plugin_file *file, struct gw_fault *fault)
{
    int code = gw_pin_check(entry, file, fault);
    if (code || gw_pinned(entry) || !registry->project->plugin_policy.require_pins ||
        gw_entry_bundled(registry, entry, file->facts.path))
        return code;
    gw_fail(fault, GW_PLUGIN_REFUSED,
            "plugin '%s' has no pin, and plugin_policy.require_pins asks for one: '%.300s'",
            entry->name, file->facts.path);
    return gw_hint(fault, "if it is the right file: sha256 = \"%s\";", file->facts.sha256);
}

/* Is the configuration the caller's word, so that a pin in it says that the plugin may run? One that was found on the
 * way up may have come with the repository, and would vouch for its own plugins. */
static int check_configuration(const struct gw_project *project, struct gw_fault *fault)
{
    struct gw_fault unsafe = { 0 };
    struct stat st;
    int fd;

    if (!project->named || !project->file)
        return gw_fail(fault, GW_PLUGIN_REFUSED, "plugins.conf was found, not named by --config");
    char *real = realpath(project->file, NULL);
    const struct gw_place place = { real, "the configuration" };
    if (!real)
        return gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' cannot be found again", project->file);
    if (!gw_place_open(&place, &fd, &st, &unsafe, fault)) {
        close(fd);
        if (unsafe.code)
            *fault = unsafe;
    }
    free(real);
    return fault->code;
}

/* ---- the user's word ---- */

static int refuse_changed(const struct gw_plugin_entry *entry, const struct gw_plugin_facts *facts,
                          const char *trusted, struct gw_fault *fault)
{
    gw_fail(fault, GW_PLUGIN_REFUSED,
            "plugin '%s' has changed since it was trusted: '%.300s' has sha256 %s, trusted is %s",
            entry->name, facts->path, facts->sha256, trusted);
    return gw_hint(fault, "if you know why: `godwit plugin trust %s`; if not, do not run it",
                   entry->name);
}

static int refuse_unknown(const struct gw_plugin_entry *entry, const struct gw_plugin_facts *facts,
                          const struct gw_fault *configuration, struct gw_fault *fault)
{
    gw_fail(
        fault, GW_PLUGIN_REFUSED,
        "plugin '%s' is a file of this project that you have not trusted: '%.300s' with sha256 %s",
        entry->name, facts->path, facts->sha256);
    gw_hint(fault, "if you trust it: `godwit plugin trust %s`%s%.300s", entry->name,
            configuration->code ? "; its pin alone does not let it run: " : "",
            configuration->message);
    return fault->code;
}

static int check_user(const struct gw_plugin_entry *entry, const struct gw_plugin_file *file,
                      const struct gw_fault *configuration, enum gw_trust *trust,
                      struct gw_fault *fault)
{
    const struct gw_plugin_facts *facts = &file->facts;
    struct gw_trusted trusted;

    int code = gw_trusted_load(&trusted, fault);
    const struct gw_trusted_entry *known = code ? NULL : gw_trusted_find(&trusted, facts->path);
    if (!code && !known) {
        code = refuse_unknown(entry, facts, configuration, fault);
    } else if (!code && strcmp(known->sha256, facts->sha256) != 0) {
        *trust = GW_TRUST_CHANGED;
        code = refuse_changed(entry, facts, known->sha256, fault);
    } else if (!code)
        *trust = GW_TRUST_USER;
    gw_trusted_free(&trusted);
    return code;
}

int gw_entry_isolated(const struct gw_registry *registry, const struct gw_plugin_entry *entry,
                      const struct gw_plugin_facts *facts, bool *isolated, struct gw_fault *fault)
{
    const bool driver = facts->kinds & GW_KIND_DRIVER;
    const bool asked = entry && entry->isolate && strcmp(entry->isolate, "process") == 0;

    *isolated =
        asked || (!gw_entry_bundled(registry, entry, facts->path) && !entry->isolate && !driver);
    if (!asked || !driver)
        return GW_DONE;
    gw_fail(fault, GW_PLUGIN_REFUSED,
            "plugin '%s' is a driver, and a driver cannot have a process of its own", entry->name);
    gw_hint(fault,
            "it has the connection, which stays within godwit: remove isolate = \"process\"");
    return gw_entry_blame(registry, entry, fault);
}

int gw_entry_check(const struct gw_registry *registry, const struct gw_plugin_entry *entry,
                   const struct gw_plugin_file *file, enum gw_trust *trust, struct gw_fault *fault)
{
    struct gw_fault configuration = { 0 };

    *trust = GW_TRUST_NONE;
    int code = check_pins(registry, entry, file, fault);
    if (!code && gw_entry_bundled(registry, entry, file->facts.path)) {
        *trust = GW_TRUST_BUNDLED;
    } else if (!code && gw_pinned(entry) &&
               !check_configuration(registry->project, &configuration)) {
        *trust = GW_TRUST_PINNED;
    } else if (!code)
        code = check_user(entry, file, &configuration, trust, fault);
    return code ? gw_entry_blame(registry, entry, fault) : GW_DONE;
}

/* ---- trust and revoke ---- */

int gw_registry_trust(struct gw_registry *registry, const char *name, struct gw_plugin_facts *out,
                      enum gw_trust *trust, struct gw_fault *fault)
{
    const struct gw_plugin_entry *entry;
    struct gw_fault unsafe = { 0 };
    struct gw_plugin_file file = { .fd = -1 };
    const char *path;
    bool found;

    int code = gw_registry_find(registry, name, &path, &entry, fault);
    if (!code)
        code = gw_plugin_file_open(&file, path, true, &unsafe, fault);
    if (!code && unsafe.code) {
        *fault = unsafe;
        code = fault->code;
    }
    if (!code) {
        gw_plugin_file_hash(&file);
        code = entry ? check_pins(registry, entry, &file, fault) : GW_DONE;
    }
    if (!code)
        code = gw_plugin_file_check(&file, fault);
    *trust = GW_TRUST_USER;
    if (!code && gw_entry_bundled(registry, entry, file.facts.path))
        *trust = GW_TRUST_BUNDLED;
    else if (!code)
        code = gw_trusted_record(file.facts.path, file.facts.sha256, &found, fault);
    *out = file.facts;
    gw_plugin_file_close(&file);
    return code && entry ? gw_entry_blame(registry, entry, fault) : code;
}

/* The file may be gone, and its entry too: then the path as it is written counts. */
static int path_to_revoke(struct gw_registry *registry, const char *name, char out[GW_PLUGIN_PATH],
                          struct gw_fault *fault)
{
    const struct gw_plugin_entry *entry = NULL;
    const char *path = name;

    int code = strchr(name, '/') ? GW_DONE : gw_registry_find(registry, name, &path, &entry, fault);
    if (code)
        return code;
    char *real = realpath(path, NULL);
    int n = snprintf(out, GW_PLUGIN_PATH, "%s", real ? real : path);
    free(real);
    return n >= 0 && n < GW_PLUGIN_PATH
               ? GW_DONE
               : gw_fail(fault, GW_USAGE, "file name too long: '%.200s...'", path);
}

int gw_registry_revoke(struct gw_registry *registry, const char *name, char out[GW_PLUGIN_PATH],
                       bool *found, struct gw_fault *fault)
{
    *found = false;
    int code = path_to_revoke(registry, name, out, fault);
    return code ? code : gw_trusted_record(out, NULL, found, fault);
}
