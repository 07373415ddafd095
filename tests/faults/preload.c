/* SPDX-License-Identifier: Apache-2.0 */
/* A preloaded library that counts the points at which a process can die or a disk can fail, and makes one of them
 * happen. Points are, on files under GODWIT_FAULT_DIR alone: each write, truncation, sync, removal, renaming and
 * creation; and the entry to and the return from each sqlite3_step. Or else the moments before and after each
 * message to a server.
 *
 *   GODWIT_FAULT_DIR=FOLDER      absolute path without symbolic links; without it no file is looked at
 *   GODWIT_FAULT_WHAT=all|write|step|message   which points count (default all, which is write and step)
 *   GODWIT_FAULT_COUNT=FILE      their number is written there when the process exits
 *   GODWIT_FAULT_KILL_AT=N       SIGKILL instead of point N (from 1)
 *   GODWIT_FAULT_TORN=1          a write or message that is killed, or fails, leaves the first half of its bytes
 *   GODWIT_FAULT_FAIL_AT=N       point N fails instead (a write point; step points only count)
 *   GODWIT_FAULT_ERRNO=ENOSPC|EIO     how (default EIO)
 *   GODWIT_FAULT_PERSIST=1       and each later point that needs room: a full disk still overwrites and deletes
 *   GODWIT_FAULT_WHILE=FILE      while there is such a file, each write point that needs room fails, as above
 *   GODWIT_FAULT_GATE_AT=N       at point N (0: at the start) writes a byte to the second descriptor of
 *   GODWIT_FAULT_GATE=IN,OUT     this pair and waits for one from the first
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

struct sqlite3_stmt;
int sqlite3_step(struct sqlite3_stmt *statement);

/* In front of each function that takes the place of another. */
#define EXPORTED __attribute__((visibility("default")))

enum point_kind {
    POINT_WRITE,
    POINT_STEP,
    POINT_MESSAGE, /* it can be cut in half */
    POINT_MESSAGE_SENT
};
enum verdict {
    GO_ON,
    FAIL,
    HALF_THEN_FAIL,
    HALF_THEN_DIE
};

static struct {
    pthread_mutex_t mutex;
    const char *folder, *full_while;
    bool counts[POINT_MESSAGE_SENT + 1];
    bool torn, persist;
    long count, kill_at, fail_at, gate_at;
    int fail_with, gate_in, gate_out;
} plan = { .mutex = PTHREAD_MUTEX_INITIALIZER, .gate_at = -1 };

static long number(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtol(text, NULL, 10) : otherwise;
}

/* A server writes its title over the environment that it was started with. */
static const char *kept(const char *name)
{
    const char *text = getenv(name);
    return text ? strdup(text) : NULL;
}

/* Straight to the kernel: the library's own traffic is not to be counted. */
static void gate(void)
{
    char byte = 'g';
    long n = syscall(SYS_write, plan.gate_out, &byte, 1);
    do
        n = n == 1 ? syscall(SYS_read, plan.gate_in, &byte, 1) : 0;
    while (n < 0 && errno == EINTR);
}

__attribute__((constructor)) static void begin(void)
{
    const char *what = getenv("GODWIT_FAULT_WHAT");
    const char *error = getenv("GODWIT_FAULT_ERRNO");
    const char *pair = getenv("GODWIT_FAULT_GATE");

    plan.folder = kept("GODWIT_FAULT_DIR");
    plan.full_while = kept("GODWIT_FAULT_WHILE");
    const bool all = !what || strcmp(what, "all") == 0;
    plan.counts[POINT_WRITE] = all || strcmp(what, "write") == 0;
    plan.counts[POINT_STEP] = all || strcmp(what, "step") == 0;
    plan.counts[POINT_MESSAGE] = !all && strcmp(what, "message") == 0;
    plan.counts[POINT_MESSAGE_SENT] = plan.counts[POINT_MESSAGE];
    plan.torn = number("GODWIT_FAULT_TORN", 0) != 0;
    plan.persist = number("GODWIT_FAULT_PERSIST", 0) != 0;
    plan.kill_at = number("GODWIT_FAULT_KILL_AT", 0);
    plan.fail_at = number("GODWIT_FAULT_FAIL_AT", 0);
    plan.fail_with = error && strcmp(error, "ENOSPC") == 0 ? ENOSPC : EIO;
    const char *comma = pair ? strchr(pair, ',') : NULL;
    if (comma) {
        plan.gate_in = (int)strtol(pair, NULL, 10);
        plan.gate_out = (int)strtol(comma + 1, NULL, 10);
        plan.gate_at = number("GODWIT_FAULT_GATE_AT", 0);
    }
    if (plan.gate_at == 0)
        gate();
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("GODWIT_FAULT_COUNT");
    FILE *file = path ? fopen(path, "we") : NULL;
    if (file) {
        fprintf(file, "%ld\n", plan.count);
        fclose(file);
    }
}

