/* SPDX-License-Identifier: Apache-2.0 */
/* The formats. A new one is a file of its own and a line here. */
#include "migration/formats/format.h"

#include <string.h>

extern const struct gw_format gw_format_godwit, gw_format_goose, gw_format_dbmate,
    gw_format_golang_migrate, gw_format_flyway, gw_format_diesel, gw_format_sqlx;

const struct gw_format *const gw_formats[] = {
    &gw_format_godwit, &gw_format_goose,  &gw_format_dbmate, &gw_format_golang_migrate,
    &gw_format_flyway, &gw_format_diesel, &gw_format_sqlx,   NULL,
};

const struct gw_format *gw_format_named(const char *name)
{
    for (const struct gw_format *const *format = gw_formats; *format; format++)
        if (strcmp((*format)->name, name) == 0)
            return *format;
    return NULL;
}
