/* SPDX-License-Identifier: Apache-2.0 */
#include "project/project.h"

#include "base/text.h"

#include <string.h>

enum {
    COLUMN_MOST = 60
}; /* a longer text does not move the columns of all others */

static size_t widest(size_t so_far, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    return len > so_far && len <= COLUMN_MOST ? len : so_far;
}

static void add_column(struct gw_buf *out, const char *text, size_t width)
{
    size_t before = out->len;
    gw_text_safe(out, text, strlen(text), false);
    for (size_t used = out->len - before; used < width + 2 && !out->failed; used++)
        gw_buf_char(out, ' ');
    if (out->len - before > width + 2) /* too long for its column */
        gw_buf_text(out, "  ");
}

void gw_project_show(struct gw_buf *out, const struct gw_project *project)
{
    static const char *const not_set = "(not set)";
    size_t key = 0, shown = strlen(not_set);

    for (size_t i = 0; i < project->n_values; i++) {
        key = widest(key, project->values[i].key);
        shown = widest(shown, project->values[i].shown);
    }
    for (size_t i = 0; i < project->n_values; i++) {
        const struct gw_project_value *value = &project->values[i];
        add_column(out, value->key, key);
        add_column(out, value->shown ? value->shown : not_set, shown);
        gw_buf_text(out, value->source);
        gw_buf_char(out, '\n');
    }
}
