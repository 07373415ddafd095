/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for a sound object. A library that is named by its path, or looked for in a folder that somebody else may
 * write into, would be code that nobody has checked. */
#include "plugin/object.h"

#include "base/text.h"
#include "plugin/loader.h"
#include "plugin/place.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what it is ---- */

static int check_note(const struct gw_object *object, const char *file, struct gw_fault *fault)
{
    if (object->note)
        return gw_abi_check(file, object->abi_major, object->abi_minor, fault);
    gw_fail(fault, GW_PLUGIN_REFUSED,
            "'%.400s' is not a plugin of godwit: it has no " GW_NOTE_SECTION, file);
    return gw_hint(fault, "a plugin is a shared object that was built with <godwit/plugin.h> and "
                          "GW_PLUGIN() for this machine");
}

static int check_entry(const struct gw_object *object, const char *file, struct gw_fault *fault)
{
    if (!object->has_symbols || object->entries == 1)
        return GW_DONE;
    gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' exports %s '" GW_ENTRY "'", file,
            object->entries ? "more than one" : "no");
    return gw_hint(fault,
                   "GW_PLUGIN() defines it, once in a plugin; a version script must not hide it");
}

/* ---- what it needs ---- */

static void show(char out[256], const char *text, size_t len)
{
    struct gw_buf safe = GW_BUF_TEXT;
    gw_text_safe(&safe, text, len < 200 ? len : 200, false);
    snprintf(out, 256, "%.250s", gw_buf_str(&safe));
    gw_buf_free(&safe);
}

static int check_needed(const struct gw_object *object, const char *file, struct gw_fault *fault)
{
    for (size_t i = 0; i < object->n_needed; i++) {
        const char *name = object->needed[i];
        char shown[256];
        if (name[0] && !strchr(name, '/'))
            continue;
        show(shown, name, strlen(name));
        gw_fail(fault, GW_PLUGIN_REFUSED,
                "'%.400s' needs the library '%s', a path instead of a name", file, shown);
        return gw_hint(fault, "link with -l and give the library a soname");
    }
    return GW_DONE;
}

/* Could another user put a library into that folder? One that is not there yet is as safe as the nearest one above
 * it. */
static int check_writable(const char *folder, struct gw_fault *fault)
{
    char path[PATH_MAX];
    size_t len = strlen(folder);
    memcpy(path, folder, len + 1);
    for (;;) {
        char *real = realpath(path, NULL);
        if (real) {
            int code = gw_place_folder(real, fault);
            free(real);
            return code;
        }
        if (errno != ENOENT && errno != ENOTDIR)
            return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot open '%.400s'", path);
        char *slash = strrchr(path, '/');
        slash[slash == path] = '\0';
    }
}

static int check_folder(const char *folder, size_t len, const char *file, struct gw_fault *fault)
{
    char path[PATH_MAX], shown[256];

    show(shown, folder, len);
    if (len == 0 || folder[0] != '/' || memchr(folder, '$', len) || len >= sizeof path) {
        gw_fail(fault, GW_PLUGIN_REFUSED,
                "'%.400s' looks for libraries in '%s', which is not an absolute folder", file,
                shown);
        return gw_hint(fault, "link it without -rpath, or with one that begins with '/'");
    }
    memcpy(path, folder, len);
    path[len] = '\0';
    if (!check_writable(path, fault))
        return GW_DONE;
    return gw_fault_prefix(fault, "'%.300s' looks for libraries in '%s'", file, shown);
}

static int check_runpath(const struct gw_object *object, const char *file, struct gw_fault *fault)
{
    int code = GW_DONE;
    for (size_t i = 0; i < object->n_runpath && !code; i++)
        for (const char *at = object->runpath[i]; !code;) {
            size_t len = strcspn(at, ":");
            code = check_folder(at, len, file, fault);
            if (!at[len])
                break;
            at += len + 1;
        }
    return code;
}

gw_object_check *const gw_object_checks[] = { check_note, check_entry, check_needed, check_runpath,
                                              NULL };
