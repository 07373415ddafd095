/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* What a program that we start has for standard output; the number 1 may be another file by now (main.c). */
static int output = STDOUT_FILENO;

void gw_process_output(int fd)
{
    output = fd;
}

/* SIGPIPE is ignored in this program; the child expects the default. */
static int start(pid_t *child, const char *const *argv, const posix_spawn_file_actions_t *files,
                 struct gw_fault *fault)
{
    posix_spawnattr_t attributes;
    sigset_t usual;

    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    if (posix_spawnattr_init(&attributes))
        return gw_fail_memory(fault);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    /* posix_spawn takes the strings as its child's own; it does not change them. */
    int error = posix_spawnp(child, argv[0], files, &attributes, (char *const *)argv, environ);
    posix_spawnattr_destroy(&attributes);
    if (!error)
        return GW_DONE;
    gw_fail_errno(fault, GW_USAGE, error, "cannot start '%.200s'", argv[0]);
    if (error == ENOENT)
        gw_hint(fault, "install %.200s, or put it on the PATH", argv[0]);
    return fault->code;
}

static int wait_status(pid_t child, const char *name, int *out, struct gw_fault *fault)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return gw_fail_errno(fault, GW_INTERNAL, errno, "cannot wait for '%.200s'", name);
    if (WIFSIGNALED(status))
        return gw_fail(fault, GW_USAGE, "'%.200s' was ended by signal %d", name, WTERMSIG(status));
    *out = WEXITSTATUS(status);
    return GW_DONE;
}

static int wait_for(pid_t child, const char *name, struct gw_fault *fault)
{
    int status = 0;
    int code = wait_status(child, name, &status, fault);
    if (code || status == 0)
        return code;
    return gw_fail(fault, GW_USAGE, "'%.200s' failed with exit code %d", name, status);
}

/* With our own input, output and error. */
static int start_plain(pid_t *child, const char *const *argv, struct gw_fault *fault)
{
    posix_spawn_file_actions_t files;

    if (posix_spawn_file_actions_init(&files))
        return gw_fail_memory(fault);
    int code = posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO)
                   ? gw_fail_memory(fault)
                   : start(child, argv, &files, fault);
    posix_spawn_file_actions_destroy(&files);
    return code;
}

int gw_process_status(const char *const *argv, int *status, struct gw_fault *fault)
{
    pid_t child;
    int code = start_plain(&child, argv, fault);
    return code ? code : wait_status(child, argv[0], status, fault);
}

int gw_process_terminal(const char *const *argv, struct gw_fault *fault)
{
    pid_t child;
    int code = start_plain(&child, argv, fault);
    return code ? code : wait_for(child, argv[0], fault);
}

/* ---- with pipes: files in memory on both ends, so that neither side can block the other ---- */

struct pipes {
    int in, err; /* memory */
    int out[2];
};

static void pipes_close(struct pipes *pipes)
{
    const int all[] = { pipes->in, pipes->err, pipes->out[0], pipes->out[1] };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] >= 0)
            close(all[i]);
}

static int fill(int fd, const struct gw_buf *input)
{
    size_t at = 0;
    while (input && at < input->len) {
        ssize_t put = write(fd, input->data + at, input->len - at);
        if (put < 0 && errno != EINTR)
            return errno;
        at += put > 0 ? (size_t)put : 0;
    }
    return lseek(fd, 0, SEEK_SET) < 0 ? errno : 0;
}

static int pipes_open(struct pipes *pipes, const struct gw_buf *input, struct gw_fault *fault)
{
    int error = 0;

    *pipes = (struct pipes){ memfd_create("in", MFD_CLOEXEC),
                             memfd_create("err", MFD_CLOEXEC),
                             { -1, -1 } };
    if (pipes->in < 0 || pipes->err < 0 || pipe2(pipes->out, O_CLOEXEC))
        error = errno;
    if (!error)
        error = fill(pipes->in, input);
    if (error)
        return gw_fail_errno(fault, GW_INTERNAL, error, "cannot talk to another program");
    return GW_DONE;
}

static int spawn(pid_t *child, const char *const *argv, const struct pipes *pipes,
                 struct gw_fault *fault)
{
    posix_spawn_file_actions_t files;

    if (posix_spawn_file_actions_init(&files))
        return gw_fail_memory(fault);
    int error = posix_spawn_file_actions_adddup2(&files, pipes->in, STDIN_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&files, pipes->out[1], STDOUT_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&files, pipes->err, STDERR_FILENO);
    int code = error ? gw_fail_memory(fault) : start(child, argv, &files, fault);
    posix_spawn_file_actions_destroy(&files);
    return code;
}

/* Reads to the end even past the ceiling, so that the child can finish. */
static void gather(int fd, struct gw_buf *out)
{
    char chunk[65536];
    for (;;) {
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        gw_buf_add(out, chunk, (size_t)got);
    }
}

static void add_complaint(int err, struct gw_fault *fault)
{
    char line[256];
    ssize_t got = pread(err, line, sizeof line - 1, 0);
    if (got <= 0)
        return;
    line[got] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    size_t used = strlen(fault->message);
    snprintf(fault->message + used, sizeof fault->message - used, ": %s", line);
}

int gw_process_read(struct gw_buf *out, const char *const *argv, const struct gw_buf *input,
                    struct gw_fault *fault)
{
    struct pipes pipes;
    pid_t child;

    gw_buf_clear(out);
    int code = pipes_open(&pipes, input, fault);
    if (!code)
        code = spawn(&child, argv, &pipes, fault);
    if (!code) {
        close(pipes.out[1]);
        pipes.out[1] = -1;
        gather(pipes.out[0], out);
        code = wait_for(child, argv[0], fault);
        if (code)
            add_complaint(pipes.err, fault);
        else if (out->failed)
            code = gw_fail(fault, GW_USAGE, "'%.200s' wrote more than %zu bytes", argv[0],
                           out->ceiling);
    }
    pipes_close(&pipes);
    return code;
}
