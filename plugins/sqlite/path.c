/* SPDX-License-Identifier: Apache-2.0 */
#include "path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the URL ---- */

static bool is_scheme(char c, bool first)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (!first && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'));
}

/* Length of "scheme" in "scheme:rest", 0 if there is none. */
static size_t scheme_len(struct gw_str url)
{
    size_t n = 0;
    while (n < url.len && is_scheme(url.ptr[n], n == 0))
        n++;
    return n < url.len && url.ptr[n] == ':' ? n : 0;
}

static gw_status refuse_scheme(struct sqlite_session *session, struct gw_str url, size_t len)
{
    if (len == 4 && memcmp(url.ptr, "file", 4) == 0)
        return sqlite_fail(session, GW_E_ARGUMENT,
                           "write the path alone: database.url = \"app.db\"",
                           "SQLite's 'file:' form of database.url is not supported");
    return sqlite_fail(
        session, GW_E_ARGUMENT,
        "the sqlite driver takes a path, 'sqlite:path' or ':memory:'; for a file whose name "
        "holds a ':' write './' before it",
        "database.url has the scheme '%.*s', which the sqlite driver does not serve",
        len < 32 ? (int)len : 32, url.ptr);
}

gw_status sqlite_path_read(struct sqlite_session *session, struct gw_str url, char **out)
{
    size_t scheme = scheme_len(url);
    if (scheme && (scheme != 6 || memcmp(url.ptr, "sqlite", 6) != 0))
        return refuse_scheme(session, url, scheme);
    if (scheme) {
        url.ptr += scheme + 1;
        url.len -= scheme + 1;
        if (url.len >= 2 && memcmp(url.ptr, "//", 2) == 0) {
            url.ptr += 2;
            url.len -= 2;
            if (!url.len || *url.ptr != '/')
                return sqlite_fail(session, GW_E_ARGUMENT,
                                   "write 'sqlite:path' for a relative and 'sqlite:///path' for an "
                                   "absolute path",
                                   "database.url names a host, and SQLite has files only");
        }
    }
    if (!url.len)
        return sqlite_fail(session, GW_E_ARGUMENT,
                           "write the path of the file: database.url = \"app.db\"",
                           "database.url names no file");
    if (memchr(url.ptr, '\0', url.len))
        return sqlite_fail(session, GW_E_ARGUMENT, NULL, "database.url holds a NUL byte");
    if (memchr(url.ptr, '?', url.len))
        return sqlite_fail(
            session, GW_E_ARGUMENT,
            "remove the '?' and what follows; database.session holds what a session needs",
            "database.url has a query part, which the sqlite driver does not take");
    *out = strndup(url.ptr, url.len);
    return *out ? GW_OK : sqlite_fail_memory(session);
}

/* ---- the file ---- */

/* In memory of the caller. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* SQLite writes its journal beside the file. */
static gw_status check_folder(struct sqlite_session *session, const char *folder)
{
    static const char why[] = "SQLite keeps its journal in that folder";
    if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) == 0)
        return GW_OK;
    if (errno == EROFS)
        return sqlite_fail(session, GW_E_READ_ONLY, why,
                           "the folder '%s' is on a read-only file system", folder);
    return sqlite_fail(session, GW_E_PERMISSION, why, "no right to write in the folder '%s'",
                       folder);
}

static gw_status check_absent(struct sqlite_session *session, const char *path, const char *folder,
                              uint64_t flags)
{
    struct stat found;
    if (stat(folder, &found) || !S_ISDIR(found.st_mode))
        return sqlite_fail(session, GW_E_NOT_FOUND, "create the folder, or correct database.url",
                           "the folder '%s' of database '%s' does not exist", folder, path);
    if (!(flags & GW_OPEN_CREATE) || flags & GW_OPEN_READ_ONLY)
        return sqlite_fail(session, GW_E_NOT_FOUND,
                           "`godwit upgrade` creates it; or correct database.url",
                           "database '%s' does not exist", path);
    return check_folder(session, folder);
}

static gw_status check_kind(struct sqlite_session *session, const char *path, mode_t mode)
{
    if (S_ISREG(mode))
        return GW_OK;
    return sqlite_fail(
        session, GW_E_NOT_A_DATABASE, "correct database.url: it must name a file",
        S_ISDIR(mode) ? "'%s' is a folder, not a database" : "'%s' is not a regular file", path);
}

static gw_status check_there(struct sqlite_session *session, const char *path, const char *folder,
                             uint64_t flags)
{
    bool writes = !(flags & GW_OPEN_READ_ONLY);
    if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS))
        return sqlite_fail(session, GW_E_PERMISSION, "check the rights of the file",
                           "no right to read database '%s'", path);
    if (writes && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS))
        return sqlite_fail(session, errno == EROFS ? GW_E_READ_ONLY : GW_E_PERMISSION,
                           "check the rights of the file", "no right to write database '%s'", path);
    return writes ? check_folder(session, folder) : GW_OK;
}

gw_status sqlite_path_check(struct sqlite_session *session, const char *path, uint64_t flags)
{
    struct stat file;
    gw_status status;
    char *folder = folder_of(path);
    if (!folder)
        return sqlite_fail_memory(session);
    if (stat(path, &file) == 0) {
        status = check_kind(session, path, file.st_mode);
        if (status == GW_OK)
            status = check_there(session, path, folder, flags);
    } else if (errno == ENOENT || errno == ENOTDIR) {
        status = check_absent(session, path, folder, flags);
    } else if (errno == EACCES) {
        status = sqlite_fail(session, GW_E_PERMISSION, "check the rights of the folders above it",
                             "no right to reach database '%s'", path);
    } else {
        status = sqlite_fail(session, GW_E_CONNECT, "correct database.url", "database '%s': %s",
                             path, strerror(errno));
    }
    free(folder);
    return status;
}
