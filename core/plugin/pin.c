/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/pin.h"

#include "base/file.h"
#include "base/hash.h"

#include <fcntl.h>
#include <sodium.h>
#include <string.h>

enum {
    SIGNATURE = crypto_sign_BYTES,
    SIGNATURE_FILE_MOST = 256
};

static int check_hash(const struct gw_plugin_entry *entry, const struct gw_plugin_file *file,
                      struct gw_fault *fault)
{
    struct gw_hash pinned;
    char text[GW_HASH_TEXT];

    if (gw_hash_parse(&pinned, entry->sha256, strlen(entry->sha256)))
        return gw_fail(fault, GW_PLUGIN_REFUSED, "the sha256 of plugin '%s' is malformed",
                       entry->name);
    gw_hash_text(text, &pinned);
    if (strcmp(text, file->facts.sha256) == 0)
        return GW_DONE;
    gw_fail(fault, GW_PLUGIN_REFUSED,
            "plugin '%s' is not the file that was pinned: '%.400s' has sha256 %s, the pin is %s",
            entry->name, file->facts.path, file->facts.sha256, text);
    return gw_hint(fault,
                   "bring back the file that was pinned, or find out who changed it before you "
                   "pin the new one");
}

/* ---- Ed25519 ---- */

/* 64 bytes, or their hex or base64, with or without a newline. */
static bool decode_signature(uint8_t out[SIGNATURE], const struct gw_buf *text)
{
    size_t len = text->len, got = 0;
    if (len == SIGNATURE) {
        memcpy(out, text->data, SIGNATURE);
        return true;
    }
    while (len && memchr(" \t\r\n", text->data[len - 1], 4))
        len--;
    if (len == 2 * (size_t)SIGNATURE)
        return sodium_hex2bin(out, SIGNATURE, text->data, len, NULL, &got, NULL) == 0 &&
               got == SIGNATURE;
    return sodium_base642bin(out, SIGNATURE, text->data, len, " \t\r\n", &got, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == SIGNATURE;
}

static int read_signature(uint8_t out[SIGNATURE], const char *path,
                          const struct gw_plugin_entry *entry, struct gw_fault *fault)
{
    struct gw_buf text = GW_BUF(SIGNATURE_FILE_MOST);
    struct gw_fault reason = { 0 };

    if (gw_file_read(&text, AT_FDCWD, path, path, &reason)) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "plugin '%s' has no signature that can be read: %s",
                entry->name, reason.message);
        gw_hint(fault, "put the signature beside the plugin, or name it: signature = \"FILE\"");
    } else if (!decode_signature(out, &text)) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' is not an Ed25519 signature", path);
        gw_hint(fault, "it is 64 bytes, or their hex or base64");
    }
    gw_buf_free(&text);
    return fault->code;
}

static int check_signature(const struct gw_plugin_entry *entry, const struct gw_plugin_file *file,
                           struct gw_fault *fault)
{
    struct gw_arena arena = { 0 };
    uint8_t signature[SIGNATURE];
    struct gw_hash key;

    const char *beside = entry->path ? entry->path : file->facts.path;
    const char *path =
        entry->signature ? entry->signature : gw_arena_printf(&arena, "%s.sig", beside);
    int code = GW_DONE;
    if (!path)
        code = gw_fail_memory(fault);
    else if (gw_key_parse(&key, entry->public_key, strlen(entry->public_key)))
        code = gw_fail(fault, GW_PLUGIN_REFUSED, "the public_key of plugin '%s' is malformed",
                       entry->name);
    else
        code = read_signature(signature, path, entry, fault);
    if (!code && crypto_sign_verify_detached(signature, (const unsigned char *)file->content.ptr,
                                             file->content.len, key.bytes)) {
        code =
            gw_fail(fault, GW_PLUGIN_REFUSED,
                    "plugin '%s' is not signed with the pinned public_key: '%.300s' does not fit "
                    "'%.300s' with sha256 %s",
                    entry->name, path, file->facts.path, file->facts.sha256);
        gw_hint(fault, "get plugin and signature anew from who made them");
    }
    gw_arena_free(&arena);
    return code;
}

int gw_pin_check(const struct gw_plugin_entry *entry, const struct gw_plugin_file *file,
                 struct gw_fault *fault)
{
    int code = GW_DONE;
    if (entry->signature && !entry->public_key) {
        code =
            gw_fail(fault, GW_PLUGIN_REFUSED,
                    "plugin '%s' has a signature and no public_key to check it with", entry->name);
        gw_hint(fault, "write public_key = \"...\"; beside it");
    }
    if (!code && entry->sha256)
        code = check_hash(entry, file, fault);
    if (!code && entry->public_key)
        code = check_signature(entry, file, fault);
    return code;
}
