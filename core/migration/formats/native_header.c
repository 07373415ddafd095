/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "migration/formats/native.h"

#include <ctype.h>
#include <string.h>

static const char *const key_names[GW_KEYS] = {
    [GW_KEY_REVISION] = "revision",     [GW_KEY_REVISES] = "revises",
    [GW_KEY_CREATED] = "created",       [GW_KEY_BRANCH] = "branch",
    [GW_KEY_DEPENDS_ON] = "depends_on",
};

enum {
    TITLE_MOST = 400,
    WORD_MOST = 31
};

/* The word before the colon at the start of text; len 0 if text has not that form. *value gets
 * the rest. */
static struct gw_str key_of(struct gw_str text, struct gw_str *value)
{
    size_t len = 0;
    while (len < text.len &&
           (isalnum((unsigned char)text.ptr[len]) || text.ptr[len] == '_' || text.ptr[len] == '-'))
        len++;
    size_t at = len;
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t'))
        at++;
    if (at == text.len || text.ptr[at] != ':')
        len = 0;
    else
        *value = gw_trim(text.ptr + at + 1, text.len - at - 1);
    return (struct gw_str){ text.ptr, len };
}

static size_t key_index(struct gw_str word)
{
    size_t i = 0;
    while (i < GW_KEYS && !gw_str_is(word, key_names[i]))
        i++;
    return i;
}

bool gw_header_is_key(struct gw_str text)
{
    struct gw_str value, word = key_of(text, &value);
    return word.len && key_index(word) < GW_KEYS;
}

/* A title is shown and stored: cut at a character, not within one. */
static struct gw_str title_of(struct gw_str text)
{
    if (text.len > TITLE_MOST)
        text.len = gw_text_valid(text.ptr, TITLE_MOST);
    return text;
}

int gw_header_line(struct gw_header *header, const char *file, const struct gw_line *line,
                   struct gw_fault *fault)
{
    struct gw_str value, text = gw_line_comment(line);
    if (!text.len)
        return GW_DONE;
    struct gw_str word = key_of(text, &value);
    size_t key = key_index(word);
    if (word.len && key < GW_KEYS) {
        if (header->keys[key].line)
            return gw_format_fail(fault, file, line->number,
                                  "'%s' is given twice, first on line %u", key_names[key],
                                  header->keys[key].line);
        header->keys[key].value = value;
        header->keys[key].line = line->number;
        return GW_DONE;
    }
    if (!header->title.ptr) {
        header->title = title_of(text);
        return GW_DONE;
    }
    /* Prose may hold a colon; what is nearly a key is a slip. */
    char bare[WORD_MOST + 1];
    if (!word.len || word.len > WORD_MOST)
        return GW_DONE;
    memcpy(bare, word.ptr, word.len);
    bare[word.len] = '\0';
    if (!gw_text_nearest(bare, key_names, GW_KEYS))
        return GW_DONE;
    return gw_format_unknown(fault, file, line->number, "header key", word, key_names, GW_KEYS);
}
