/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loader.h"

#include "base/text.h"
#include "plugin/image.h"
#include "plugin/required.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum {
    INTERFACES_MOST = 64,
    TABLE_BYTES_MOST = 65536,
    TEXT_MOST = 1024
};

static int refuse(const struct gw_plugin_loaded *plugin, const char *reason, struct gw_fault *fault)
{
    gw_fail(fault, GW_PLUGIN_REFUSED, "plugin '%s': %s", plugin->name, reason);
    return gw_hint(fault, "this is a fault in '%s'; tell its author", plugin->facts.path);
}

/* ---- the shared object ---- */

static int refuse_dl(const struct gw_plugin_loaded *plugin, const char *what,
                     struct gw_fault *fault)
{
    const char *reason = dlerror();
    struct gw_buf safe = GW_BUF_TEXT;
    gw_text_safe(&safe, reason ? reason : "", reason ? strlen(reason) : 0, false);
    gw_fail(fault, GW_PLUGIN_REFUSED, "plugin '%s' %s: %s", plugin->name, what, gw_buf_str(&safe));
    gw_buf_free(&safe);
    return gw_hint(fault, "`ldd %s` shows the libraries that it needs", plugin->facts.path);
}

static int open_object(const struct gw_plugin_loaded *plugin, const char *name,
                       const struct gw_plugin **theirs, struct gw_fault *fault)
{
    const struct gw_plugin *(*entry)(void);

    /* NODELETE and never dlclose: threads, destructors and pointers of the plugin stay valid. */
    struct gw_call call;
    gw_call_init(&call, plugin->name, plugin->events, NULL);
    gw_call_enter(&call, NULL, GW_PLUGIN_REFUSED);
    void *object = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    gw_call_leave(&call);
    if (!object)
        return refuse_dl(plugin, "cannot be loaded", fault);
    void *symbol = dlsym(object, GW_ENTRY);
    if (!symbol)
        return refuse(plugin, "exports no '" GW_ENTRY "'", fault);
    memcpy(&entry, &symbol,
           sizeof entry); /* POSIX lets a data pointer carry it, ISO C has no cast */
    gw_call_enter(&call, NULL, GW_PLUGIN_REFUSED);
    *theirs = entry();
    gw_call_leave(&call);
    return *theirs ? GW_DONE : refuse(plugin, "'" GW_ENTRY "' returned no descriptor", fault);
}

/* ---- the descriptor ---- */

static bool text_fits(const char *text)
{
    size_t len = text ? strnlen(text, TEXT_MOST) : 0;
    return len < TEXT_MOST && (!text || gw_text_valid(text, len) == len);
}

static int check_texts(struct gw_plugin_loaded *plugin, struct gw_fault *fault)
{
    struct gw_plugin *descriptor = &plugin->descriptor;
    const char **texts[] = { &descriptor->id,      &descriptor->version, &descriptor->vendor,
                             &descriptor->license, &descriptor->summary, &descriptor->url };

    if (!descriptor->id || !descriptor->id[0])
        return refuse(plugin, "its descriptor has no id", fault);
    if (!descriptor->version || !descriptor->version[0])
        return refuse(plugin, "its descriptor has no version", fault);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (!text_fits(*texts[i]))
            return refuse(plugin, "a text of its descriptor is too long or not valid UTF-8", fault);
        if (!*texts[i])
            *texts[i] = "";
    }
    return GW_DONE;
}

static uint32_t size_of_table(const void *vtable)
{
    uint32_t size;
    memcpy(&size, vtable, sizeof size);
    return size;
}

