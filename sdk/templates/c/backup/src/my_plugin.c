/* SPDX-License-Identifier: 0BSD */
/* my-plugin: the smallest strategy that streams: a backup of one file, which says whose it is. Write the
 * database's bytes where it writes that line, and put them back where it reads it. */
#include <godwit/backup.h>
#include <godwit/sdk.h>

static const struct gw_host *the_host;

static gw_status plugin_init(struct gw_call *call, const struct gw_host *host)
{
    (void)call;
    the_host = host;
    return GW_OK;
}

static gw_status backup_take(struct gw_call *call, void *self, const struct gw_target *target,
                             const struct gw_backup_out *out)
{
    gw_status status;
    (void)self;

    if (the_host->stopped(call))
        return gw_failf(the_host, call, GW_E_CANCELLED, NULL, "cancelled");
    status = out->file(call, gw_str_of("database.txt"), gw_str_of("text/plain"));
    if (status == GW_OK)
        status = out->write(call, target->database);
    return gw_after(status);
}

/* One file, to its end. */
static gw_status read_file(struct gw_call *call, const struct gw_backup_in *in, uint64_t *bytes)
{
    char chunk[65536];
    size_t got;
    gw_status status;

    do {
        if (the_host->stopped(call))
            return gw_failf(the_host, call, GW_E_CANCELLED, NULL, "cancelled");
        status = in->read(call, chunk, sizeof chunk, &got);
        if (status)
            return status;
        *bytes += got;
    } while (got);
    return GW_OK;
}

static gw_status backup_restore(struct gw_call *call, void *self, const struct gw_backup_in *in,
                                const struct gw_artifact *artifact, const struct gw_target *target)
{
    struct gw_str name;
    uint64_t bytes = 0;
    gw_status status;
    (void)self;
    (void)artifact;
    (void)target;

    while ((status = in->next_file(call, &name)) == GW_OK) {
        if (!gw_str_is(name, "database.txt"))
            return gw_failf(the_host, call, GW_E_CORRUPT, "it was made by another strategy",
                            "the backup holds '%.100s'", name.ptr);
        status = read_file(call, in, &bytes);
        if (status)
            return status;
    }
    if (status != GW_STOP)
        return status;
    gw_logf(the_host, call, GW_LOG_INFO, "%llu bytes read", (unsigned long long)bytes);
    return GW_OK;
}

static const struct gw_backup backup = {
    .struct_size = sizeof backup,
    .threads = 2,
    .caps = GW_BACKUP_STREAMS,
    .take = backup_take,
    .restore = backup_restore,
};

static const struct gw_provides provides[] = { { GW_BACKUP, &backup }, { NULL, NULL } };

static const struct gw_plugin descriptor = {
    .struct_size = sizeof descriptor,
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_API,
    .flags = GW_P_ISOLATABLE,
    .id = "org.example.my-plugin",
    .version = "0.1.0",
    .license = "0BSD",
    .summary = "keeps the name of a database",
    .provides = provides,
    .init = plugin_init,
};

GW_PLUGIN(my_plugin, GW_KIND_BACKUP, &descriptor);
