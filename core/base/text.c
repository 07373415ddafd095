/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <ctype.h>
#include <string.h>

/* The second byte's range depends on the first (Unicode, table 3-7: no overlong forms, no surrogates). */
static bool utf8_second(unsigned char first, unsigned char second)
{
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    return second >= low && second <= high;
}

/* Length of the UTF-8 sequence at s (RFC 3629), 0 if it is not one. */
static size_t utf8_sequence(const unsigned char *s, size_t len)
{
    if (s[0] < 0x80)
        return s[0] ? 1 : 0;
    if (s[0] < 0xC2 || s[0] > 0xF4)
        return 0;
    size_t n = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    if (len < n || !utf8_second(s[0], s[1]))
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

size_t gw_text_valid(const char *text, size_t len)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t at = 0;
    while (at < len) {
        size_t n = utf8_sequence(s + at, len - at);
        if (!n)
            break;
        at += n;
    }
    return at;
}

enum {
    NEAREST_MOST = 63
};

/* Optimal string alignment: insertion, deletion, substitution, swap of neighbours; each costs 1. */
static size_t text_distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][NEAREST_MOST + 1];
    size_t *two = rows[0], *one = rows[1], *row = rows[2];

    for (size_t j = 0; j <= m; j++)
        one[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            size_t best = one[j - 1] + (x != y);
            if (one[j] + 1 < best)
                best = one[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2]) && two[j - 2] + 1 < best)
                best = two[j - 2] + 1;
            row[j] = best;
        }
        size_t *free_row = two;
        two = one;
        one = row;
        row = free_row;
    }
    return one[m];
}

const char *gw_text_nearest(const char *word, const char *const *candidates, size_t n)
{
    size_t len = strlen(word);
    const char *nearest = NULL;
    if (len == 0 || len > NEAREST_MOST)
        return NULL;
    size_t best = len / 3 < 1 ? 1 : len / 3 > 3 ? 3 : len / 3;
    best++;
    for (size_t i = 0; i < n; i++) {
        size_t other = strlen(candidates[i]);
        if (other > NEAREST_MOST)
            continue;
        size_t distance = text_distance(word, len, candidates[i], other);
        if (distance < best && distance < other) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

/* Whether a sequence of n bytes steers a terminal instead of showing something. */
static bool is_steering(const unsigned char *s, size_t n)
{
    if (n == 1)
        return s[0] < 0x20 || s[0] == 0x7F;
    if (n == 2) /* U+0080..U+009F: 8-bit controls */
        return s[0] == 0xC2 && s[1] < 0xA0;
    if (n != 3 || s[0] != 0xE2)
        return false;
    /* U+2028..U+202E end lines and turn text around, and so do U+2066..U+2069. */
    return (s[1] == 0x80 && s[2] >= 0xA8 && s[2] <= 0xAE) ||
           (s[1] == 0x81 && s[2] >= 0xA6 && s[2] <= 0xA9);
}

void gw_text_safe(struct gw_buf *out, const char *text, size_t len, bool keep_newlines)
{
    const unsigned char *s = (const unsigned char *)text;
    for (size_t at = 0; at < len;) {
        size_t n = utf8_sequence(s + at, len - at);
        if (keep_newlines && (s[at] == '\n' || s[at] == '\t'))
            gw_buf_char(out, text[at]);
        else if (s[at] == '\t')
            gw_buf_char(out, ' ');
        else if (n && !is_steering(s + at, n))
            gw_buf_add(out, text + at, n);
        else
            for (size_t i = 0; i < (n ? n : 1); i++)
                gw_buf_printf(out, "\\x%02x", s[at + i]);
        at += n ? n : 1;
    }
}

void gw_text_slug(char *out, size_t most, const char *title)
{
    size_t len = 0;
    for (const char *s = title; *s && len < most; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x80 && isalnum(c))
            out[len++] = (char)tolower(c);
        else if (len && out[len - 1] != '_')
            out[len++] = '_';
    }
    while (len && out[len - 1] == '_')
        len--;
    if (len == 0 && most >= sizeof "migration" - 1) {
        memcpy(out, "migration", sizeof "migration" - 1);
        len = sizeof "migration" - 1;
    }
    out[len] = '\0';
}

bool gw_text_duration(const char *text, size_t len, int64_t *ns)
{
    static const struct {
        char unit[3];
        int64_t ns;
    } units[] = { { "ns", 1 },
                  { "us", 1000 },
                  { "ms", 1000000 },
                  { "s", INT64_C(1000000000) },
                  { "m", INT64_C(60000000000) },
                  { "h", INT64_C(3600000000000) },
                  { "d", INT64_C(86400000000000) } };
    int64_t number = 0;
    size_t at = 0;

    for (; at < len && isdigit((unsigned char)text[at]); at++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, text[at] - '0', &number))
            return false;
    if (at == 0)
        return false;
    if (at == len) {
        *ns = 0;
        return number == 0;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        size_t unit = strlen(units[i].unit);
        if (len - at == unit && memcmp(text + at, units[i].unit, unit) == 0)
            return !__builtin_mul_overflow(number, units[i].ns, ns);
    }
    return false;
}

void gw_text_position(const char *text, size_t at, unsigned *line, unsigned *column)
{
    size_t start = 0;
    *line = 1;
    for (size_t i = 0; i < at; i++)
        if (text[i] == '\n') {
            ++*line;
            start = i + 1;
        }
    *column = (unsigned)(at - start) + 1;
}
