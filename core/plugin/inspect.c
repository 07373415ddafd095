/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loader.h"

#include "base/text.h"

#include <string.h>

int gw_abi_check(const char *name, unsigned major, unsigned minor, struct gw_fault *fault)
{
    if (major == GW_ABI_MAJOR && minor <= GW_ABI_MINOR)
        return GW_DONE;
    gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' needs plugin ABI %u.%u; this godwit serves %d.%d",
            name, major, minor, GW_ABI_MAJOR, GW_ABI_MINOR);
    return gw_hint(fault, major >= GW_ABI_MAJOR
                              ? "use a newer godwit, or a build of the plugin for this one"
                              : "get a newer build of the plugin");
}

static int read_object(struct gw_plugin_file *file, struct gw_object *object,
                       struct gw_fault *fault)
{
    struct gw_plugin_facts *facts = &file->facts;
    int code = gw_object_read(object, file->content.ptr, file->content.len, facts->path, fault);
    facts->abi_major = object->abi_major;
    facts->abi_minor = object->abi_minor;
    facts->kinds = object->kinds;
    return code;
}

int gw_plugin_file_check(struct gw_plugin_file *file, struct gw_fault *fault)
{
    struct gw_object object;
    int code = read_object(file, &object, fault);
    for (gw_object_check *const *check = gw_object_checks; *check && !code; check++)
        code = (*check)(&object, file->facts.path, fault);
    return code;
}

int gw_plugin_inspect(struct gw_plugin_facts *out, const char *path, struct gw_fault *fault)
{
    struct gw_plugin_file file;
    struct gw_fault unsafe = { 0 };

    int code = gw_plugin_file_open(&file, path, true, &unsafe, fault);
    if (!code && unsafe.code) {
        *fault = unsafe;
        code = unsafe.code;
    }
    if (!code)
        code = gw_plugin_file_check(&file, fault);
    if (!code)
        gw_plugin_file_hash(&file);
    *out = file.facts;
    gw_plugin_file_close(&file);
    return code;
}

/* ---- a stranger's file ---- */

/* Adds a refusal; the slots are as many as there are checks. */
static void add_refusal(struct gw_plugin_report *out, const struct gw_fault *fault)
{
    if (fault->code && out->n_refusals < GW_REFUSALS)
        out->refusals[out->n_refusals++] = *fault;
}

/* Names between spaces, made safe to show: a space within one could be taken for two, never for less. */
static void add_texts(struct gw_buf *out, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            gw_buf_char(out, ' ');
        gw_text_safe(out, texts[i], strlen(texts[i]), false);
    }
}

int gw_plugin_report(struct gw_plugin_report *out, const char *path, struct gw_fault *fault)
{
    struct gw_fault unsafe = { 0 }, damaged = { 0 };
    struct gw_plugin_file file;
    struct gw_object object;

    *out = (struct gw_plugin_report){ .needed = GW_BUF_TEXT, .runpath = GW_BUF_TEXT };
    int code = gw_plugin_file_open(&file, path, true, &unsafe, fault);
    if (!code) {
        gw_plugin_file_hash(&file);
        add_refusal(out, &unsafe);
        read_object(&file, &object, &damaged);
        add_refusal(out, &damaged);
        for (gw_object_check *const *check = gw_object_checks; *check && !damaged.code; check++) {
            struct gw_fault refusal = { 0 };
            (*check)(&object, file.facts.path, &refusal);
            add_refusal(out, &refusal);
        }
        add_texts(&out->needed, object.needed, object.n_needed);
        add_texts(&out->runpath, object.runpath, object.n_runpath);
        out->facts = file.facts;
        out->note = object.note;
        if (out->needed.failed || out->runpath.failed)
            code = gw_fail_memory(fault);
    }
    gw_plugin_file_close(&file);
    return code;
}

void gw_plugin_report_free(struct gw_plugin_report *report)
{
    gw_buf_free(&report->needed);
    gw_buf_free(&report->runpath);
}
