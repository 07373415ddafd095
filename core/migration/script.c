/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/script.h"

#include "base/file.h"
#include "migration/formats/common.h"
#include "migration/token.h"

#include <string.h>

/* The files of one revision as they are now. */
struct reading {
    struct gw_folder folder;
    struct gw_buf bytes[2];
    const char *text[2];
    size_t len[2];
    size_t n;
};

static int read_files(struct reading *reading, const struct gw_revision *revision,
                      struct gw_fault *fault)
{
    const char *names[2] = { revision->file, revision->file_down };
    reading->n = names[1] && strcmp(names[0], names[1]) != 0 ? 2 : 1;
    for (size_t i = 0; i < reading->n; i++) {
        /* Room for a NUL and the other file behind it, to be hashed as one. */
        reading->bytes[i] = GW_BUF((size_t)(i ? 1 : 2) * GW_MIGRATION_MOST + 1);
        int code = gw_format_read(&reading->bytes[i], &reading->folder, names[i], &reading->text[i],
                                  &reading->len[i], fault);
        if (code)
            return code;
    }
    return GW_DONE;
}

static int hash_tokens(struct gw_script *out, const struct reading *reading, struct gw_fault *fault)
{
    /* Folding adds at most the two line ends around an order, which is longer than they are. */
    struct gw_buf folded = GW_BUF((size_t)4 * GW_MIGRATION_MOST);
    for (size_t i = 0; i < reading->n; i++) {
        if (i)
            gw_buf_char(&folded, '\0');
        gw_token_fold(&folded, reading->text[i], reading->len[i]);
    }
    bool failed = folded.failed;
    gw_hash_of(&out->token_sha256, gw_buf_str(&folded), folded.len);
    gw_buf_free(&folded);
    return failed ? gw_fail_memory(fault) : GW_DONE;
}

/* Afterwards the first buffer holds both files, and text[0] may have moved. */
static int hash_bytes(struct gw_script *out, struct reading *reading, struct gw_fault *fault)
{
    struct gw_buf *first = &reading->bytes[0];
    size_t mark = (size_t)(reading->text[0] - gw_buf_str(first));
    if (reading->n == 2) {
        gw_buf_char(first, '\0');
        gw_buf_add(first, gw_buf_str(&reading->bytes[1]), reading->bytes[1].len);
    }
    if (first->failed)
        return gw_fail_memory(fault);
    reading->text[0] = gw_buf_str(first) + mark;
    gw_hash_of(&out->sha256, gw_buf_str(first), first->len);
    return GW_DONE;
}

static int parse(struct gw_script *out, const struct gw_history *history,
                 const struct gw_revision *revision, enum gw_direction direction,
                 const char *dialect, struct reading *reading, struct gw_fault *fault)
{
    char shown[GW_SHOWN];
    int code = read_files(reading, revision, fault);
    if (!code)
        code = hash_tokens(out, reading, fault);
    if (!code)
        code = hash_bytes(out, reading, fault);
    if (code)
        return code;
    size_t side = direction == GW_DOWN && reading->n == 2 ? 1 : 0;
    const char *name = side ? revision->file_down : revision->file;
    gw_format_shown(shown, &reading->folder, name);
    out->file = gw_arena_string(&out->arena, shown);
    const char *text = gw_arena_copy(&out->arena, reading->text[side], reading->len[side]);
    if (!out->file || !text)
        return gw_fail_memory(fault);
    return history->format->parse(out, revision, direction, text, reading->len[side],
                                  &history->vars, dialect, fault);
}

int gw_script_read(struct gw_script *out, const struct gw_history *history, uint32_t revision,
                   enum gw_direction direction, const char *dialect, struct gw_fault *fault)
{
    const struct gw_revision *of = &history->at[revision];
    struct reading reading = { .folder = { .path = history->directory } };

    *out = (struct gw_script){ .transaction = true, .mixes = history->format->linear };
    if (!of->file)
        return gw_fail(fault, GW_USAGE, "revision '%s' has no file", of->id);
    if (!history->opened)
        return gw_fail(fault, GW_INTERNAL, "the folder '%s' was not loaded", history->directory);
    reading.folder.fd = history->folder;
    int code = parse(out, history, of, direction, dialect, &reading, fault);
    gw_buf_free(&reading.bytes[0]);
    gw_buf_free(&reading.bytes[1]);
    return code;
}

void gw_script_free(struct gw_script *script)
{
    gw_vec_free(&script->segments);
    gw_arena_free(&script->arena);
    *script = (struct gw_script){ 0 };
}
