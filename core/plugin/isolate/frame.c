/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/isolate/frame.h"

#include "base/text.h"

#include <string.h>

enum item {
    ITEM_INT = 'i',
    ITEM_WORD = 'w',
    ITEM_REAL = 'f',
    ITEM_COUNT = 'n',
    ITEM_TEXT = 't',
    ITEM_BYTES = 'b',
    ITEM_NOTHING = '0' /* a string that is NULL */
};

/* ---- numbers, little-endian whatever the machine ---- */

static void store(char *out, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (char)(number >> 8 * i & 0xFF);
}

static uint64_t fetch(const char *from, size_t bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++)
        number |= (uint64_t)(unsigned char)from[i] << 8 * i;
    return number;
}

/* ---- frames ---- */

enum gw_frame_state gw_frame_read(struct gw_frame *out, const char *bytes, size_t len)
{
    *out = (struct gw_frame){ 0 };
    if (len < GW_FRAME_HEAD)
        return GW_FRAME_PART;
    out->payload = (struct gw_str){ bytes + GW_FRAME_HEAD, (size_t)fetch(bytes, 4) };
    out->type = (uint16_t)fetch(bytes + 4, 2);
    out->flags = (uint16_t)fetch(bytes + 6, 2);
    out->id = (uint32_t)fetch(bytes + 8, 4);
    if (out->payload.len > GW_FRAME_MOST)
        return GW_FRAME_WRONG;
    return len - GW_FRAME_HEAD < out->payload.len ? GW_FRAME_PART : GW_FRAME_WHOLE;
}

void gw_frame_head(char out[GW_FRAME_HEAD], const struct gw_frame *frame)
{
    store(out, frame->payload.len, 4);
    store(out + 4, frame->type, 2);
    store(out + 6, frame->flags, 2);
    store(out + 8, frame->id, 4);
}

/* ---- items out ---- */

static void put_number(struct gw_buf *out, enum item kind, uint64_t number, size_t bytes)
{
    char item[9] = { (char)kind };
    store(item + 1, number, bytes);
    gw_buf_add(out, item, 1 + bytes);
}

void gw_put_int(struct gw_buf *out, int64_t number)
{
    put_number(out, ITEM_INT, (uint64_t)number, 8);
}

void gw_put_word(struct gw_buf *out, uint64_t word)
{
    put_number(out, ITEM_WORD, word, 8);
}

void gw_put_real(struct gw_buf *out, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    put_number(out, ITEM_REAL, bits, 8);
}

void gw_put_count(struct gw_buf *out, uint32_t n)
{
    put_number(out, ITEM_COUNT, n, 4);
}

static void put_sized(struct gw_buf *out, enum item kind, struct gw_str bytes)
{
    if (bytes.len > UINT32_MAX) {
        out->failed = true;
        return;
    }
    put_number(out, kind, bytes.len, 4);
    if (bytes.len)
        gw_buf_add(out, bytes.ptr, bytes.len);
    gw_buf_char(out, '\0');
}

void gw_put_bytes(struct gw_buf *out, struct gw_str bytes)
{
    put_sized(out, ITEM_BYTES, bytes);
}

/* What could be the beginning of a character that was cut goes, too. */
static size_t cut(const char *text, size_t most)
{
    while (most && ((unsigned char)text[most] & 0xC0) == 0x80)
        most--;
    return most;
}

void gw_put_text(struct gw_buf *out, struct gw_str text, size_t most)
{
    struct gw_buf clean = GW_BUF((size_t)1 << 30);

    if (!text.ptr)
        text.len = 0;
    if (text.len > most)
        text.len = cut(text.ptr, most);
    size_t good = text.len ? gw_text_valid(text.ptr, text.len) : 0;
    if (good == text.len) {
        put_sized(out, ITEM_TEXT, text);
        return;
    }
    for (size_t at = 0; at < text.len && clean.len + 3 <= most;) {
        good = gw_text_valid(text.ptr + at, text.len - at);
        if (good > most - 3 - clean.len)
            good = cut(text.ptr + at, most - 3 - clean.len);
        gw_buf_add(&clean, text.ptr + at, good);
        at += good;
        if (at < text.len)
            gw_buf_text(&clean, "\xEF\xBF\xBD");
        at++;
    }
    out->failed = out->failed || clean.failed;
    put_sized(out, ITEM_TEXT, (struct gw_str){ gw_buf_str(&clean), clean.len });
    gw_buf_free(&clean);
}

