/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "driver.h"
#include "session.h"

#include <godwit/sdk.h>

enum {
    NAME_MOST = 64 /* characters */
};

static gw_status emit_name(struct gw_call *call, struct gw_str name, const struct gw_text_out *out)
{
    static const struct gw_str mark = GW_S("`");
    gw_status status = out->text(call, mark);
    while (status == GW_OK && name.len) {
        const char *found = memchr(name.ptr, '`', name.len);
        size_t n = found ? (size_t)(found - name.ptr) + 1 : name.len;
        status = out->text(call, (struct gw_str){ name.ptr, n });
        if (status == GW_OK && found)
            status = out->text(call, mark);
        name.ptr += n;
        name.len -= n;
    }
    return status == GW_OK ? out->text(call, mark) : status;
}

/* A quote is doubled in any mode; a backslash only where it shields. */
static gw_status emit_text(struct gw_call *call, struct gw_str text, bool no_backslash,
                           const struct gw_text_out *out)
{
    gw_status status = out->text(call, (struct gw_str)GW_S("'"));
    for (size_t i = 0, kept = 0; i <= text.len && status == GW_OK; i++) {
        char c = i < text.len ? text.ptr[i] : '\'';
        if (i < text.len && c != '\'' && (no_backslash || c != '\\'))
            continue;
        status = out->text(call, (struct gw_str){ text.ptr + kept, i - kept });
        kept = i;
        if (status == GW_OK && i < text.len)
            status = out->text(call, (struct gw_str){ &c, 1 });
    }
    return status == GW_OK ? out->text(call, (struct gw_str)GW_S("'")) : status;
}

/* A NUL byte may stand in a literal of neither mode. */
static gw_status emit_hex(struct gw_call *call, struct gw_str text, const struct gw_text_out *out)
{
    static const char digits[] = "0123456789abcdef";
    gw_status status = out->text(call, (struct gw_str)GW_S("_utf8mb4 x'"));
    for (size_t i = 0; i < text.len && status == GW_OK; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        const char pair[2] = { digits[byte >> 4], digits[byte & 15] };
        status = out->text(call, (struct gw_str){ pair, 2 });
    }
    return status == GW_OK ? out->text(call, (struct gw_str)GW_S("'")) : status;
}

static gw_status check_name(struct gw_call *call, struct gw_str name)
{
    size_t characters = 0;
    for (size_t i = 0; i < name.len; i++)
        characters += ((unsigned char)name.ptr[i] & 0xc0) != 0x80;
    if (!name.len || gw_text_valid(name.ptr, name.len) != name.len)
        return gw_failf(my_host(), call, GW_E_ARGUMENT, "",
                        "a name is empty, no UTF-8, or holds a NUL byte");
    if (characters > NAME_MOST)
        return gw_failf(my_host(), call, GW_E_ARGUMENT, "choose a shorter one",
                        "a name of %zu characters is too long; the server takes %d", characters,
                        NAME_MOST);
    return GW_OK;
}

gw_status my_quote(struct gw_call *call, void *conn, uint32_t kind, struct gw_str text,
                   const struct gw_text_out *out)
{
    const struct my_session *session = conn;
    bool no_backslash = session && my_modes_now(session).no_backslash;
    gw_status status;
    if (kind == GW_QUOTE_NAME) {
        status = check_name(call, text);
        if (status == GW_OK)
            status = emit_name(call, text, out);
    } else if (kind != GW_QUOTE_TEXT) {
        return gw_failf(my_host(), call, GW_E_ARGUMENT, "", "unknown kind of quoting: %u", kind);
    } else if (text.len && memchr(text.ptr, '\0', text.len)) {
        status = emit_hex(call, text, out);
    } else {
        status = emit_text(call, text, no_backslash, out);
    }
    return status == GW_STOP ? GW_OK : status;
}
