/* SPDX-License-Identifier: Apache-2.0 */
/* What the plugin says about itself. */
#include "driver.h"
#include "lock.h"
#include "session.h"

#include <godwit/plugin.h>

/* The one variable: init() gets the host, and open() needs it. It never changes afterwards. */
static const struct gw_host *the_host;

const struct gw_host *sqlite_host(void)
{
    return the_host;
}

static gw_status plugin_init(struct gw_call *call, const struct gw_host *host)
{
    (void)call;
    the_host = host;
    sqlite_lock_forks();
    return GW_OK;
}

static const struct gw_option options[SQLITE_OPTIONS] = {
    [SQLITE_OPTION_BUSY_TIMEOUT] = { .key = "busy_timeout",
                                     .fallback = "5s",
                                     .doc =
                                         "how long to wait for a lock that another process holds",
                                     .type = GW_TIME,
                                     .min = 0,
                                     .max = INT64_C(3600000000000) },
    [SQLITE_OPTION_CACHE_SIZE] = { .key = "cache_size",
                                   .fallback = "2000",
                                   .doc = "memory for database pages, in KiB",
                                   .type = GW_INT,
                                   .min = 64,
                                   .max = 4194304 },
};

static const char *const schemes[] = { "sqlite", 0 };

static const char *const types[GW_TYPES] = {
    [GW_TYPE_KEY] = "TEXT",
    [GW_TYPE_TEXT] = "TEXT",
    [GW_TYPE_INT] = "INTEGER",
    [GW_TYPE_BLOB] = "BLOB",
};

static const struct gw_driver driver = {
    .struct_size = sizeof driver,
    .threads = 1,
    .caps = GW_CAP_TX_DDL | GW_CAP_RELAXED | GW_CAP_READ_ONLY | GW_CAP_CANCEL | GW_CAP_CREATE,
    .dialect = "sqlite",
    .schemes = schemes,
    .types = types,
    /* One b-tree a table instead of two: a page less to sync in each revision. */
    .table_options = " WITHOUT ROWID",
    .open = sqlite_open,
    .close = sqlite_close,
    .info = sqlite_info,
    .split = sqlite_split,
    .run = sqlite_run,
    .flush = sqlite_flush,
    .query = sqlite_query,
    .lock = sqlite_lock,
    .unlock = sqlite_unlock,
    .holds = sqlite_holds,
    .quote = sqlite_quote,
    .interrupt = sqlite_interrupt,
};

static const struct gw_driver_recover recover = {
    .struct_size = sizeof recover,
    .fingerprint = sqlite_fingerprint,
    .probe = sqlite_probe,
    .terminate = sqlite_terminate,
};

static const struct gw_driver_progress progress = {
    .struct_size = sizeof progress,
    .blockers = sqlite_list_blockers,
};

static const struct gw_driver_snapshot snapshot = {
    .struct_size = sizeof snapshot,
    .begin = sqlite_snapshot_begin,
    .end = sqlite_snapshot_end,
};

static const struct gw_provides provides[] = {
    { GW_DRIVER, &driver },
    { GW_DRIVER_RECOVER, &recover },
    { GW_DRIVER_PROGRESS, &progress },
    { GW_DRIVER_SNAPSHOT, &snapshot },
    { 0, 0 },
};

static const struct gw_plugin descriptor = {
    .struct_size = sizeof descriptor,
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_API,
    .id = "org.godwit.sqlite",
    .version = "0.1.0",
    .vendor = "Godwit",
    .license = "Apache-2.0",
    .summary = "SQLite databases",
    .url = "",
    .options = options,
    .n_options = SQLITE_OPTIONS,
    .option_size = sizeof(struct gw_option),
    .provides = provides,
    .init = plugin_init,
};

GW_PLUGIN(sqlite, GW_KIND_DRIVER, &descriptor);
