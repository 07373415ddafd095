/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite's own locks last for one transaction, and a run is many. So a file beside the database is locked with an
 * "open file description" lock: it belongs to the descriptor, not to the process, ends with it even after kill
 * -9, and is not lost when another part of the process opens and closes the same file. */
#include "lock.h"

#include "driver.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TRIES = 100,
    LOCKS_MOST = 16
};

/* ---- children ---- */

/* A lock ends with the last copy of its descriptor. A process that somebody forks in here, and that does not exec,
 * would hold it for as long as it lives, whatever becomes of us. So the child closes what is listed here, as the
 * number and one; in it, nothing but this is known to be safe. */
static _Atomic int locked[LOCKS_MOST];

static void close_in_child(void)
{
    for (size_t i = 0; i < LOCKS_MOST; i++)
        if (locked[i])
            close(locked[i] - 1);
}

void sqlite_lock_forks(void)
{
    pthread_atfork(NULL, NULL, close_in_child);
}

/* Puts `to` into the place of `from`; 0 is no descriptor. More than the list holds are not listed. */
static void list(int from, int to)
{
    for (size_t i = 0; i < LOCKS_MOST; i++) {
        int expected = from;
        if (atomic_compare_exchange_strong(&locked[i], &expected, to))
            return;
    }
}

/* ---- the file ---- */

char *sqlite_lock_path(const struct sqlite_session *session)
{
    size_t room = strlen(session->path) + sizeof SQLITE_LOCK_SUFFIX;
    char *path = malloc(room);
    if (path)
        snprintf(path, room, "%s%s", session->path, SQLITE_LOCK_SUFFIX);
    return path;
}

static gw_status fail_file(struct sqlite_session *session, const char *path, int error)
{
    if (error == EACCES || error == EPERM)
        return sqlite_fail(
            session, GW_E_PERMISSION,
            "the migration lock is a file beside the database: its folder must be writable",
            "no right to write the lock file '%s'", path);
    if (error == EROFS)
        return sqlite_fail(
            session, GW_E_READ_ONLY,
            "the migration lock is a file beside the database: its folder must be writable",
            "the lock file '%s' is on a read-only file system", path);
    if (error == ENOSPC || error == EDQUOT)
        return sqlite_fail(session, GW_E_FULL, "free space on the disk, then run again",
                           "no space for the lock file '%s'", path);
    if (error == ELOOP)
        return sqlite_fail(session, GW_E_REFUSED, "remove it",
                           "the lock file '%s' is a symbolic link", path);
    return sqlite_fail(session, GW_E_IO, NULL, "lock file '%s': %s", path, strerror(error));
}

static bool read_owner(int fd, struct sqlite_connection *out)
{
    char text[SQLITE_CONNECTION_TEXT];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    const char *end = n > 0 ? memchr(text, '\n', (size_t)n) : NULL;
    return end && sqlite_connection_parse((struct gw_str){ text, (size_t)(end - text) }, out);
}

bool sqlite_lock_owner(const struct sqlite_session *session, struct sqlite_connection *out)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char *path = session->in_memory ? NULL : sqlite_lock_path(session);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    bool held = fd >= 0 && fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK &&
                read_owner(fd, out);
    if (fd >= 0)
        close(fd);
    free(path);
    return held;
}

static gw_status fail_held(struct sqlite_session *session, int fd)
{
    struct sqlite_connection owner, self;
    char name[16];
    sqlite_connection_self(&self);
    bool known = read_owner(fd, &owner);

    if (known && strcmp(owner.host, self.host) != 0)
        sqlite_fail(session, GW_E_LOCKED, "wait for it to finish",
                    "the migration lock of '%s' is held by process %d on host '%s'", session->path,
                    (int)owner.pid, owner.host);
    else if (known && owner.pid == self.pid)
        sqlite_fail(session, GW_E_LOCKED, "wait for it to finish",
                    "the migration lock of '%s' is held by another session of this process (%d)",
                    session->path, (int)owner.pid);
    else if (known && sqlite_connection_alive(&owner)) {
        sqlite_process_name(owner.pid, name);
        sqlite_fail(session, GW_E_LOCKED,
                    "wait for it to finish; `godwit lock status` shows what it does",
                    "the migration lock of '%s' is held by process %d (%s)", session->path,
                    (int)owner.pid, name);
    } else
        sqlite_fail(session, GW_E_LOCKED,
                    "wait for it to finish; `godwit lock status` shows what it does",
                    "the migration lock of '%s' is held by another process", session->path);
    session->failure.flags |= GW_ERR_RETRYABLE;
    return GW_E_LOCKED;
}

/* A new file gets the rights of the database, so that all who may migrate it may lock it. */
static int open_file(const struct sqlite_session *session, const char *path)
{
    struct stat database;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_CREAT | O_EXCL, 0600);
    if (fd < 0 && errno == EEXIST)
        return open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0 && stat(session->path, &database) == 0 && fchmod(fd, database.st_mode & 0666))
        return fd; /* the rights stay narrow, which is safe */
    return fd;
}

static int lock_file(int fd)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    return fcntl(fd, F_OFD_SETLK, &whole);
}

