/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/options.h"

#include "base/clock.h"
#include "base/text.h"

#include <inttypes.h>
#include <string.h>

static void add_text(struct gw_buf *out, const char *text)
{
    gw_text_safe(out, text, strlen(text), false);
}

static const char *type_shown(uint32_t type)
{
    switch (type) {
    case GW_BOOL:
        return "true or false";
    case GW_INT:
        return "a whole number";
    case GW_REAL:
        return "a number";
    case GW_TIME:
        return "a duration";
    default:
        return "text";
    }
}

static void add_range(struct gw_buf *out, const struct gw_option *option)
{
    char min[GW_TIME_TEXT], max[GW_TIME_TEXT];
    if (option->min == option->max)
        return;
    if (option->type == GW_TIME) {
        gw_duration_text(min, option->min);
        gw_duration_text(max, option->max);
        gw_buf_printf(out, ", %s to %s", min, max);
    } else if (option->type == GW_INT)
        gw_buf_printf(out, ", %" PRId64 " to %" PRId64, option->min, option->max);
}

static void add_choices(struct gw_buf *out, const char *choices)
{
    gw_buf_text(out, "one of ");
    for (const char *at = choices; *at;) {
        size_t len = strcspn(at, "|");
        gw_buf_text(out, at == choices ? "\"" : ", \"");
        gw_text_safe(out, at, len, false);
        gw_buf_char(out, '"');
        at += len + (at[len] == '|');
    }
}

static void add_meaning(struct gw_buf *out, const struct gw_option *option)
{
    if (option->doc) {
        gw_buf_text(out, "// ");
        add_text(out, option->doc);
        gw_buf_char(out, '\n');
    }
    gw_buf_text(out, "// ");
    if (option->choices && option->type == GW_TEXT)
        add_choices(out, option->choices);
    else
        gw_buf_text(out, type_shown(option->type));
    add_range(out, option);
    if (option->flags & GW_OPT_REQUIRED)
        gw_buf_text(out, "; required");
    if (option->flags & GW_OPT_PATH)
        gw_buf_text(out, "; a path, relative to plugins.conf");
    if (option->flags & GW_OPT_SECRET)
        gw_buf_text(out, "; secret, never shown");
    if (option->flags & GW_OPT_DEPRECATED)
        gw_buf_text(out, "; deprecated");
    if (option->env) {
        gw_buf_text(out, "; or from the environment: ");
        add_text(out, option->env);
    }
    gw_buf_char(out, '\n');
}

/* The text of a string of libconfig, in its quotes. */
static void add_quoted(struct gw_buf *out, const char *text)
{
    gw_buf_char(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            gw_buf_char(out, '\\');
        if (*text == '\n')
            gw_buf_text(out, "\\n");
        else
            gw_buf_char(out, *text);
    }
    gw_buf_char(out, '"');
}

static void add_value(struct gw_buf *out, const struct gw_option *option)
{
    const bool quoted = option->type == GW_TEXT || option->type == GW_TIME;
    if (!option->fallback)
        gw_buf_text(out, quoted ? "\"...\"" : "...");
    else if (quoted)
        add_quoted(out, option->fallback);
    else
        add_text(out, option->fallback);
}

void gw_plugin_options_text(struct gw_buf *out, const struct gw_plugin *plugin)
{
    for (uint32_t i = 0; i < plugin->n_options; i++) {
        struct gw_option option;
        gw_option_at(plugin, i, &option);
        if (i)
            gw_buf_char(out, '\n');
        add_meaning(out, &option);
        gw_buf_printf(out, "// %s = ", option.key);
        add_value(out, &option);
        gw_buf_text(out, ";\n");
    }
}
