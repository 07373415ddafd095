/* SPDX-License-Identifier: Apache-2.0 */
#include "project/reader.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* libconfig keeps a list a group and walks it for each name, so time grows with the square of this. */
enum {
    NESTING_MOST = 64,
    SETTINGS_MOST = 10000
};

/* A second, coarser reading of the text in step with libconfig's: it knows strings, comments, names and
 * numbers. libconfig 1.5 takes a comment that never ends for the end of the file, cuts numbers to 32 bits,
 * ends a string at \x00, leaks a string where none belongs, and opens whatever @include names. */
struct scan {
    const char *text;
    size_t at;
    unsigned line;
    char last; /* first byte of the token before; 0: none */
    unsigned depth;
    char open[NESTING_MOST]; /* the brackets that are open */
    unsigned settings;
    const char *name;
    struct gw_fault *fault;
};

/* A value begins after '=', in a list or array, or goes on after another string. */
static bool string_belongs(const struct scan *scan)
{
    if (scan->last == ',')
        return scan->depth && scan->open[scan->depth - 1] != '{';
    return scan->last && strchr("=:([\"", scan->last);
}

static int scan_string(struct scan *scan)
{
    unsigned first = scan->line;
    if (!string_belongs(scan)) {
        gw_fail(scan->fault, GW_USAGE, "%s:%u: a text where none belongs", scan->name, first);
        return gw_hint(scan->fault,
                       "keys are written without quotes, and key = value; ends with ';'");
    }
    for (scan->at++; scan->text[scan->at] != '"'; scan->at++) {
        const char *s = scan->text + scan->at;
        if (!*s)
            return gw_fail(scan->fault, GW_USAGE, "%s:%u: text that begins here never ends",
                           scan->name, first);
        if (*s == '\n')
            scan->line++;
        if (*s != '\\')
            continue;
        if (s[1] == '\\' || s[1] == '"')
            scan->at++;
        else if ((s[1] == 'x' || s[1] == 'X') && s[2] == '0' && s[3] == '0')
            return gw_fail(scan->fault, GW_USAGE, "%s:%u: text cannot hold a zero byte", scan->name,
                           scan->line);
    }
    scan->at++;
    return GW_DONE;
}

static int scan_comment(struct scan *scan)
{
    const char *s = scan->text + scan->at;
    if (*s == '#' || s[1] == '/') {
        scan->at += strcspn(s, "\n");
        return GW_DONE;
    }
    const char *end = strstr(s + 2, "*/");
    if (!end)
        return gw_fail(scan->fault, GW_USAGE, "%s:%u: the comment that begins here never ends",
                       scan->name, scan->line);
    for (; s < end; s++)
        if (*s == '\n')
            scan->line++;
    scan->at = (size_t)(end + 2 - scan->text);
    return GW_DONE;
}

/* Is what follows the digits at end a fraction or an exponent? */
static bool is_real(const char *start, const char *end, bool hex)
{
    return end == start || *end == '.' || (!hex && (*end == 'e' || *end == 'E'));
}

static int scan_integer(struct scan *scan, const char *start, size_t len, long long number,
                        int error)
{
    const int shown = len < 40 ? (int)len : 40;
    if (error)
        return gw_fail(scan->fault, GW_USAGE, "%s:%u: the number %.*s is too large", scan->name,
                       scan->line, shown, start);
    if (start[len] == 'L' || (number >= INT32_MIN && number <= INT32_MAX))
        return GW_DONE;
    gw_fail(scan->fault, GW_USAGE, "%s:%u: the number %.*s needs an L behind it", scan->name,
            scan->line, shown, start);
    return gw_hint(scan->fault, "write %.*sL: without, only 32 bits of it would be read", shown,
                   start);
}

static int scan_number(struct scan *scan)
{
    const char *start = scan->text + scan->at;
    bool hex = start[0] == '0' && (start[1] == 'x' || start[1] == 'X');
    char *end;

    errno = 0;
    long long number = strtoll(start, &end, hex ? 16 : 10);
    if (is_real(start, end, hex)) {
        scan->at += 1 + strspn(start + 1, "0123456789.eE+-");
        return GW_DONE;
    }
    scan->at = (size_t)(end - scan->text);
    return scan_integer(scan, start, (size_t)(end - start), number, errno);
}

static int scan_include(struct scan *scan)
{
    if (strncmp(scan->text + scan->at, "@include", strlen("@include")) == 0) {
        gw_fail(scan->fault, GW_USAGE, "%s:%u: '@include' is refused: it would read other files",
                scan->name, scan->line);
        return gw_hint(scan->fault, "write the settings into this file; what differs from place to "
                                    "place belongs into 'environments' or ${NAME}");
    }
    scan->at++; /* libconfig says what is wrong with it */
    return GW_DONE;
}

static int scan_mark(struct scan *scan)
{
    char c = scan->text[scan->at++];
    if (strchr("{[(", c)) {
        if (scan->depth == NESTING_MOST)
            return gw_fail(scan->fault, GW_USAGE, "%s:%u: brackets are nested more than %d deep",
                           scan->name, scan->line, NESTING_MOST);
        scan->open[scan->depth++] = c;
    }
    if (strchr("}])", c) && scan->depth)
        scan->depth--;
    if (strchr("=:,", c) && ++scan->settings > SETTINGS_MOST)
        return gw_fail(scan->fault, GW_USAGE, "%s:%u: more than %d settings", scan->name,
                       scan->line, SETTINGS_MOST);
    return GW_DONE;
}

static int scan_token(struct scan *scan)
{
    static const char name_part[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "0123456789-_*";
    const char c = scan->text[scan->at];
    if (c == '"')
        return scan_string(scan);
    if (c && strchr("0123456789+-", c))
        return scan_number(scan);
    if (c == '@')
        return scan_include(scan);
    size_t name = strspn(scan->text + scan->at, name_part);
    if (!name)
        return scan_mark(scan);
    scan->at += name;
    return GW_DONE;
}

static int scan_next(struct scan *scan)
{
    const char *s = scan->text + scan->at;
    if (*s == '#' || (*s == '/' && (s[1] == '/' || s[1] == '*')))
        return scan_comment(scan);
    if (strchr(" \t\r\f\n", *s)) {
        scan->line += *s == '\n';
        scan->at++;
        return GW_DONE;
    }
    int code = scan_token(scan);
    scan->last = *s;
    return code;
}

int gw_config_scan(const char *text, size_t len, const char *name, struct gw_fault *fault)
{
    struct scan scan = { .text = text, .line = 1, .name = name, .fault = fault };
    size_t valid = gw_text_valid(text, len);
    unsigned line, column;

    if (valid < len) {
        gw_text_position(text, valid, &line, &column);
        return gw_fail(fault, GW_USAGE, "%s:%u: %s at byte %u of the line", name, line,
                       text[valid] ? "invalid UTF-8" : "a zero byte", column);
    }
    int code = GW_DONE;
    while (!code && text[scan.at])
        code = scan_next(&scan);
    return code;
}
