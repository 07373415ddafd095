/* SPDX-License-Identifier: Apache-2.0 */
#include "project/project.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Hiding too much is a nuisance, hiding too little a leak: whatever can be read in two ways is hidden. */
static const char *const HIDDEN = "***";

bool gw_name_is_secret(const char *name, size_t len)
{
    static const char *const whole[] = { "pass", "key", "pin" };
    static const char *const parts[] = { "password", "passwd", "passphrase", "pwd",
                                         "secret",   "token",  "credential", "apikey",
                                         "api_key",  "_key" };
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (len == strlen(whole[i]) && strncasecmp(name, whole[i], len) == 0)
            return true;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t part = strlen(parts[i]);
        for (size_t at = 0; at + part <= len; at++)
            if (strncasecmp(name + at, parts[i], part) == 0)
                return true;
    }
    return false;
}

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_-.%$", c));
}

/* Where the value of a keyword ends: in a query at the next '&', elsewhere at white space that is neither
 * quoted nor escaped (the rules of libpq's connection strings; more than others need). */
static const char *value_end(const char *at, bool query)
{
    if (query)
        return at + strcspn(at, "&");
    char quote = *at == '\'' || *at == '"' ? *at++ : '\0';
    for (; *at; at++) {
        if (*at == '\\' && at[1])
            at++;
        else if (quote ? *at == quote : isspace((unsigned char)*at) != 0)
            break;
    }
    return *at && quote ? at + 1 : at;
}

/* Appends text, hiding what follows "name =" where name sounds like a secret, or is spelt in a way
 * (percent-encoded, from the environment) that we cannot read. */
static void add_keywords(struct gw_buf *out, const char *text)
{
    bool query = false;
    while (*text) {
        size_t len = 0;
        while (is_name_byte(text[len]))
            len++;
        size_t equals = len + strspn(text + len, query ? "" : " \t");
        if (len && text[equals] == '=' &&
            (gw_name_is_secret(text, len) || memchr(text, '%', len) || memchr(text, '$', len))) {
            size_t value = equals + 1;
            value += strspn(text + value, query ? "" : " \t");
            gw_buf_add(out, text, value);
            gw_buf_text(out, HIDDEN);
            text = value_end(text + value, query);
            continue;
        }
        if (*text == '?')
            query = true;
        gw_buf_add(out, text, len ? len : 1);
        text += len ? len : 1;
    }
}

/* The length of "scheme://" at url, 0 if it does not begin so. */
static size_t scheme_length(const char *url)
{
    size_t len = 0;
    while (isalnum((unsigned char)url[len]) || (len && url[len] && strchr("+.-", url[len])))
        len++;
    return len && strncmp(url + len, "://", 3) == 0 ? len + 3 : 0;
}

/* user:password@host... after the scheme. */
static void add_authority(struct gw_buf *out, const char *rest)
{
    const char *at = strchr(rest, '@');
    if (!at) {
        add_keywords(out, rest);
        return;
    }
    if (strchr(at + 1, '@')) { /* a password may hold '@', '/' and '?': no telling where it ends */
        gw_buf_text(out, HIDDEN);
        return;
    }
    size_t user = strcspn(rest, ":@");
    if (memchr(rest, '$', user)) /* ${NAME} here may bring in a ':' */
        gw_buf_text(out, HIDDEN);
    else {
        gw_buf_add(out, rest, user);
        if (rest[user] == ':')
            gw_buf_printf(out, ":%s", HIDDEN);
    }
    add_keywords(out, at);
}

/* ${NAME} and nothing else. */
static bool is_one_name(const char *written)
{
    size_t len = strlen(written);
    return strncmp(written, "${", 2) == 0 && strcspn(written, "}") == len - 1;
}

/* "host=..." as libpq and ODBC have it. */
static bool is_keywords(const char *url)
{
    size_t len = 0;
    while (isalnum((unsigned char)url[len]) || url[len] == '_')
        len++;
    return len && url[len + strspn(url + len, " \t")] == '=';
}

const char *gw_url_shown(struct gw_arena *arena, const char *url, const char *written)
{
    /* Where the environment gives a part only, the text of the file is shown, ${NAME} and all: then no
     * secret can be taken for something else. */
    const char *source = written && !is_one_name(written) ? written : url;
    size_t scheme = scheme_length(source);
    if (written && !scheme && !is_keywords(source))
        return "(from environment)";

    struct gw_buf out = GW_BUF_TEXT;
    gw_buf_add(&out, source, scheme);
    if (scheme)
        add_authority(&out, source + scheme);
    else
        add_keywords(&out, source);
    const char *shown = out.failed ? NULL : gw_arena_copy(arena, gw_buf_str(&out), out.len);
    gw_buf_free(&out);
    return shown;
}
