/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/stored.h"

#include "migration/formats/format.h"

#include <zstd.h>

enum {
    PLAIN_MOST = 512, /* bytes; zstd gains nothing on so little */
    LEVEL = 3
};

int gw_stored_pack(struct gw_stored *out, const struct gw_script *script, struct gw_arena *arena,
                   struct gw_fault *fault)
{
    struct gw_buf text = GW_BUF((size_t)2 * GW_MIGRATION_MOST);
    int code = GW_DONE;

    *out = (struct gw_stored){ .codec = "" };
    if (!script->exists)
        return GW_DONE;
    gw_script_text(&text, script);
    size_t room = ZSTD_compressBound(text.len);
    char *bytes = text.failed             ? NULL
                  : text.len > PLAIN_MOST ? gw_arena_alloc(arena, room)
                                          : gw_arena_copy(arena, gw_buf_str(&text), text.len);
    if (!bytes)
        code = gw_fail_memory(fault);
    else if (text.len <= PLAIN_MOST)
        *out = (struct gw_stored){ "plain", bytes, text.len };
    else {
        size_t packed = ZSTD_compress(bytes, room, gw_buf_str(&text), text.len, LEVEL);
        if (ZSTD_isError(packed))
            code = gw_fail(fault, GW_INTERNAL, "cannot compress a down script: %s",
                           ZSTD_getErrorName(packed));
        else
            *out = (struct gw_stored){ "zstd", bytes, packed };
    }
    gw_buf_free(&text);
    return code;
}

struct reading {
    struct gw_script *script;
    const char *id;
    bool found;
};

static int unpack(struct gw_script *out, const char *id, const struct gw_str packed,
                  struct gw_fault *fault)
{
    /* The size in the frame is a stranger's word: bounded before anything is allocated. */
    unsigned long long size = ZSTD_getFrameContentSize(packed.ptr, packed.len);
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR ||
        size > 2ULL * GW_MIGRATION_MOST)
        return gw_fail(fault, GW_USAGE, "the stored down script of '%s' is damaged", id);
    struct gw_arena arena = { 0 };
    char *text = gw_arena_array(&arena, (size_t)size + 1, 1);
    int code;
    if (!text)
        code = gw_fail_memory(fault);
    else if (ZSTD_decompress(text, (size_t)size, packed.ptr, packed.len) != size)
        code = gw_fail(fault, GW_USAGE, "the stored down script of '%s' is damaged", id);
    else
        code = gw_script_parse_stored(out, text, (size_t)size, id, fault);
    gw_arena_free(&arena);
    return code;
}

static int stored_take(void *payload, const struct gw_cell *cells, uint32_t n,
                       struct gw_fault *fault)
{
    struct reading *reading = payload;
    if (n != 2 || cells[0].kind != GW_TEXT ||
        (cells[1].kind != GW_BLOB && cells[1].kind != GW_TEXT))
        return GW_STOP;
    const struct gw_str codec = cells[0].v.s, bytes = cells[1].v.s;
    if (codec.len == 4 && memcmp(codec.ptr, "zstd", 4) == 0)
        reading->found = true;
    else if (codec.len == 5 && memcmp(codec.ptr, "plain", 5) == 0)
        reading->found = true;
    else if (codec.len)
        return gw_fail(fault, GW_USAGE,
                       "the stored down script of '%s' has the unknown codec '%.20s'", reading->id,
                       codec.ptr);
    if (!reading->found)
        return GW_STOP;
    int code = codec.len == 4 ? unpack(reading->script, reading->id, bytes, fault)
                              : gw_script_parse_stored(reading->script, bytes.ptr, bytes.len,
                                                       reading->id, fault);
    return code ? code : GW_STOP;
}

int gw_stored_read(struct gw_script *out, struct gw_state *state, struct gw_session *session,
                   const char *id, struct gw_fault *fault)
{
    struct reading reading = { .script = out, .id = id };
    const struct gw_cell key = gw_cell_text(id);

    *out = (struct gw_script){ 0 };
    const struct gw_query query = { state->sql[GW_SQL_DOWN], &key, 1, 2, stored_take, &reading };
    int code = gw_session_query(session, &query, fault);
    if (!code && !reading.found) {
        gw_fail(fault, GW_USAGE, "revision '%s' cannot be reverted: it has no down", id);
        gw_hint(fault, "write a new migration that undoes it");
        return fault->code;
    }
    return code;
}
