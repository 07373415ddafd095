/* SPDX-License-Identifier: Apache-2.0 */
/* Files of a migrations folder: reading, and the first look at them. */
#include "base/file.h"
#include "base/text.h"
#include "migration/formats/common.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void gw_format_shown(char out[GW_SHOWN], const struct gw_folder *folder, const char *name)
{
    size_t folder_len = strlen(folder->path), name_len = strlen(name);
    bool here = strcmp(folder->path, ".") == 0;
    /* So long a folder would leave no room for the message. */
    if (here || folder_len + name_len + 2 > GW_SHOWN - 256) {
        snprintf(out, GW_SHOWN, "%s", name);
        return;
    }
    memcpy(out, folder->path, folder_len);
    if (folder_len && out[folder_len - 1] != '/')
        out[folder_len++] = '/';
    memcpy(out + folder_len, name, name_len + 1);
}

/* Length of the longest prefix of plain ASCII without NUL, eight bytes at a time: nearly every
 * migration is nothing else. */
static size_t ascii_prefix(const char *text, size_t len)
{
    const uint64_t high = UINT64_C(0x8080808080808080), ones = UINT64_C(0x0101010101010101);
    size_t at = 0;
    for (; len - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, text + at, sizeof word);
        if ((word | (word - ones)) & high)
            break;
    }
    return at;
}

static int check_encoding(const char *text, size_t len, size_t skipped, const char *shown,
                          struct gw_fault *fault)
{
    size_t plain = ascii_prefix(text, len);
    size_t valid = plain + gw_text_valid(text + plain, len - plain);
    if (valid == len)
        return GW_DONE;
    unsigned line, column;
    gw_text_position(text, valid, &line, &column);
    if (text[valid] == '\0')
        gw_format_fail(fault, shown, line, "NUL at byte %zu of the file", valid + skipped);
    else
        gw_format_fail(fault, shown, line, "invalid UTF-8 at byte %zu of the file (0x%02x)",
                       valid + skipped, (unsigned)(unsigned char)text[valid]);
    return gw_hint(fault, "migration files are UTF-8 text; save it as that");
}

int gw_format_read(struct gw_buf *buf, const struct gw_folder *folder, const char *name,
                   const char **text, size_t *len, struct gw_fault *fault)
{
    char shown[GW_SHOWN];
    gw_format_shown(shown, folder, name);
    int code = gw_file_read(buf, folder->fd, name, shown, fault);
    if (code)
        return code;
    *text = gw_buf_str(buf);
    *len = buf->len;
    if (*len >= 2 && (memcmp(*text, "\xFF\xFE", 2) == 0 || memcmp(*text, "\xFE\xFF", 2) == 0)) {
        gw_format_fail(fault, shown, 1, "UTF-16 at byte 0 of the file");
        return gw_hint(fault, "migration files are UTF-8 text; save it as that");
    }
    size_t mark = *len >= 3 && memcmp(*text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    *text += mark;
    *len -= mark;
    return check_encoding(*text, *len, mark, shown, fault);
}

static int compare_names(const void *key, const void *entry)
{
    return strcmp(key, *(char *const *)entry);
}

const char *gw_folder_find(const struct gw_folder *folder, const char *name)
{
    char **found =
        folder->n ? bsearch(name, folder->names, folder->n, sizeof *folder->names, compare_names)
                  : NULL;
    return found ? *found : NULL;
}

/* Up to room - 1 bytes from the start of a regular file; 0 if there are none. */
static size_t peek(const struct gw_folder *folder, const char *name, char *out, size_t room)
{
    struct stat st;
    ssize_t got = 0;
    int fd = openat(folder->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        got = read(fd, out, room - 1);
    close(fd);
    out[got > 0 ? got : 0] = '\0';
    return got > 0 ? (size_t)got : 0;
}

void gw_folder_sample(const struct gw_folder *folder, void (*see)(void *payload, const char *text),
                      void *payload)
{
    char text[16384];
    unsigned seen = 0;
    for (size_t i = 0; i < folder->n && seen < GW_SAMPLES; i++) {
        const char *name = folder->names[i];
        if (!isdigit((unsigned char)*name) || strchr(name, '/') || !gw_name_is_sql(name))
            continue;
        if (peek(folder, name, text, sizeof text))
            see(payload, text);
        seen++;
    }
}

struct scoring {
    const char *const *marks;
    int hits;
};

static void score_one(void *payload, const char *text)
{
    struct scoring *scoring = payload;
    for (const char *const *mark = scoring->marks; *mark; mark++)
        if (strcasestr(text, *mark)) {
            scoring->hits++;
            return;
        }
}

int gw_folder_score(const struct gw_folder *folder, const char *const *marks)
{
    struct scoring scoring = { .marks = marks };
    gw_folder_sample(folder, score_one, &scoring);
    return scoring.hits ? 60 + scoring.hits : 0;
}

enum {
    SWITCH_MOST = 65536
};

static int switch_line(const char *shown, const struct gw_line *line, const char *key, bool *value,
                       bool *found, struct gw_fault *fault)
{
    const char *comment = memchr(line->at, '#', line->len);
    struct gw_str text = gw_trim(line->at, comment ? (size_t)(comment - line->at) : line->len);
    if (!text.len)
        return GW_DONE;
    const char *equals = memchr(text.ptr, '=', text.len);
    size_t before = equals ? (size_t)(equals - text.ptr) : text.len;
    struct gw_str name = gw_trim(text.ptr, before);
    if (!equals || !gw_str_is(name, key)) {
        struct gw_buf safe = GW_BUF(512);
        gw_text_safe(&safe, name.ptr, name.len < 80 ? name.len : 80, false);
        gw_format_fail(fault, shown, line->number, "'%s' cannot be honoured", gw_buf_str(&safe));
        gw_buf_free(&safe);
        return gw_hint(fault, "only '%s' is read here; remove the line", key);
    }
    struct gw_str given = gw_trim(equals + 1, text.len - before - 1);
    *value = gw_str_is(given, "true");
    *found = true;
    if (*value || gw_str_is(given, "false"))
        return GW_DONE;
    gw_format_fail(fault, shown, line->number, "'%s' is neither true nor false", key);
    return gw_hint(fault, "write %s = false, or remove the line", key);
}

int gw_folder_switch(const struct gw_folder *folder, const char *name, const char *key, bool *value,
                     struct gw_fault *fault)
{
    struct gw_buf buf = GW_BUF(SWITCH_MOST);
    char shown[GW_SHOWN];
    struct gw_lines lines = { 0 };
    struct gw_line line;
    bool found = false;

    gw_format_shown(shown, folder, name);
    int code = gw_format_read(&buf, folder, name, &lines.text, &lines.len, fault);
    while (!code && gw_lines_next(&lines, &line))
        code = switch_line(shown, &line, key, value, &found, fault);
    if (!code && !found) {
        gw_format_fail(fault, shown, 0, "does not say '%s'", key);
        gw_hint(fault, "add the line, or remove the file");
        code = fault->code;
    }
    gw_buf_free(&buf);
    return code;
}
