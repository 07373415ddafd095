/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool gw_buf_reserve(struct gw_buf *buf, size_t more)
{
    if (buf->failed)
        return false;
    if (more > buf->ceiling || buf->len > buf->ceiling - more) {
        buf->failed = true;
        return false;
    }
    size_t need = buf->len + more + 1;
    if (need <= buf->room)
        return true;
    size_t room = buf->room ? buf->room : 64;
    while (room < need)
        room = room > SIZE_MAX / 2 ? need : room * 2;
    char *data = realloc(buf->data, room);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->room = room;
    return true;
}

void gw_buf_add(struct gw_buf *buf, const void *bytes, size_t len)
{
    if (!gw_buf_reserve(buf, len))
        return;
    if (len)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void gw_buf_text(struct gw_buf *buf, const char *text)
{
    gw_buf_add(buf, text, strlen(text));
}

void gw_buf_char(struct gw_buf *buf, char c)
{
    gw_buf_add(buf, &c, 1);
}

void gw_buf_vprintf(struct gw_buf *buf, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    if (len < 0)
        buf->failed = true;
    else if (gw_buf_reserve(buf, (size_t)len)) {
        vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
}

void gw_buf_printf(struct gw_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    gw_buf_vprintf(buf, format, args);
    va_end(args);
}

void gw_buf_clear(struct gw_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

void gw_buf_free(struct gw_buf *buf)
{
    free(buf->data);
    *buf = (struct gw_buf){ .ceiling = buf->ceiling };
}

const char *gw_buf_str(const struct gw_buf *buf)
{
    return buf->data ? buf->data : "";
}