/* Does not return: nothing may happen between the decision and the death. */
__attribute__((noreturn)) static void die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* The write that fails, and, if the disk stays full, each one after it that needs more of it. */
static bool is_failing(long at, bool grows)
{
    return plan.fail_at && (at == plan.fail_at || (at > plan.fail_at && plan.persist && grows));
}

/* Counts one point, and says what is to become of it. */
static enum verdict point(enum point_kind kind, bool grows)
{
    enum verdict verdict = GO_ON;

    if (!plan.counts[kind])
        return GO_ON;
    pthread_mutex_lock(&plan.mutex);
    long at = ++plan.count;
    if (at == plan.kill_at) {
        if (!plan.torn || kind == POINT_STEP || kind == POINT_MESSAGE_SENT)
            die();
        verdict = HALF_THEN_DIE;
    } else if (kind == POINT_WRITE && is_failing(at, grows))
        verdict = at == plan.fail_at && plan.torn ? HALF_THEN_FAIL : FAIL;
    pthread_mutex_unlock(&plan.mutex);
    if (kind == POINT_WRITE && grows && plan.full_while && access(plan.full_while, F_OK) == 0)
        verdict = FAIL;
    if (at == plan.gate_at)
        gate();
    return verdict;
}

static bool under(const char *path)
{
    size_t len = strlen(plan.folder);
    return strncmp(path, plan.folder, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static bool ours(int fd)
{
    char link[64], path[PATH_MAX];

    if (!plan.folder)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int error = errno;
    ssize_t len = readlink(link, path, sizeof path - 1);
    errno = error;
    if (len < 0)
        return false;
    path[len] = '\0';
    return under(path);
}

static bool ours_by_name(int folder, const char *name)
{
    char path[PATH_MAX];

    if (!plan.folder || !name)
        return false;
    if (name[0] == '/')
        return under(name);
    if (folder != AT_FDCWD)
        return ours(folder);
    return getcwd(path, sizeof path) && under(path);
}

/* The end of a point that is not to be done. */
static int failed(enum verdict verdict)
{
    if (verdict == HALF_THEN_DIE)
        die();
    errno = plan.fail_with;
    return -1;
}

#define REAL(result, name, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) \
    *(void **)&real = dlsym(RTLD_NEXT, name)

/* ---- writes ---- */

/* at < 0: at the descriptor's own place. */
static ssize_t not_written(enum verdict verdict, int fd, const void *bytes, size_t len, off_t at)
{
    if (verdict != FAIL && at < 0)
        syscall(SYS_write, fd, bytes, len / 2);
    else if (verdict != FAIL)
        syscall(SYS_pwrite64, fd, bytes, len / 2, at);
    return failed(verdict);
}

/* at < 0: at the descriptor's own place; len 0: no write. */
static enum verdict point_on(int fd, size_t len, off_t at)
{
    struct stat file;
    if (!ours(fd))
        return GO_ON;
    if (len && at < 0)
        at = lseek(fd, 0, SEEK_CUR);
    return point(POINT_WRITE, len && (fstat(fd, &file) || at + (off_t)len > file.st_size));
}

static size_t length(const struct iovec *pieces, int n)
{
    size_t len = 0;
    for (int i = 0; i < n; i++)
        len += pieces[i].iov_len;
    return len;
}

EXPORTED ssize_t write(int fd, const void *bytes, size_t len)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    enum verdict verdict = point_on(fd, len, -1);
    return verdict ? not_written(verdict, fd, bytes, len, -1) : real(fd, bytes, len);
}

EXPORTED ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    enum verdict verdict = point_on(fd, len, at);
    return verdict ? not_written(verdict, fd, bytes, len, at) : real(fd, bytes, len, at);
}