static bool still_at(const char *path, const struct stat *ours)
{
    struct stat there;
    return lstat(path, &there) == 0 && there.st_dev == ours->st_dev && there.st_ino == ours->st_ino;
}

/* The former owner removes the file before it lets go, so a lock on a file that is no longer at its path guards
 * nothing: then try again with the one that is. */
static gw_status take_file(struct sqlite_session *session, const char *path)
{
    struct stat file;
    for (int i = 0; i < TRIES; i++) {
        int fd = open_file(session, path);
        if (fd < 0)
            return fail_file(session, path, errno);
        if (fstat(fd, &file) || !S_ISREG(file.st_mode) || file.st_nlink > 1) {
            close(fd);
            return sqlite_fail(session, GW_E_REFUSED, "remove it",
                               "the lock file '%s' is not a file of its own", path);
        }
        if (lock_file(fd)) {
            int error = errno;
            gw_status status = error == EAGAIN || error == EACCES ? fail_held(session, fd)
                                                                  : fail_file(session, path, error);
            close(fd);
            return status;
        }
        if (still_at(path, &file)) {
            session->lock = (struct sqlite_lock){ fd, true, file.st_dev, file.st_ino };
            list(0, fd + 1);
            return GW_OK;
        }
        close(fd);
    }
    return sqlite_fail(session, GW_E_LOCKED, "run again", "the lock file '%s' keeps being replaced",
                       path);
}

static gw_status write_owner(struct sqlite_session *session, const char *path, struct gw_str name)
{
    char owner[SQLITE_CONNECTION_TEXT], text[2 * SQLITE_CONNECTION_TEXT];
    struct sqlite_connection self;
    sqlite_connection_self(&self);
    sqlite_connection_text(&self, owner);
    int len = snprintf(text, sizeof text, "%s\n%.*s\n", owner, name.len < 64 ? (int)name.len : 64,
                       name.ptr);
    if (ftruncate(session->lock.fd, 0) == 0 &&
        pwrite(session->lock.fd, text, (size_t)len, 0) == len)
        return GW_OK;
    fail_file(session, path, errno);
    sqlite_lock_free(session);
    return session->failure.code;
}

/* A session that may not write takes no lock, but tells whether another has it. */
static gw_status look_at_file(struct sqlite_session *session)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    char *path = session->in_memory ? NULL : sqlite_lock_path(session);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    gw_status status = GW_OK;

    if (fd >= 0 && fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK)
        status = fail_held(session, fd);
    if (fd >= 0)
        close(fd);
    free(path);
    return status != GW_OK ? status
                           : sqlite_fail(session, GW_E_READ_ONLY, NULL,
                                         "a read-only session takes no migration lock");
}

gw_status sqlite_lock(struct gw_call *call, void *conn, struct gw_str name)
{
    struct sqlite_session *session = conn;
    sqlite_enter(session, call);
    if (session->lock.held)
        return sqlite_leave(session, GW_OK);
    if (session->read_only)
        return sqlite_leave(session, look_at_file(session));
    if (session->in_memory) {
        session->lock.held = true;
        return sqlite_leave(session, GW_OK);
    }
    char *path = sqlite_lock_path(session);
    gw_status status = path ? take_file(session, path) : sqlite_fail_memory(session);
    if (status == GW_OK)
        status = write_owner(session, path, name);
    free(path);
    return sqlite_leave(session, status);
}

void sqlite_lock_free(struct sqlite_session *session)
{
    struct sqlite_lock *lock = &session->lock;
    const struct stat ours = { .st_dev = lock->dev, .st_ino = lock->ino };
    char *path = lock->fd >= 0 ? sqlite_lock_path(session) : NULL;
    if (path && still_at(path, &ours))
        unlink(path);
    free(path);
    if (lock->fd >= 0) {
        list(lock->fd + 1, 0);
        close(lock->fd);
    }
    *lock = (struct sqlite_lock){ .fd = -1 };
}

gw_status sqlite_unlock(struct gw_call *call, void *conn, struct gw_str name)
{
    struct sqlite_session *session = conn;
    (void)name;
    sqlite_enter(session, call);
    sqlite_lock_free(session);
    return sqlite_leave(session, GW_OK);
}

gw_status sqlite_holds(struct gw_call *call, void *conn, struct gw_str name)
{
    struct sqlite_session *session = conn;
    const struct sqlite_lock *lock = &session->lock;
    const struct stat ours = { .st_dev = lock->dev, .st_ino = lock->ino };
    (void)name;
    sqlite_enter(session, call);
    if (!lock->held)
        return sqlite_leave(session, sqlite_fail(session, GW_E_FENCED, NULL,
                                                 "this session does not hold the migration lock"));
    if (session->in_memory)
        return sqlite_leave(session, GW_OK);
    char *path = sqlite_lock_path(session);
    gw_status status = GW_OK;
    if (!path)
        status = sqlite_fail_memory(session);
    else if (!still_at(path, &ours) || lock_file(lock->fd))
        status = sqlite_fail(session, GW_E_FENCED, "somebody removed it; run again",
                             "the lock file '%s' is not ours any more", path);
    free(path);
    return sqlite_leave(session, status);
}