static uint32_t kind_of(const char *id)
{
    static const struct {
        const char *prefix;
        uint32_t kind;
    } kinds[] = {
        { "godwit.driver/", GW_KIND_DRIVER },
        { "godwit.validator/", GW_KIND_VALIDATOR },
        { "godwit.backup/", GW_KIND_BACKUP },
        { "godwit.hook/", GW_KIND_HOOK },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(id, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
            return kinds[i].kind;
    return 0;
}

static int check_one(const struct gw_plugin_loaded *plugin, const struct gw_provides *provides,
                     uint32_t n, struct gw_fault *fault)
{
    char reason[128];

    if (!text_fits(provides[n].id) || !strchr(provides[n].id, '/'))
        return refuse(plugin, "the id of an interface is not of the form NAME/REVISION", fault);
    if (!provides[n].vtable)
        return refuse(plugin, "an interface has no table", fault);
    uint32_t size = size_of_table(provides[n].vtable);
    if (size < sizeof size || size > TABLE_BYTES_MOST)
        return refuse(plugin, "the struct_size of an interface is out of range", fault);
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(provides[i].id, provides[n].id) == 0) {
            snprintf(reason, sizeof reason, "the interface '%.80s' is there twice", provides[n].id);
            return refuse(plugin, reason, fault);
        }
    return GW_DONE;
}

static int check_provides(const struct gw_plugin_loaded *plugin, struct gw_fault *fault)
{
    const uint32_t known = GW_KIND_DRIVER | GW_KIND_VALIDATOR | GW_KIND_BACKUP | GW_KIND_HOOK;
    const struct gw_provides *provides = plugin->descriptor.provides;
    uint32_t kinds = 0, n = 0;

    if (!provides)
        return refuse(plugin, "its descriptor provides no interface", fault);
    for (; provides[n].id; n++) {
        if (n == INTERFACES_MOST)
            return refuse(plugin, "its list of interfaces does not end", fault);
        if (check_one(plugin, provides, n, fault))
            return fault->code;
        kinds |= kind_of(provides[n].id);
    }
    if (n == 0)
        return refuse(plugin, "its descriptor provides no interface", fault);
    if (kinds != (plugin->facts.kinds & known))
        return refuse(plugin, "its note and its list of interfaces name different kinds", fault);
    return GW_DONE;
}

int gw_descriptor_check(struct gw_plugin_loaded *plugin, const struct gw_plugin *theirs,
                        struct gw_fault *fault)
{
    struct gw_plugin *descriptor = &plugin->descriptor;
    const uint32_t least = offsetof(struct gw_plugin, init); /* init and fini are optional */
    uint32_t size = size_of_table(theirs);

    if (size < least || size > TABLE_BYTES_MOST)
        return refuse(plugin, "the struct_size of its descriptor is out of range", fault);
    memset(descriptor, 0, sizeof *descriptor);
    memcpy(descriptor, theirs, size < sizeof *descriptor ? size : sizeof *descriptor);
    int code = gw_abi_check(plugin->name, descriptor->abi_major, descriptor->abi_minor, fault);
    if (!code && (descriptor->abi_major != plugin->facts.abi_major ||
                  descriptor->abi_minor != plugin->facts.abi_minor))
        code = refuse(plugin, "its note and its descriptor name different ABIs", fault);
    if (!code)
        code = check_texts(plugin, fault);
    if (!code)
        code = check_provides(plugin, fault);
    if (!code)
        code = gw_required_check(plugin->name, plugin->facts.path, descriptor->provides, fault);
    return code ? code : gw_options_check(plugin, fault);
}

int gw_plugin_open_as(struct gw_plugin_loaded *plugin, const char *name,
                      const struct gw_plugin **theirs, struct gw_fault *fault)
{
    int code = open_object(plugin, name, theirs, fault);
    return code ? code : gw_descriptor_check(plugin, *theirs, fault);
}

int gw_plugin_open(struct gw_plugin_loaded *plugin, const struct gw_plugin_file *file, bool sealed,
                   const struct gw_plugin **theirs, struct gw_fault *fault)
{
    char name[GW_PLUGIN_PATH];

    plugin->facts = file->facts;
    int code = sealed ? gw_image_open(name, file, plugin->events, fault) : GW_DONE;
    return code ? code
                : gw_plugin_open_as(plugin, sealed ? name : plugin->facts.path, theirs, fault);
}

bool gw_plugin_interface(const struct gw_plugin_loaded *plugin, const char *id, void *out,
                         size_t size)
{
    memset(out, 0, size);
    for (const struct gw_provides *one = plugin->descriptor.provides; one->id; one++) {
        if (strcmp(one->id, id) != 0)
            continue;
        size_t there = size_of_table(one->vtable);
        memcpy(out, one->vtable, there < size ? there : size);
        return true;
    }
    return false;
}
