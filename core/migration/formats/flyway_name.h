/* SPDX-License-Identifier: Apache-2.0 */
/* What a file name means to Flyway. */
#ifndef GW_MIGRATION_FORMATS_FLYWAY_NAME_H
#define GW_MIGRATION_FORMATS_FLYWAY_NAME_H

#include "migration/formats/common.h"

enum gw_flyway_kind {
    GW_FLYWAY_NOTHING, /* no file of Flyway's */
    GW_FLYWAY_VERSIONED,
    GW_FLYWAY_UNDO,
    GW_FLYWAY_BASELINE,
    GW_FLYWAY_REPEATABLE,
    GW_FLYWAY_BEFORE,   /* beforeMigrate */
    GW_FLYWAY_AFTER,    /* afterMigrate */
    GW_FLYWAY_CALLBACK, /* another event */
    GW_FLYWAY_CODE,     /* Java and its relatives */
    GW_FLYWAY_CONF,     /* X.sql.conf */
    GW_FLYWAY_MALFORMED /* an *.sql file with none of these names */
};
struct gw_flyway_name {    /* parts of the name */
    struct gw_str stem;    /* without folder and extension */
    struct gw_str version; /* with dots or single underscores between the numbers */
    struct gw_str label;
    bool separated; /* by "__" */
};
enum gw_flyway_kind gw_flyway_name_parse(struct gw_flyway_name *out, const char *name);

#endif
