/* SPDX-License-Identifier: Apache-2.0 */
/* The one growing byte buffer. It has an obligatory ceiling, and a failure sticks: append freely, test
 * `failed` once at the end. */
#ifndef GW_BASE_BUF_H
#define GW_BASE_BUF_H

#include "base/fault.h"
#include <stdbool.h>

struct gw_buf {
    char *data; /* data[len] == 0 unless NULL */
    size_t len;
    size_t room;
    size_t ceiling; /* most bytes it may hold */
    bool failed;    /* out of memory or over the ceiling; later appends do nothing */
};

#define GW_BUF(most) ((struct gw_buf){ .ceiling = (most) })
#define GW_BUF_TEXT GW_BUF((size_t)16 << 20) /* for messages and SQL of our own */

/* Room for more bytes behind len, to be written in place; false (and failed) as for an append. */
bool gw_buf_reserve(struct gw_buf *buf, size_t more);
void gw_buf_add(struct gw_buf *buf, const void *bytes, size_t len);
void gw_buf_text(struct gw_buf *buf, const char *text);
void gw_buf_char(struct gw_buf *buf, char c);
void gw_buf_printf(struct gw_buf *buf, const char *format, ...) GW_PRINTF(2, 3);
void gw_buf_vprintf(struct gw_buf *buf, const char *format, va_list args) GW_PRINTF(2, 0);
void gw_buf_clear(struct gw_buf *buf); /* empty and not failed; keeps its memory */
void gw_buf_free(struct gw_buf *buf);
/* The text, never NULL. */
const char *gw_buf_str(const struct gw_buf *buf);

#endif
