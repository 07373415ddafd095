/* SPDX-License-Identifier: Apache-2.0 */
/* What the plugin says about itself. */
#include "driver.h"
#include "session.h"

#include <godwit/plugin.h>

/* The one variable: init() gets the host, and open() needs it. It never changes afterwards. */
static const struct gw_host *the_host;

const struct gw_host *my_host(void)
{
    return the_host;
}

static gw_status plugin_init(struct gw_call *call, const struct gw_host *host)
{
    (void)call;
    the_host = host;
    return GW_OK;
}

static const struct gw_option options[MY_OPTIONS] = {
    [MY_OPTION_LOCK_TIMEOUT] = { .key = "lock_timeout",
                                 .fallback = "5s",
                                 .doc = "how long to wait for a lock that another session holds, "
                                        "in whole seconds",
                                 .type = GW_TIME,
                                 .min = INT64_C(1000000000),
                                 .max = INT64_C(86400000000000) },
    [MY_OPTION_WARNINGS] = { .key = "warnings",
                             .fallback = "fail",
                             .choices = "fail|log",
                             .doc = "what a value that was cut or changed on its way in does",
                             .type = GW_TEXT },
};

static const char *const schemes[] = { "mysql", "mariadb", 0 };

static const char *const types[GW_TYPES] = {
    [GW_TYPE_KEY] = "VARCHAR(255)",
    [GW_TYPE_TEXT] = "MEDIUMTEXT",
    [GW_TYPE_INT] = "BIGINT",
    [GW_TYPE_BLOB] = "LONGBLOB",
};

static const struct gw_driver driver = {
    .struct_size = sizeof driver,
    .threads = 1,
    .caps = GW_CAP_READ_ONLY | GW_CAP_CANCEL,
    .dialect = "mysql",
    .schemes = schemes,
    .types = types,
    /* Keys compare byte for byte, on whatever server: ids differ in case alone. */
    .table_options = " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
    .row_lock = " FOR UPDATE",
    .open = my_open,
    .close = my_close,
    .info = my_info,
    .split = my_split,
    .run = my_run,
    .flush = my_flush,
    .query = my_query,
    .lock = my_lock,
    .unlock = my_unlock,
    .holds = my_holds,
    .quote = my_quote,
    .interrupt = my_interrupt,
};

static const struct gw_driver_recover recover = {
    .struct_size = sizeof recover,
    .fingerprint = my_fingerprint,
    .probe = my_probe,
    .terminate = my_terminate,
};

static const struct gw_driver_progress progress = {
    .struct_size = sizeof progress,
    .blockers = my_list_blockers,
};

static const struct gw_driver_check check = {
    .struct_size = sizeof check,
    .syntax = my_check_syntax,
};

static const struct gw_driver_snapshot snapshot = {
    .struct_size = sizeof snapshot,
    .begin = my_snapshot_begin,
    .end = my_snapshot_end,
};

static const struct gw_provides provides[] = {
    { GW_DRIVER, &driver },
    { GW_DRIVER_RECOVER, &recover },
    { GW_DRIVER_PROGRESS, &progress },
    { GW_DRIVER_CHECK, &check },
    { GW_DRIVER_SNAPSHOT, &snapshot },
    { 0, 0 },
};

static const struct gw_plugin descriptor = {
    .struct_size = sizeof descriptor,
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_API,
    .flags = GW_P_NETWORK | GW_P_SECRETS,
    .id = "org.godwit.mysql",
    .version = "0.1.0",
    .vendor = "Godwit",
    .license = "Apache-2.0",
    .summary = "MariaDB and MySQL databases",
    .url = "",
    .options = options,
    .n_options = MY_OPTIONS,
    .option_size = sizeof(struct gw_option),
    .provides = provides,
    .init = plugin_init,
};

GW_PLUGIN(mysql, GW_KIND_DRIVER, &descriptor);
