/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/image.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MFD_EXEC /* Linux 6.3 */
#define MFD_EXEC 0x10U
#endif

#define FOLDER "/proc/self/fd/"
#define LABEL "godwit:"

enum {
    LABEL_ROOM = sizeof LABEL + 64,
    LINK_ROOM = 128
};

static void label_of(char out[LABEL_ROOM], const struct gw_plugin_file *file)
{
    snprintf(out, LABEL_ROOM, LABEL "%s", file->facts.sha256);
}

/* ---- what is loaded already ---- */

struct search {
    const struct gw_plugin_file *file;
    char link[LINK_ROOM]; /* what the name of a copy in memory of it points to */
    char *name;
    bool found;
};

static bool leads_to(const struct search *search, const char *name)
{
    char link[LINK_ROOM];
    struct stat st;
    ssize_t len = readlink(name, link, sizeof link - 1);
    if (len < 0)
        return false;
    link[len] = '\0';
    if (strcmp(link, search->link) == 0)
        return true;
    return stat(name, &st) == 0 && st.st_dev == search->file->st.st_dev &&
           st.st_ino == search->file->st.st_ino;
}

/* The loader's own list is the record of what we have loaded: there is no second one that could disagree. */
static int look(struct dl_phdr_info *info, size_t size, void *payload)
{
    struct search *search = payload;
    (void)size;
    if (strncmp(info->dlpi_name, FOLDER, strlen(FOLDER)) != 0 || !leads_to(search, info->dlpi_name))
        return 0;
    snprintf(search->name, GW_PLUGIN_PATH, "%s", info->dlpi_name);
    search->found = true;
    return 1;
}

static bool find_loaded(char name[GW_PLUGIN_PATH], const struct gw_plugin_file *file)
{
    struct search search = { .file = file, .name = name };
    char label[LABEL_ROOM];
    label_of(label, file);
    snprintf(search.link, sizeof search.link, "/memfd:%s (deleted)", label);
    dl_iterate_phdr(look, &search);
    return search.found;
}

/* ---- the copy in memory ---- */

static int write_all(int fd, struct gw_str bytes)
{
    for (size_t at = 0; at < bytes.len;) {
        ssize_t put = write(fd, bytes.ptr + at, bytes.len - at);
        if (put < 0 && errno != EINTR)
            return -1;
        at += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

/* Does the system let code run from it? A policy may forbid that to memory without a file. */
static bool runs(int fd)
{
    void *page = mmap(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    if (page == MAP_FAILED)
        return false;
    munmap(page, 1);
    return true;
}

/* -1 with errno if this system has no such thing for us. */
static int make_copy(const struct gw_plugin_file *file)
{
    const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    char label[LABEL_ROOM];

    label_of(label, file);
    int fd = memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
    if (fd < 0 && errno == EINVAL)
        fd = memfd_create(label, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    if (write_all(fd, file->content) == 0 && fcntl(fd, F_ADD_SEALS, seals) == 0 && runs(fd))
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* ---- the file itself ---- */

/* The descriptor leads to the file that was hashed, whatever has its name by now. */
static int keep_file(const struct gw_plugin_file *file, int error, struct gw_events *events,
                     int *fd, struct gw_fault *fault)
{
    int code = gw_plugin_file_same(file, fault);
    if (code)
        return code;
    *fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 3);
    if (*fd < 0)
        return gw_fail_errno(fault, GW_INTERNAL, errno, "cannot keep '%.400s' open",
                             file->facts.path);
    gw_emit(events, GW_LEVEL_DETAIL, "plugin.unsealed",
            GW_FIELDS(gw_field_text("path", file->facts.path),
                      gw_field_text("reason", strerror(error))),
            "'%s' is loaded from its file, not from a sealed copy in memory: %s", file->facts.path,
            strerror(error));
    return GW_DONE;
}

int gw_image_descriptor(int *fd, const struct gw_plugin_file *file, struct gw_events *events,
                        struct gw_fault *fault)
{
    *fd = make_copy(file);
    return *fd < 0 ? keep_file(file, errno, events, fd, fault) : GW_DONE;
}

int gw_image_open(char name[GW_PLUGIN_PATH], const struct gw_plugin_file *file,
                  struct gw_events *events, struct gw_fault *fault)
{
    if (find_loaded(name, file))
        return GW_DONE;
    int fd;
    int code = gw_image_descriptor(&fd, file, events, fault);
    if (code)
        return code;
    snprintf(name, GW_PLUGIN_PATH, FOLDER "%d", fd);
    if (access(name, R_OK) == 0)
        return GW_DONE;
    close(fd);
    gw_fail_errno(fault, GW_PLUGIN_REFUSED, errno, "cannot open '%s'", name);
    return gw_hint(fault, "godwit needs /proc to load a plugin that did not come with it");
}