EXPORTED ssize_t pwrite64(int fd, const void *bytes, size_t len, off_t at)
{
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
    enum verdict verdict = point_on(fd, len, at);
    return verdict ? not_written(verdict, fd, bytes, len, at) : real(fd, bytes, len, at);
}

/* Half of a gathered write is the first half of its pieces. */
EXPORTED ssize_t writev(int fd, const struct iovec *pieces, int n)
{
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    enum verdict verdict = point_on(fd, length(pieces, n), -1);
    if (verdict == HALF_THEN_FAIL || verdict == HALF_THEN_DIE)
        real(fd, pieces, n / 2);
    return verdict ? failed(verdict) : real(fd, pieces, n);
}

EXPORTED ssize_t pwritev(int fd, const struct iovec *pieces, int n, off_t at)
{
    REAL(ssize_t, "pwritev", int, const struct iovec *, int, off_t);
    enum verdict verdict = point_on(fd, length(pieces, n), at);
    if (verdict == HALF_THEN_FAIL || verdict == HALF_THEN_DIE)
        real(fd, pieces, n / 2, at);
    return verdict ? failed(verdict) : real(fd, pieces, n, at);
}

/* ---- what has no halves: half of it is nothing ---- */

static int not_allocated(int fd)
{
    return ours(fd) && point(POINT_WRITE, true) ? plan.fail_with : 0;
}

EXPORTED int posix_fallocate(int fd, off_t at, off_t len)
{
    REAL(int, "posix_fallocate", int, off_t, off_t);
    int error = not_allocated(fd);
    return error ? error : real(fd, at, len);
}

EXPORTED int posix_fallocate64(int fd, off_t at, off_t len)
{
    REAL(int, "posix_fallocate64", int, off_t, off_t);
    int error = not_allocated(fd);
    return error ? error : real(fd, at, len);
}

EXPORTED int fsync(int fd)
{
    REAL(int, "fsync", int);
    enum verdict verdict = point_on(fd, 0, 0);
    return verdict ? failed(verdict) : real(fd);
}

EXPORTED int fdatasync(int fd)
{
    REAL(int, "fdatasync", int);
    enum verdict verdict = point_on(fd, 0, 0);
    return verdict ? failed(verdict) : real(fd);
}

EXPORTED int ftruncate(int fd, off_t len)
{
    REAL(int, "ftruncate", int, off_t);
    enum verdict verdict = point_on(fd, 0, 0);
    return verdict ? failed(verdict) : real(fd, len);
}

EXPORTED int ftruncate64(int fd, off_t len)
{
    REAL(int, "ftruncate64", int, off_t);
    enum verdict verdict = point_on(fd, 0, 0);
    return verdict ? failed(verdict) : real(fd, len);
}

/* Only what is there can be removed, so only that counts. */
static enum verdict point_on_removal(int folder, const char *name)
{
    return ours_by_name(folder, name) && faccessat(folder, name, F_OK, 0) == 0
               ? point(POINT_WRITE, false)
               : GO_ON;
}

EXPORTED int unlink(const char *name)
{
    REAL(int, "unlink", const char *);
    enum verdict verdict = point_on_removal(AT_FDCWD, name);
    return verdict ? failed(verdict) : real(name);
}

EXPORTED int unlinkat(int folder, const char *name, int flags)
{
    REAL(int, "unlinkat", int, const char *, int);
    enum verdict verdict = point_on_removal(folder, name);
    return verdict ? failed(verdict) : real(folder, name, flags);
}

EXPORTED int rename(const char *from, const char *to)
{
    REAL(int, "rename", const char *, const char *);
    enum verdict verdict = ours_by_name(AT_FDCWD, to) ? point(POINT_WRITE, false) : GO_ON;
    return verdict ? failed(verdict) : real(from, to);
}

