/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/file.h"

#include "base/hash.h"
#include "plugin/place.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PLUGIN_BYTES_MOST ((long long)256 << 20)

int gw_path_resolve(char out[GW_PLUGIN_PATH], const char *path, struct gw_fault *fault)
{
    char *real = realpath(path, NULL);
    if (!real) {
        gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot find the plugin file '%.400s'",
                      path);
        return fault->hint[0] ? fault->code
                              : gw_hint(fault, "build or fetch the plugin, or mend its path");
    }
    size_t len = strlen(real);
    if (len < GW_PLUGIN_PATH)
        memcpy(out, real, len + 1);
    free(real);
    return len < GW_PLUGIN_PATH
               ? GW_DONE
               : gw_fail(fault, GW_PLUGIN_REFUSED, "file name too long: '%.200s...'", path);
}

static int changed(const struct gw_plugin_file *file, struct gw_fault *fault)
{
    gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' changed while it was read", file->facts.path);
    return gw_hint(fault, "try again when whatever writes it has finished");
}

/* All of it, and exactly as much as it had when it was opened. */
static int read_all(struct gw_plugin_file *file, struct gw_fault *fault)
{
    const long long most = file->facts.bytes;
    struct gw_buf *bytes = &file->bytes;

    if (most > PLUGIN_BYTES_MOST) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' has %lld bytes; no plugin has more than %lld",
                file->facts.path, most, PLUGIN_BYTES_MOST);
        return gw_hint(fault, "a plugin is a shared object, as in my_check.so");
    }
    *bytes = GW_BUF((size_t)most + 1);
    if (!gw_buf_reserve(bytes, (size_t)most + 1))
        return gw_fail_memory(fault);
    for (;;) {
        ssize_t got = read(file->fd, bytes->data + bytes->len, (size_t)most + 1 - bytes->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot read '%.400s'",
                                 file->facts.path);
        bytes->len += (size_t)got;
        if (got == 0 || bytes->len > (size_t)most)
            break;
    }
    file->content = (struct gw_str){ bytes->data, bytes->len };
    return bytes->len == (size_t)most ? GW_DONE : changed(file, fault);
}

/* Whoever shortens the file meanwhile ends this program; that is root or we, and dlopen maps it in the same way. */
static bool map_all(struct gw_plugin_file *file)
{
    size_t len = (size_t)file->facts.bytes;
    void *map = len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, file->fd, 0) : MAP_FAILED;
    if (map == MAP_FAILED)
        return false;
    file->map = map;
    file->content = (struct gw_str){ map, len };
    return true;
}

int gw_plugin_file_open(struct gw_plugin_file *out, const char *path, bool whole,
                        struct gw_fault *unsafe, struct gw_fault *fault)
{
    memset(out, 0, sizeof *out);
    out->fd = -1;
    int code = gw_path_resolve(out->facts.path, path, fault);
    const struct gw_place place = { out->facts.path, "the plugin" };
    if (!code)
        code = gw_place_open(&place, &out->fd, &out->st, unsafe, fault);
    if (code)
        return code;
    out->facts.bytes = out->st.st_size;
    if (!whole && !unsafe->code && map_all(out))
        return GW_DONE;
    return read_all(out, fault);
}

void gw_plugin_file_hash(struct gw_plugin_file *file)
{
    struct gw_hash hash;
    gw_hash_of(&hash, file->content.ptr, file->content.len);
    gw_hash_text(file->facts.sha256, &hash);
}

int gw_plugin_file_same(const struct gw_plugin_file *file, struct gw_fault *fault)
{
    struct stat now;
    if (fstat(file->fd, &now))
        return gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot look at '%.400s'",
                             file->facts.path);
    const struct stat *then = &file->st;
    bool same = now.st_size == then->st_size && now.st_mtim.tv_sec == then->st_mtim.tv_sec &&
                now.st_mtim.tv_nsec == then->st_mtim.tv_nsec &&
                now.st_ctim.tv_sec == then->st_ctim.tv_sec &&
                now.st_ctim.tv_nsec == then->st_ctim.tv_nsec;
    return same ? GW_DONE : changed(file, fault);
}

void gw_plugin_file_close(struct gw_plugin_file *file)
{
    gw_buf_free(&file->bytes);
    if (file->map)
        munmap(file->map, file->content.len);
    file->map = NULL;
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}
