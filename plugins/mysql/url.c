/* SPDX-License-Identifier: Apache-2.0 */
#include "url.h"

#include "base/text.h"

#include <godwit/sdk.h>
#include <stdlib.h>

struct reading {
    struct gw_call *call;
    const struct gw_host *host;
    struct gw_arena *arena;
    struct my_target *out;
};

static const char form[] = "write mysql://USER:PASSWORD@HOST:PORT/DATABASE?socket=...; "
                           "%40 stands for '@', %2F for '/', %25 for '%'";

static gw_status refuse(const struct reading *reading, const char *hint, const char *what)
{
    return gw_failf(reading->host, reading->call, GW_E_ARGUMENT, hint, "database.url %s", what);
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes %XX. NULL with *status set: malformed, or a NUL byte, which would cut the text. */
static const char *decode(const struct reading *reading, struct gw_str text, gw_status *status)
{
    char *out = gw_arena_copy(reading->arena, text.ptr, text.len);
    size_t n = 0;
    if (!out) {
        *status = gw_failf(reading->host, reading->call, GW_E_NO_MEMORY, "", "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex(text.ptr[i + 1]) : -1;
            int low = high >= 0 ? hex(text.ptr[i + 2]) : -1;
            if (low < 0) {
                *status = refuse(reading, form, "holds a '%' without two hex digits");
                return NULL;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (!c) {
            *status = refuse(reading, form, "holds a NUL byte");
            return NULL;
        }
        out[n++] = c;
    }
    out[n] = '\0';
    return out;
}

static gw_status decode_to(const struct reading *reading, struct gw_str text, const char **out)
{
    gw_status status = GW_OK;
    if (text.len)
        *out = decode(reading, text, &status);
    return status;
}

/* Cuts text at the first (or last) mark; what follows goes to *rest. False: there is none. */
static bool cut(struct gw_str *text, char mark, bool last, struct gw_str *rest)
{
    const char *at =
        last ? memrchr(text->ptr, mark, text->len) : memchr(text->ptr, mark, text->len);
    if (!at)
        return false;
    size_t len = (size_t)(at - text->ptr);
    *rest = (struct gw_str){ at + 1, text->len - len - 1 };
    text->len = len;
    return true;
}

static bool number(struct gw_str text, unsigned most, unsigned *out)
{
    unsigned long value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || i > 6)
            return false;
        value = value * 10 + (unsigned long)(text.ptr[i] - '0');
    }
    *out = (unsigned)value;
    return text.len && value >= 1 && value <= most;
}

/* ---- parameters ---- */

static const char *const tls_modes[] = {
    [MY_TLS_DISABLED] = "disabled",
    [MY_TLS_PREFERRED] = "preferred",
    [MY_TLS_REQUIRED] = "required",
    [MY_TLS_VERIFY_CA] = "verify_ca",
    [MY_TLS_VERIFY_IDENTITY] = "verify_identity",
};

static const char *const parameters[] = {
    "socket",  "ssl_mode",        "ssl_ca",       "ssl_cert",      "ssl_key",
    "charset", "connect_timeout", "default_file", "default_group",
};
enum {
    PARAMETERS = sizeof parameters / sizeof parameters[0]
};

static gw_status take_tls(const struct reading *reading, struct gw_str value)
{
    for (size_t i = 0; i < sizeof tls_modes / sizeof tls_modes[0]; i++)
        if (strlen(tls_modes[i]) == value.len &&
            strncasecmp(tls_modes[i], value.ptr, value.len) == 0) {
            reading->out->tls = (enum my_tls)i;
            return GW_OK;
        }
    return refuse(reading, "use disabled, preferred, required, verify_ca or verify_identity",
                  "has an unknown ssl_mode");
}

static gw_status fail_parameter(const struct reading *reading, struct gw_str name)
{
    char word[32], hint[120] = "the parameters are: socket, ssl_mode, ssl_ca, ssl_cert, ssl_key, "
                               "charset, connect_timeout, default_file, default_group";
    size_t len = name.len < sizeof word - 1 ? name.len : sizeof word - 1;
    memcpy(word, name.ptr, len);
    word[len] = '\0';
    const char *nearest = gw_text_nearest(word, parameters, PARAMETERS);
    if (nearest)
        snprintf(hint, sizeof hint, "did you mean '%s'?", nearest);
    /* What does not look like a name may be the rest of a password with a '?' in it. */
    for (size_t i = 0; i < len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz_-ABCDEFGHIJKLMNOPQRSTUVWXYZ", word[i]))
            return refuse(reading, form, "has a parameter that is none");
    return gw_failf(reading->host, reading->call, GW_E_ARGUMENT, hint,
                    "database.url has the unknown parameter '%s'", word);
}

static gw_status take_parameter(const struct reading *reading, struct gw_str name,
                                struct gw_str value)
{
    struct my_target *out = reading->out;
    const char **const texts[PARAMETERS] = {
        [0] = &out->socket,        [2] = &out->ssl_ca,  [3] = &out->ssl_cert,
        [4] = &out->ssl_key,       [5] = &out->charset, [7] = &out->default_file,
        [8] = &out->default_group,
    };
    size_t i = 0;
    while (i < PARAMETERS &&
           (strlen(parameters[i]) != name.len || memcmp(parameters[i], name.ptr, name.len) != 0))
        i++;
    if (i == PARAMETERS)
        return fail_parameter(reading, name);
    if (texts[i])
        return decode_to(reading, value, texts[i]);
    if (i == 1)
        return take_tls(reading, value);
    return number(value, 3600, &out->connect_timeout)
               ? GW_OK
               : refuse(reading, "write seconds, 1 to 3600", "has a connect_timeout that is none");
}

static gw_status take_parameters(const struct reading *reading, struct gw_str query)
{
    gw_status status = GW_OK;
    while (status == GW_OK && query.len) {
        struct gw_str rest = { query.ptr + query.len, 0 }, value = rest;
        cut(&query, '&', false, &rest);
        cut(&query, '=', false, &value);
        if (query.len)
            status = take_parameter(reading, query, value);
        query = rest;
    }
    return status;
}

/* ---- user, host, database ---- */

static gw_status take_user(const struct reading *reading, struct gw_str user)
{
    struct gw_str password = { user.ptr, 0 };
    bool given = cut(&user, ':', false, &password);
    gw_status status = decode_to(reading, user, &reading->out->user);
    if (status == GW_OK && given) {
        reading->out->password = "";
        status = decode_to(reading, password, &reading->out->password);
    }
    return status;
}

static gw_status take_host(const struct reading *reading, struct gw_str host)
{
    struct gw_str port = { host.ptr, 0 };
    bool given;
    if (host.len && host.ptr[0] == '[') { /* [::1]:3306 */
        struct gw_str rest;
        host.ptr++;
        host.len--;
        if (!cut(&host, ']', false, &rest) || (rest.len && rest.ptr[0] != ':'))
            return refuse(reading, form, "has an address in [...] that is not closed");
        given = rest.len > 0;
        port = given ? (struct gw_str){ rest.ptr + 1, rest.len - 1 } : rest;
    } else {
        given = cut(&host, ':', true, &port);
    }
    if (given && !number(port, 65535, &reading->out->port))
        return refuse(reading, form, "has a port that is none");
    return decode_to(reading, host, &reading->out->host);
}

static bool take_scheme(struct gw_str *url)
{
    static const char *const schemes[] = { "mysql://", "mariadb://" };
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t n = strlen(schemes[i]);
        if (url->len >= n && strncasecmp(url->ptr, schemes[i], n) == 0) {
            url->ptr += n;
            url->len -= n;
            return true;
        }
    }
    return false;
}

gw_status my_url_read(struct gw_call *call, const struct gw_host *host, struct gw_str url,
                      struct gw_arena *arena, struct my_target *out)
{
    const struct reading reading = { call, host, arena, out };
    struct gw_str query = { url.ptr, 0 }, path = query, server = query;
    gw_status status = GW_OK;

    *out = (struct my_target){ .tls = MY_TLS_PREFERRED, .connect_timeout = 10 };
    if (!take_scheme(&url))
        return refuse(&reading, form, "is not one of a MySQL or MariaDB server");
    cut(&url, '?', false, &query);
    cut(&url, '/', false, &path);
    if (cut(&url, '@', true, &server))
        status = take_user(&reading, url);
    else
        server = url;
    if (status == GW_OK)
        status = take_host(&reading, server);
    if (status == GW_OK && memchr(path.ptr, '/', path.len))
        status = refuse(&reading, form, "has a '/' too many");
    if (status == GW_OK)
        status = decode_to(&reading, path, &out->database);
    if (status == GW_OK)
        status = take_parameters(&reading, query);
    if (status == GW_OK && !out->database)
        status = refuse(&reading, form, "names no database");
    return status;
}
