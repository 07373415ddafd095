/* SPDX-License-Identifier: 0BSD */
/* A backup that keeps its bytes in a store of its own, as a vendor's appliance does: here a folder. It takes a
 * whole file (a database file, a volume's image) while the host keeps writers out. */
#include <godwit/backup.h>
#include <godwit/sdk.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    OPTION_SOURCE = 0,
    OPTION_VAULT,
    OPTIONS,
    ID_DIGITS = 16,
    CHUNK = 1 << 17,
    PATH_ROOM = PATH_MAX + 64
};
static const struct gw_option options[OPTIONS] = {
    [OPTION_SOURCE] = { .key = "source",
                        .doc = "the file that holds the database",
                        .type = GW_TEXT,
                        .flags = GW_OPT_REQUIRED | GW_OPT_PATH },
    [OPTION_VAULT] = { .key = "vault",
                       .doc = "the folder that keeps the copies",
                       .type = GW_TEXT,
                       .flags = GW_OPT_REQUIRED | GW_OPT_PATH },
};

struct vault {
    char source[PATH_MAX];
    char folder[PATH_MAX];
};

/* How many bytes there are, and a sum that shows damage (FNV-1a): meta of the artifact. */
struct seal {
    uint64_t bytes, sum;
};

static const struct gw_host *the_host;

static gw_status plugin_init(struct gw_call *call, const struct gw_host *host)
{
    (void)call;
    the_host = host;
    return GW_OK;
}

static gw_status fail_file(struct gw_call *call, const char *what, const char *path)
{
    const int error = errno;
    const gw_status code = error == ENOSPC                     ? GW_E_FULL
                           : error == EACCES || error == EPERM ? GW_E_PERMISSION
                                                               : GW_E_IO;
    return gw_failf(the_host, call, code, NULL, "cannot %s '%.400s': %s", what, path,
                    strerror(error));
}

/* ---- an instance ---- */

static gw_status take_path(struct gw_call *call, const struct gw_setup *setup, uint32_t option,
                           char out[PATH_MAX])
{
    const struct gw_str path = gw_option_text(setup, option);
    if (path.len == 0 || path.len >= PATH_MAX)
        return gw_failf(the_host, call, GW_E_ARGUMENT, "give the absolute name of a file",
                        "option '%s' is %s", options[option].key,
                        path.len ? "too long" : "missing");
    memcpy(out, path.ptr, path.len);
    out[path.len] = '\0';
    return GW_OK;
}

static gw_status vault_open(struct gw_call *call, const struct gw_setup *setup, void **self)
{
    struct vault *vault = calloc(1, sizeof *vault);
    gw_status status;

    if (!vault)
        return gw_failf(the_host, call, GW_E_NO_MEMORY, NULL, "out of memory");
    status = take_path(call, setup, OPTION_SOURCE, vault->source);
    if (status == GW_OK)
        status = take_path(call, setup, OPTION_VAULT, vault->folder);
    if (status) {
        free(vault);
        return status;
    }
    *self = vault;
    return GW_OK;
}

static void vault_close(void *self)
{
    free(self);
}

/* ---- copying ---- */

static gw_status write_all(struct gw_call *call, int fd, const char *bytes, size_t len,
                           const char *path)
{
    while (len) {
        const ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno != EINTR)
            return fail_file(call, "write", path);
        bytes += put > 0 ? put : 0;
        len -= put > 0 ? (size_t)put : 0;
    }
    return GW_OK;
}

/* Reads all of `in` into out (-1: nowhere) and seals it. */
static gw_status pour(struct gw_call *call, int in, const char *from, int out, const char *to,
                      struct seal *seal)
{
    char *chunk = malloc(CHUNK);
    gw_status status = GW_OK;
    ssize_t got = 1;

    *seal = (struct seal){ .sum = UINT64_C(14695981039346656037) };
    if (!chunk)
        return gw_failf(the_host, call, GW_E_NO_MEMORY, NULL, "out of memory");
    while (status == GW_OK && got > 0) {
        if (the_host->stopped(call)) {
            status = gw_failf(the_host, call, GW_E_CANCELLED, NULL, "cancelled");
            break;
        }
        do
            got = read(in, chunk, CHUNK);
        while (got < 0 && errno == EINTR);
        if (got < 0)
            status = fail_file(call, "read", from);
        for (ssize_t i = 0; i < got; i++)
            seal->sum = (seal->sum ^ (unsigned char)chunk[i]) * UINT64_C(1099511628211);
        if (got > 0) {
            seal->bytes += (uint64_t)got;
            if (out >= 0)
                status = write_all(call, out, chunk, (size_t)got, to);
        }
        the_host->progress(call, seal->bytes, 0, gw_str_of(from));
    }
    free(chunk);
    return status;
}

/* `to` is the old file or the whole new one. */
static gw_status copy(struct gw_call *call, const char *from, const char *to, struct seal *seal)
{
    char part[PATH_ROOM + 16];
    gw_status status;
    const int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (in < 0)
        return fail_file(call, "open", from);
    snprintf(part, sizeof part, "%s.part", to);
    const int out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0) {
        status = fail_file(call, "make", part);
        close(in);
        return status;
    }
    status = pour(call, in, from, out, part, seal);
    if (status == GW_OK && fsync(out))
        status = fail_file(call, "write", part);
    if (close(out) && status == GW_OK)
        status = fail_file(call, "write", part);
    if (status == GW_OK && rename(part, to))
        status = fail_file(call, "rename", part);
    if (status)
        unlink(part);
    close(in);
    return status;
}

