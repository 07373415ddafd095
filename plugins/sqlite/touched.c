/* SPDX-License-Identifier: Apache-2.0 */
#include "touched.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A new table is not among them: it breaks no constraint before it gets rows. */
static const char *table_of(int action, const char *first, const char *second)
{
    switch (action) {
    case SQLITE_DELETE:
    case SQLITE_DROP_TABLE:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
        return first;
    case SQLITE_ALTER_TABLE:
        return second;
    default:
        return NULL;
    }
}

void sqlite_touched_note(struct sqlite_touched *touched, int action, const char *first,
                         const char *second)
{
    const char *table = touched->collecting ? table_of(action, first, second) : NULL;
    if (!table || touched->all || strncasecmp(table, "sqlite_", 7) == 0 ||
        sqlite_touched_has(touched, table))
        return;
    char *copy = touched->n < SQLITE_TOUCHED ? strdup(table) : NULL;
    if (copy)
        touched->names[touched->n++] = copy;
    else
        touched->all = true;
}

bool sqlite_touched_has(const struct sqlite_touched *touched, const char *table)
{
    for (size_t i = 0; i < touched->n; i++)
        if (strcasecmp(touched->names[i], table) == 0)
            return true;
    return false;
}

void sqlite_touched_clear(struct sqlite_touched *touched)
{
    for (size_t i = 0; i < touched->n; i++)
        free(touched->names[i]);
    *touched = (struct sqlite_touched){ 0 };
}
