/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin that bench/isolate.c measures by: it does as little as can be. */
#include <godwit/backup.h>
#include <godwit/sdk.h>

enum {
    CHUNK = 1 << 20
};

static const struct gw_option options[] = { { "bytes", "0", NULL, NULL, "of a backup", GW_INT, 0, 0,
                                              0 } };
static char chunk[CHUNK];
static int64_t bytes;

static gw_status open_any(struct gw_call *call, const struct gw_setup *setup, void **self)
{
    (void)call;
    bytes = gw_option_int(setup, 0, 0);
    memset(chunk, 'x', sizeof chunk);
    *self = chunk;
    return GW_OK;
}

static void close_any(void *self)
{
    (void)self;
}

static gw_status check(struct gw_call *call, void *self, const struct gw_subject *subject,
                       const struct gw_findings_out *out)
{
    (void)call;
    (void)self;
    (void)subject;
    (void)out;
    return GW_OK;
}

static gw_status take(struct gw_call *call, void *self, const struct gw_target *target,
                      const struct gw_backup_out *out)
{
    gw_status status = out->file(call, gw_str_of("bytes"), gw_str_of(""));
    (void)self;
    (void)target;
    for (int64_t left = bytes; left > 0 && !status; left -= CHUNK) {
        const struct gw_str one = { chunk, CHUNK };
        status = out->write(call, one);
    }
    return gw_after(status);
}

static gw_status restore(struct gw_call *call, void *self, const struct gw_backup_in *in,
                         const struct gw_artifact *artifact, const struct gw_target *target)
{
    struct gw_str name;
    size_t got = 1;
    gw_status status = in->next_file(call, &name);
    (void)self;
    (void)artifact;
    (void)target;
    while (!status && got)
        status = in->read(call, chunk, sizeof chunk, &got);
    return gw_after(status);
}

static const struct gw_validator validator = { .struct_size = sizeof validator,
                                               .phases = GW_PHASE_FILES,
                                               .check = check };
static const struct gw_backup backup = { .struct_size = sizeof backup,
                                         .caps = GW_BACKUP_STREAMS,
                                         .open = open_any,
                                         .close = close_any,
                                         .take = take,
                                         .restore = restore };
static const struct gw_provides provides[] = { { GW_VALIDATOR, &validator },
                                               { GW_BACKUP, &backup },
                                               { NULL, NULL } };
static const struct gw_plugin descriptor = { .struct_size = sizeof descriptor,
                                             .abi_major = GW_ABI_MAJOR,
                                             .flags = GW_P_ISOLATABLE,
                                             .id = "org.godwit.bench",
                                             .version = "1.0",
                                             .options = options,
                                             .n_options = 1,
                                             .option_size = sizeof options[0],
                                             .provides = provides };
GW_PLUGIN(bench, GW_KIND_VALIDATOR | GW_KIND_BACKUP, &descriptor);