EXPORTED int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    REAL(int, "renameat", int, const char *, int, const char *);
    enum verdict verdict = ours_by_name(to_folder, to) ? point(POINT_WRITE, false) : GO_ON;
    return verdict ? failed(verdict) : real(from_folder, from, to_folder, to);
}

/* ---- creation ---- */

static bool creates(int folder, const char *name, int flags)
{
    return (flags & O_CREAT) && ours_by_name(folder, name) && faccessat(folder, name, F_OK, 0) != 0;
}

static mode_t mode_of(int flags, va_list rest)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

static int open_any(int folder, const char *name, int flags, mode_t mode)
{
    int error = errno;
    enum verdict verdict = creates(folder, name, flags) ? point(POINT_WRITE, true) : GO_ON;
    if (verdict)
        return failed(verdict);
    errno = error;
    return (int)syscall(SYS_openat, folder, name, flags, mode);
}

#define OPEN_AT(folder) \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = mode_of(flags, rest); \
    va_end(rest); \
    return open_any(folder, name, flags, mode)

EXPORTED int open(const char *name, int flags, ...)
{
    OPEN_AT(AT_FDCWD);
}

EXPORTED int open64(const char *name, int flags, ...)
{
    OPEN_AT(AT_FDCWD);
}

EXPORTED int openat(int folder, const char *name, int flags, ...)
{
    OPEN_AT(folder);
}

EXPORTED int openat64(int folder, const char *name, int flags, ...)
{
    OPEN_AT(folder);
}

/* ---- statement boundaries ---- */

EXPORTED int sqlite3_step(struct sqlite3_stmt *statement)
{
    REAL(int, "sqlite3_step", struct sqlite3_stmt *);
    if (plan.folder)
        point(POINT_STEP, false);
    int status = real(statement);
    if (plan.folder)
        point(POINT_STEP, false);
    return status;
}

/* ---- messages to a server ---- */

/* A peer with a name is a server; a pair of sockets has none. */
static bool to_a_server(int fd)
{
    struct sockaddr_storage peer = { 0 };
    socklen_t len = sizeof peer;
    int error = errno;

    bool named = plan.counts[POINT_MESSAGE] &&
                 getpeername(fd, (struct sockaddr *)&peer, &len) == 0 &&
                 (peer.ss_family == AF_INET || peer.ss_family == AF_INET6 ||
                  (peer.ss_family == AF_UNIX && len > offsetof(struct sockaddr_un, sun_path)));
    errno = error;
    return named;
}

static ssize_t sent(ssize_t n)
{
    int error = errno;
    point(POINT_MESSAGE_SENT, false);
    errno = error;
    return n;
}

static ssize_t half_sent(enum verdict verdict, int fd, const void *bytes, size_t len)
{
    if (verdict != FAIL)
        syscall(SYS_sendto, fd, bytes, len / 2, MSG_NOSIGNAL, NULL, 0);
    return failed(verdict);
}

EXPORTED ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
    REAL(ssize_t, "send", int, const void *, size_t, int);
    if (!to_a_server(fd))
        return real(fd, bytes, len, flags);
    enum verdict verdict = point(POINT_MESSAGE, false);
    return verdict ? half_sent(verdict, fd, bytes, len) : sent(real(fd, bytes, len, flags));
}

EXPORTED ssize_t sendto(int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to,
                        socklen_t to_len)
{
    REAL(ssize_t, "sendto", int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    if (!to_a_server(fd))
        return real(fd, bytes, len, flags, to, to_len);
    enum verdict verdict = point(POINT_MESSAGE, false);
    return verdict ? half_sent(verdict, fd, bytes, len)
                   : sent(real(fd, bytes, len, flags, to, to_len));
}

EXPORTED ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(ssize_t, "sendmsg", int, const struct msghdr *, int);
    if (!to_a_server(fd))
        return real(fd, message, flags);
    enum verdict verdict = point(POINT_MESSAGE, false);
    return verdict ? failed(verdict) : sent(real(fd, message, flags));
}
