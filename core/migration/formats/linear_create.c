/* SPDX-License-Identifier: Apache-2.0 */
/* Names of new migrations for the formats with versions. */
#include "base/clock.h"
#include "base/text.h"
#include "migration/formats/linear.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
    SLUG_MOST = 60,
    DATE_DIGITS = 6, /* a year, a month and a day of one digit each */
    STAMP_DIGITS = 14,
    WIDE_DIGITS = 18,
    UNIX_DIGITS = 10
};

static const struct gw_revision *newest(const struct gw_history *history)
{
    /* Versioned revisions stand in their order, the newest last. */
    return history && history->n_versioned ? &history->at[history->n_versioned - 1] : NULL;
}

char *gw_digits_next(struct gw_arena *arena, const char *digits)
{
    size_t len = strlen(digits);
    char *next = gw_arena_alloc(arena, len + 2);
    if (!next)
        return NULL;
    memcpy(next + 1, digits, len);
    next[0] = '0';
    for (size_t i = len + 1; i-- > 0;) {
        if (next[i] != '9') {
            next[i]++;
            break;
        }
        next[i] = '0';
    }
    return next[0] == '0' ? next + 1 : next;
}

/* now as STAMP_DIGITS digits of date and time, with zeros behind it up to width. */
static char *stamp_version(struct gw_arena *arena, int64_t now_ns, size_t width)
{
    char stamp[GW_TIME_TEXT];
    gw_time_stamp(stamp, now_ns);
    char *version = gw_arena_alloc(arena, width + 1);
    size_t len = 0;
    for (const char *c = stamp; version && *c && len < width; c++)
        if (isdigit((unsigned char)*c))
            version[len++] = *c;
    while (version && len < width)
        version[len++] = '0';
    return version;
}

static bool is_of_our_time(const char *version)
{
    return strncmp(version, "19", 2) == 0 || strncmp(version, "20", 2) == 0;
}

static bool looks_like_stamp(const char *digits)
{
    return strlen(digits) >= STAMP_DIGITS && is_of_our_time(digits);
}

/* A version keeps no leading zeros where the tool stores a number: the file name shows the
 * width. */
static size_t width_of(const struct gw_revision *last)
{
    const char *slash = strrchr(last->file, '/');
    const char *name = slash ? slash + 1 : last->file;
    size_t width = strspn(name, "0123456789");
    return width ? width : strlen(last->version);
}

static const char *next_number(struct gw_arena *arena, const struct gw_revision *last)
{
    const char *next = gw_digits_next(arena, last->version);
    size_t width = width_of(last);
    if (!next || strlen(next) >= width)
        return next;
    return gw_arena_printf(arena, "%0*d%s", (int)(width - strlen(next)), 0, next);
}

static const char *later(struct gw_arena *arena, const char *now, const struct gw_revision *last)
{
    if (!now)
        return NULL;
    return gw_version_compare(now, last->version) > 0 ? now : next_number(arena, last);
}

/* Where versions are text, what comes next is not always what counts on from the last: 10 comes before 9, and
 * a version may have letters, or digits that a date left out. */
static const char *next_text(struct gw_arena *arena, const struct gw_revision *last, int64_t now_ns,
                             struct gw_fault *fault)
{
    const size_t digits = strspn(last->version, "0123456789");
    const char *version = NULL;
    if (digits >= DATE_DIGITS && is_of_our_time(last->version))
        version = stamp_version(arena, now_ns, digits >= WIDE_DIGITS ? WIDE_DIGITS : STAMP_DIGITS);
    if (!version || gw_version_compare_text(version, last->version) <= 0) {
        const char *front = gw_arena_copy(arena, last->version, digits);
        version = front ? gw_digits_next(arena, front) : NULL;
    }
    if (!version)
        gw_fail_memory(fault);
    else if (gw_version_compare_text(version, last->version) <= 0) {
        gw_fail(fault, GW_USAGE,
                "a new version '%s' would come before '%s': versions are text here", version,
                last->version);
        gw_hint(fault, "make the migration by hand, with a version that comes after it");
        version = NULL;
    }
    return version;
}

const char *gw_version_next(struct gw_arena *arena, const struct gw_history *history,
                            const struct gw_create_options *options, struct gw_fault *fault)
{
    const struct gw_revision *last = newest(history);
    const char *version;
    if (!last || !last->version)
        version = stamp_version(arena, options->now_ns, STAMP_DIGITS);
    else if (history->format && history->format->compare == gw_version_compare_text)
        return next_text(arena, last, options->now_ns, fault);
    else if (looks_like_stamp(last->version))
        version = later(arena, stamp_version(arena, options->now_ns, strlen(last->version)), last);
    else if (strlen(last->version) == UNIX_DIGITS)
        version = later(
            arena, gw_arena_printf(arena, "%lld", (long long)(options->now_ns / 1000000000)), last);
    else
        version = next_number(arena, last);
    if (!version)
        gw_fail_memory(fault);
    return version;
}

/* The revision that a new one follows: a baseline stands beside the line. */
static const struct gw_revision *end_of_line(const struct gw_history *history)
{
    for (uint32_t i = history ? history->n_versioned : 0; i-- > 0;)
        if (!(history->at[i].flags & GW_REV_BASELINE))
            return &history->at[i];
    return NULL;
}

int gw_linear_check(const struct gw_history *history, const struct gw_create_options *options,
                    struct gw_fault *fault)
{
    const struct gw_revision *last = end_of_line(history);
    const char *revises = options->revises ? options->revises : "";
    if (*revises && (!last || strcmp(revises, last->id) != 0)) {
        gw_fail(fault, GW_USAGE,
                "in a folder of this format each migration follows the newest one");
        return gw_hint(fault, "leave out what it shall revise; branches need the native format");
    }
    if ((options->depends_on && *options->depends_on) || (options->label && *options->label)) {
        gw_fail(fault, GW_USAGE, "this format knows no labels and no dependencies");
        return gw_hint(fault, "leave them out; they need the native format");
    }
    return GW_DONE;
}

int gw_linear_create(struct gw_arena *arena, const struct gw_history *history,
                     const struct gw_create_options *options, const char *const ends[2],
                     const char *const contents[2], const char *names[3], const char *texts[3],
                     struct gw_fault *fault)
{
    char slug[SLUG_MOST + 1];
    int code = gw_linear_check(history, options, fault);
    if (code)
        return code;
    const char *version = gw_version_next(arena, history, options, fault);
    if (!version)
        return fault->code;
    gw_text_slug(slug, SLUG_MOST, options->title);
    memset(names, 0, 3 * sizeof *names);
    memset(texts, 0, 3 * sizeof *texts);
    for (size_t i = 0; i < 2 && ends[i]; i++) {
        names[i] = gw_arena_printf(arena, "%s_%s%s", version, slug, ends[i]);
        texts[i] = contents[i];
        if (!names[i])
            return gw_fail_memory(fault);
    }
    return GW_DONE;
}