void gw_put_string(struct gw_buf *out, const char *text)
{
    if (text)
        gw_put_text(out, (struct gw_str){ text, strlen(text) }, GW_FRAME_MOST);
    else
        gw_buf_char(out, ITEM_NOTHING);
}

/* ---- items in ---- */

struct gw_items gw_items_of(struct gw_str payload)
{
    return (struct gw_items){ payload.ptr, payload.ptr + payload.len, NULL };
}

void gw_items_wrong(struct gw_items *items, const char *what)
{
    if (!items->wrong)
        items->wrong = what;
    items->at = items->end;
}

static size_t left(const struct gw_items *items)
{
    return (size_t)(items->end - items->at);
}

static uint64_t take_number(struct gw_items *items, enum item kind, size_t bytes)
{
    if (items->wrong || left(items) < 1 + bytes || *items->at != (char)kind) {
        gw_items_wrong(items, "an item that is cut off or of another kind");
        return 0;
    }
    uint64_t number = fetch(items->at + 1, bytes);
    items->at += 1 + bytes;
    return number;
}

int64_t gw_take_int(struct gw_items *items, int64_t least, int64_t most)
{
    int64_t number = (int64_t)take_number(items, ITEM_INT, 8);
    if (!items->wrong && (number < least || number > most))
        gw_items_wrong(items, "a number out of range");
    return items->wrong ? 0 : number;
}

uint64_t gw_take_word(struct gw_items *items)
{
    return take_number(items, ITEM_WORD, 8);
}

uint32_t gw_take_word32(struct gw_items *items)
{
    uint64_t word = gw_take_word(items);
    if (word > UINT32_MAX)
        gw_items_wrong(items, "a number out of range");
    return items->wrong ? 0 : (uint32_t)word;
}

double gw_take_real(struct gw_items *items)
{
    uint64_t bits = take_number(items, ITEM_REAL, 8);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

uint32_t gw_take_count(struct gw_items *items, uint32_t most, size_t each)
{
    uint32_t n = (uint32_t)take_number(items, ITEM_COUNT, 4);
    if (!items->wrong && (n > most || n > left(items) / each))
        gw_items_wrong(items, "a count out of range");
    return items->wrong ? 0 : n;
}

static struct gw_str take_sized(struct gw_items *items, enum item kind, size_t most)
{
    const struct gw_str none = { "", 0 };
    size_t len = (size_t)take_number(items, kind, 4);

    if (items->wrong)
        return none;
    if (len > most || left(items) < len + 1 || items->at[len] != '\0') {
        gw_items_wrong(items, "a length out of range");
        return none;
    }
    const struct gw_str bytes = { items->at, len };
    items->at += len + 1;
    return bytes;
}

struct gw_str gw_take_bytes(struct gw_items *items, size_t most)
{
    return take_sized(items, ITEM_BYTES, most);
}

struct gw_str gw_take_text(struct gw_items *items, size_t most)
{
    struct gw_str text = take_sized(items, ITEM_TEXT, most);
    if (gw_text_valid(text.ptr, text.len) == text.len)
        return text;
    gw_items_wrong(items, "a text that is not valid UTF-8");
    return (struct gw_str){ "", 0 };
}

const char *gw_take_string(struct gw_items *items, size_t most)
{
    if (!items->wrong && left(items) && *items->at == ITEM_NOTHING) {
        items->at++;
        return NULL;
    }
    return gw_take_text(items, most).ptr;
}

bool gw_items_end(struct gw_items *items)
{
    if (!items->wrong && left(items))
        gw_items_wrong(items, "more than it should");
    return !items->wrong;
}
