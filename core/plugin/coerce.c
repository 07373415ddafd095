/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/options.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct coercion {
    const struct gw_option *option;
    const struct gw_given *given;
    int code;
    struct gw_fault *fault;
};

/* "'5x' is not a whole number", or without the value if it may be a secret. */
static int wrong(const struct coercion *job, const char *what, const char *hint)
{
    const struct gw_cell *value = &job->given->value;
    if (value->kind == GW_TEXT && !job->given->hidden && !(job->option->flags & GW_OPT_SECRET))
        gw_fail(job->fault, job->code, "'%.80s' is not %s", value->v.s.ptr, what);
    else
        gw_fail(job->fault, job->code, "the value is not %s", what);
    return gw_hint(job->fault, "%s", hint);
}

static int to_bool(const struct coercion *job, struct gw_cell *out)
{
    static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };
    const struct gw_cell *value = &job->given->value;

    if (value->kind == GW_BOOL) {
        out->v.i = value->v.i != 0;
        return GW_DONE;
    }
    for (size_t i = 0; value->kind == GW_TEXT && i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(value->v.s.ptr, words[i]) == 0) {
            out->v.i = i & 1;
            return GW_DONE;
        }
    return wrong(job, "true or false", "write true or false, without quotes");
}

static int to_int(const struct coercion *job, struct gw_cell *out)
{
    const struct gw_cell *value = &job->given->value;
    const char *hint = "write a whole number, without quotes";

    if (value->kind == GW_INT) {
        out->v.i = value->v.i;
        return GW_DONE;
    }
    if (value->kind != GW_TEXT || !strchr("+-0123456789", value->v.s.ptr[0]) || !value->v.s.len)
        return wrong(job, "a whole number", hint);
    char *end;
    errno = 0;
    out->v.i = strtoll(value->v.s.ptr, &end, 10);
    return *end || end == value->v.s.ptr || errno ? wrong(job, "a whole number", hint) : GW_DONE;
}

static int to_real(const struct coercion *job, struct gw_cell *out)
{
    const struct gw_cell *value = &job->given->value;
    const char *hint = "write a number, as in 1.5, without quotes";

    if (value->kind == GW_REAL || value->kind == GW_INT) {
        out->v.f = value->kind == GW_REAL ? value->v.f : (double)value->v.i;
        return isfinite(out->v.f) ? GW_DONE : wrong(job, "a number", hint);
    }
    if (value->kind != GW_TEXT || !value->v.s.len ||
        strspn(value->v.s.ptr, "0123456789+-.eE") != value->v.s.len)
        return wrong(job, "a number", hint);
    locale_t plain =
        newlocale(LC_ALL_MASK, "C", NULL); /* a comma is no decimal point in our file */
    if (!plain)
        return gw_fail_memory(job->fault);
    char *end;
    out->v.f = strtod_l(value->v.s.ptr, &end, plain);
    freelocale(plain);
    return *end || end == value->v.s.ptr || !isfinite(out->v.f) ? wrong(job, "a number", hint)
                                                                : GW_DONE;
}

static int to_time(const struct coercion *job, struct gw_cell *out)
{
    const struct gw_cell *value = &job->given->value;
    if (value->kind == GW_TEXT && gw_text_duration(value->v.s.ptr, value->v.s.len, &out->v.i))
        return GW_DONE;
    return wrong(job, "a duration",
                 "write a number and its unit in quotes, as in \"250ms\", \"10s\", "
                 "\"2m\" or \"1h\"");
}

static bool is_choice(const char *choices, const struct gw_str *text)
{
    for (;;) {
        size_t one = strcspn(choices, "|");
        if (one == text->len && memcmp(choices, text->ptr, one) == 0)
            return true;
        if (!choices[one])
            return false;
        choices += one + 1;
    }
}

static int to_text(const struct coercion *job, struct gw_cell *out)
{
    const struct gw_cell *value = &job->given->value;
    if (value->kind != GW_TEXT)
        return wrong(job, "text", "put it in quotes");
    out->v.s = value->v.s;
    if (!job->option->choices || is_choice(job->option->choices, &out->v.s))
        return GW_DONE;
    wrong(job, "a choice", "");
    return gw_hint(job->fault, "choose one of %s", job->option->choices);
}

static void bound_text(char out[GW_TIME_TEXT], const struct gw_option *option, int64_t bound)
{
    if (option->type == GW_TIME)
        gw_duration_text(out, bound);
    else
        snprintf(out, GW_TIME_TEXT, "%" PRId64, bound);
}

static int check_range(const struct coercion *job, const struct gw_cell *out)
{
    const struct gw_option *option = job->option;
    char min[GW_TIME_TEXT], max[GW_TIME_TEXT];

    if (option->min == option->max || (out->v.i >= option->min && out->v.i <= option->max))
        return GW_DONE;
    bound_text(min, option, option->min);
    bound_text(max, option, option->max);
    return gw_fail(job->fault, job->code, "the value is out of range: %s to %s", min, max);
}

int gw_option_coerce(const struct gw_option *option, const struct gw_given *given,
                     struct gw_cell *out, int code, struct gw_fault *fault)
{
    const struct coercion job = { option, given, code, fault };
    int result;

    *out = (struct gw_cell){ .kind = option->type };
    switch (option->type) {
    case GW_BOOL:
        return to_bool(&job, out);
    case GW_REAL:
        return to_real(&job, out);
    case GW_TEXT:
        return to_text(&job, out);
    case GW_INT:
        result = to_int(&job, out);
        break;
    default:
        result = to_time(&job, out);
        break;
    }
    return result ? result : check_range(&job, out);
}
