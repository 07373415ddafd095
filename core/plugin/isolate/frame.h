/* SPDX-License-Identifier: Apache-2.0 */
/* What goes between godwit and the process of a plugin: frames, and the typed items within them. Whoever reads
 * believes nothing: every length, kind and text is checked, and nothing is read beyond its end. */
#ifndef GW_PLUGIN_ISOLATE_FRAME_H
#define GW_PLUGIN_ISOLATE_FRAME_H

#include "base/buf.h"
#include <godwit/base.h>

enum {
    GW_FRAME_HEAD = 12, /* u32 length of the payload, u16 type, u16 flags, u32 id; little-endian */
    GW_FRAME_MOST = 16 << 20 /* bytes of a payload */
};

/* gw_frame.flags */
enum {
    GW_FRAME_CONTINUES =
        1 << 0 /* the payload goes on in the next frame; only from godwit to a plugin */
};

struct gw_frame {
    uint16_t type; /* message.h */
    uint16_t flags;
    uint32_t id; /* of the call that it belongs to */
    struct gw_str payload;
};

enum gw_frame_state {
    GW_FRAME_PART,  /* more bytes are needed */
    GW_FRAME_WHOLE, /* *out is set; its payload lies in the bytes that were given */
    GW_FRAME_WRONG  /* the length is out of range */
};

/* The first frame of bytes. GW_FRAME_PART with out->payload.len set if the head alone is there. */
enum gw_frame_state gw_frame_read(struct gw_frame *out, const char *bytes, size_t len);
/* frame->payload.len is what counts of the payload. */
void gw_frame_head(char out[GW_FRAME_HEAD], const struct gw_frame *frame);

/* ---- items: one byte that tells the kind, then the value ---- */

void gw_put_int(struct gw_buf *out, int64_t number);
void gw_put_word(struct gw_buf *out, uint64_t word);
void gw_put_real(struct gw_buf *out, double number);
void gw_put_count(struct gw_buf *out, uint32_t n); /* so many entries follow */
/* What is not UTF-8, and NUL, becomes U+FFFD; at most most bytes are kept, no character is cut. */
void gw_put_text(struct gw_buf *out, struct gw_str text, size_t most);
void gw_put_string(struct gw_buf *out, const char *text); /* NULL is told from "" */
void gw_put_bytes(struct gw_buf *out, struct gw_str bytes);

/* Reads items. The first mistake stays, and what is read after it is zero or empty. */
struct gw_items {
    const char *at, *end;
    const char *wrong; /* what does not fit; NULL: nothing so far */
};

struct gw_items gw_items_of(struct gw_str payload);
int64_t gw_take_int(struct gw_items *items, int64_t least, int64_t most);
uint64_t gw_take_word(struct gw_items *items);
uint32_t gw_take_word32(struct gw_items *items); /* of 32 bits */
double gw_take_real(struct gw_items *items);
/* each: the fewest bytes that an entry has, so that a number alone makes nobody allocate much. */
uint32_t gw_take_count(struct gw_items *items, uint32_t most, size_t each);
/* Valid UTF-8 without NUL; ptr[len] is 0. */
struct gw_str gw_take_text(struct gw_items *items, size_t most);
const char *gw_take_string(struct gw_items *items, size_t most);  /* may be NULL */
struct gw_str gw_take_bytes(struct gw_items *items, size_t most); /* ptr[len] is 0 */
void gw_items_wrong(struct gw_items *items, const char *what);
/* True if all was read, and nothing was wrong. */
bool gw_items_end(struct gw_items *items);

#endif
