/* SPDX-License-Identifier: Apache-2.0 */
/* A stranger's migration file: the first byte says which format, direction and what else is known. */
#include "migration/formats/format.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    DOWN = 1,
    DIALECT = 2,
    STORED = 4
}; /* of the first byte's low bits */

static struct gw_setting vars[] = {
    { .key = "a", .value = { .kind = GW_TEXT, .v.s = GW_S("value") } },
    { .key = "b-c", .value = { .kind = GW_TEXT, .v.s = GW_S("") } },
};

/* What was read lies in the order of the file, and what is stored of it reads back the same. */
static void check(const struct gw_script *script)
{
    struct gw_buf text = GW_BUF((size_t)64 << 20), twice = GW_BUF((size_t)64 << 20);
    struct gw_script again;
    struct gw_fault fault = { 0 };
    unsigned line = 0;
    for (size_t i = 0; i < script->segments.len; i++) {
        assert(script->segments.at[i].line >= line);
        line = script->segments.at[i].line;
    }
    gw_script_text(&text, script);
    assert(gw_script_parse_stored(&again, gw_buf_str(&text), text.len, "stored", &fault) == 0);
    assert(again.segments.len == script->segments.len);
    gw_script_text(&twice, &again);
    assert(text.len == twice.len && memcmp(gw_buf_str(&text), gw_buf_str(&twice), text.len) == 0);
    gw_script_free(&again);
    gw_buf_free(&text);
    gw_buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct gw_vars settings = { { vars, sizeof vars / sizeof vars[0] },
                                      { "${", 2 },
                                      { "}", 1 } };
    const struct gw_revision revision = { .id = "1", .file = "1_a.sql", .file_down = "1_b.sql" };
    struct gw_script script = { .transaction = true, .file = "1_a.sql" };
    struct gw_fault fault = { 0 };
    size_t formats = 0;

    if (size == 0)
        return 0;
    setenv("SET", "value", 1);
    while (gw_formats[formats])
        formats++;
    const struct gw_format *format = gw_formats[(data[0] >> 3) % formats];
    enum gw_direction direction = data[0] & DOWN ? GW_DOWN : GW_UP;
    int code;
    if (data[0] & STORED)
        code = gw_script_parse_stored(&script, (const char *)data + 1, size - 1, "stored", &fault);
    else {
        char *text = gw_arena_copy(&script.arena, (const char *)data + 1, size - 1);
        code = format->parse(&script, &revision, direction, text, size - 1, &settings,
                             data[0] & DIALECT ? "sqlite" : NULL, &fault);
    }
    assert((code != 0) == (fault.message[0] != '\0'));
    /* A NUL in the text is refused before a format sees it, and would end a string here. */
    if (code == 0 && !memchr(data, '\0', size))
        check(&script);
    gw_script_free(&script);
    return 0;
}