/* ---- artifacts ---- */

/* The locator comes back from a manifest that somebody may have edited: it is an id and nothing else. */
static gw_status path_of(struct gw_call *call, const struct vault *vault,
                         const struct gw_artifact *artifact, char out[PATH_ROOM])
{
    const struct gw_str id = artifact->locator;
    size_t digits = 0;

    while (digits < id.len && id.ptr[digits] && strchr("0123456789abcdef", id.ptr[digits]))
        digits++;
    if (id.len != ID_DIGITS || digits != ID_DIGITS)
        return gw_failf(the_host, call, GW_E_ARGUMENT,
                        "restore with the manifest as it was written",
                        "the locator is not one of this vault");
    snprintf(out, PATH_ROOM, "%s/%.*s.copy", vault->folder, ID_DIGITS, id.ptr);
    return GW_OK;
}

static void seal_text(char out[64], const struct seal *seal)
{
    snprintf(out, 64, "%llu %016llx", (unsigned long long)seal->bytes,
             (unsigned long long)seal->sum);
}

static gw_status judge(struct gw_call *call, const struct gw_artifact *artifact,
                       const struct seal *seal)
{
    char text[64];
    seal_text(text, seal);
    if (gw_str_is(artifact->meta, text))
        return GW_OK;
    return gw_failf(the_host, call, GW_E_CORRUPT, "take another backup",
                    "the copy in the vault is damaged");
}

static gw_status vault_take(struct gw_call *call, void *self, const struct gw_target *target,
                            const struct gw_backup_out *out)
{
    const struct vault *vault = self;
    struct gw_artifact artifact = { .struct_size = sizeof artifact };
    char id[ID_DIGITS + 1], path[PATH_ROOM], meta[64];
    struct timespec now;
    struct seal seal;
    gw_status status;
    (void)target;

    clock_gettime(CLOCK_REALTIME, &now);
    artifact.created_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    snprintf(id, sizeof id, "%016llx", (unsigned long long)artifact.created_ns);
    artifact.locator = gw_str_of(id);
    if (mkdir(vault->folder, 0700) && errno != EEXIST)
        return fail_file(call, "make", vault->folder);
    status = path_of(call, vault, &artifact, path);
    if (status == GW_OK)
        status = copy(call, vault->source, path, &seal);
    if (status)
        return status;
    seal_text(meta, &seal);
    artifact.media_type = gw_str_of("application/octet-stream");
    artifact.meta = gw_str_of(meta);
    artifact.bytes = seal.bytes;
    status = out->artifact(call, &artifact);
    if (status)
        unlink(path); /* nobody will ever ask for it */
    return gw_after(status);
}

static gw_status vault_verify(struct gw_call *call, void *self, const struct gw_artifact *artifact)
{
    char path[PATH_ROOM];
    struct seal seal;
    gw_status status = path_of(call, self, artifact, path);

    if (status)
        return status;
    const int in = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0)
        return fail_file(call, "open", path);
    status = pour(call, in, path, -1, NULL, &seal);
    close(in);
    return status ? status : judge(call, artifact, &seal);
}

static gw_status vault_restore(struct gw_call *call, void *self, const struct gw_backup_in *in,
                               const struct gw_artifact *artifact, const struct gw_target *target)
{
    const struct vault *vault = self;
    char path[PATH_ROOM];
    struct seal seal;
    gw_status status;
    (void)in;
    (void)target;

    status = vault_verify(call, self, artifact); /* before anything is overwritten */
    if (status == GW_OK)
        status = path_of(call, vault, artifact, path);
    if (status == GW_OK)
        status = copy(call, path, vault->source, &seal);
    return status ? status : judge(call, artifact, &seal);
}

static gw_status vault_discard(struct gw_call *call, void *self, const struct gw_artifact *artifact)
{
    char path[PATH_ROOM];
    const gw_status status = path_of(call, self, artifact, path);
    if (status)
        return status;
    return unlink(path) && errno != ENOENT ? fail_file(call, "remove", path) : GW_OK;
}

/* ---- what it is ---- */

static const struct gw_backup backup = {
    .struct_size = sizeof backup,
    .threads = 1,
    .caps = GW_BACKUP_KEEPS,
    .open = vault_open,
    .close = vault_close,
    .take = vault_take,
    .restore = vault_restore,
    .verify = vault_verify,
    .discard = vault_discard,
};
static const struct gw_provides provides[] = { { GW_BACKUP, &backup }, { NULL, NULL } };
static const struct gw_plugin descriptor = {
    .struct_size = sizeof descriptor,
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_API,
    .flags = GW_P_ISOLATABLE,
    .id = "org.godwit.example.backup-vault",
    .version = "1.0",
    .vendor = "a vendor",
    .license = "0BSD",
    .summary = "keeps copies in a vault",
    .options = options,
    .n_options = OPTIONS,
    .option_size = sizeof options[0],
    .provides = provides,
    .init = plugin_init,
};
GW_PLUGIN(backup_vault, GW_KIND_BACKUP, &descriptor);
