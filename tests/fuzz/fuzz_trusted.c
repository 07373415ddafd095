/* SPDX-License-Identifier: Apache-2.0 */
/* A stranger's trust file. What was read from it, written again, reads the same. */
#include "base/buf.h"
#include "plugin/trusted.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gw_trusted trusted = { 0 }, again = { 0 };
    struct gw_buf text = GW_BUF((size_t)4 << 20);
    struct gw_fault fault = { 0 }, none = { 0 };

    int code = gw_trusted_parse(&trusted, (const char *)data, size, "trusted", &fault);
    assert((code != 0) == (fault.message[0] != '\0'));
    for (size_t i = 0; i < trusted.entries.len; i++) {
        const struct gw_trusted_entry *entry = &trusted.entries.at[i];
        assert(entry->path[0] == '/' && strlen(entry->sha256) == 64 && !strchr(entry->path, '\n'));
        assert(gw_trusted_find(&trusted, entry->path));
        gw_buf_printf(&text, "%s %s\n", entry->sha256, entry->path);
    }
    assert(gw_trusted_parse(&again, gw_buf_str(&text), text.len, "again", &none) == 0);
    assert(again.entries.len == trusted.entries.len);
    gw_buf_free(&text);
    gw_trusted_free(&trusted);
    gw_trusted_free(&again);
    return 0;
}
