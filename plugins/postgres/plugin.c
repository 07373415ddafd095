/* SPDX-License-Identifier: Apache-2.0 */
/* What the plugin says about itself. */
#include "driver.h"
#include "session.h"

#include <godwit/plugin.h>

/* The one variable: init() gets the host, and open() needs it. It never changes afterwards. */
static const struct gw_host *the_host;

const struct gw_host *postgres_host(void)
{
    return the_host;
}

static gw_status plugin_init(struct gw_call *call, const struct gw_host *host)
{
    (void)call;
    the_host = host;
    return GW_OK;
}

static const struct gw_option options[POSTGRES_OPTIONS] = {
    [POSTGRES_OPTION_LOCK_TIMEOUT] = { .key = "lock_timeout",
                                       .fallback = "5s",
                                       .doc = "how long a statement waits for a lock that another "
                                              "session holds; 0: for ever",
                                       .type = GW_TIME,
                                       .min = 0,
                                       .max = INT64_C(86400000000000) },
    [POSTGRES_OPTION_CONNECT_TIMEOUT] = { .key = "connect_timeout",
                                          .fallback = "10s",
                                          .doc =
                                              "how long to wait for the server to answer, unless "
                                              "the URL says it",
                                          .type = GW_TIME,
                                          .min = INT64_C(1000000000),
                                          .max = INT64_C(3600000000000) },
};

static const char *const schemes[] = { "postgresql", "postgres", 0 };

static const char *const types[GW_TYPES] = {
    [GW_TYPE_KEY] = "text",
    [GW_TYPE_TEXT] = "text",
    [GW_TYPE_INT] = "bigint",
    [GW_TYPE_BLOB] = "bytea",
};

static const struct gw_driver driver = {
    .struct_size = sizeof driver,
    .threads = 1,
    .caps = GW_CAP_TX_DDL | GW_CAP_RELAXED | GW_CAP_READ_ONLY | GW_CAP_CANCEL,
    .dialect = "postgres",
    .schemes = schemes,
    .types = types,
    .row_lock = " FOR UPDATE",
    .open = postgres_open,
    .close = postgres_close,
    .info = postgres_info,
    .split = postgres_split,
    .run = postgres_run,
    .flush = postgres_flush,
    .query = postgres_query,
    .lock = postgres_lock,
    .unlock = postgres_unlock,
    .holds = postgres_holds,
    .quote = postgres_quote,
    .interrupt = postgres_interrupt,
};

static const struct gw_driver_recover recover = {
    .struct_size = sizeof recover,
    .fingerprint = postgres_fingerprint,
    .probe = postgres_probe,
    .terminate = postgres_terminate,
};

static const struct gw_driver_progress progress = {
    .struct_size = sizeof progress,
    .blockers = postgres_list_blockers,
};

static const struct gw_driver_snapshot snapshot = {
    .struct_size = sizeof snapshot,
    .begin = postgres_snapshot_begin,
    .end = postgres_snapshot_end,
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
    .flags = GW_P_NETWORK | GW_P_SECRETS,
    .id = "org.godwit.postgres",
    .version = "0.1.0",
    .vendor = "Godwit",
    .license = "Apache-2.0",
    .summary = "PostgreSQL databases, from version 12",
    .url = "",
    .options = options,
    .n_options = POSTGRES_OPTIONS,
    .option_size = sizeof(struct gw_option),
    .provides = provides,
    .init = plugin_init,
};

GW_PLUGIN(postgres, GW_KIND_DRIVER, &descriptor);
