/* SPDX-License-Identifier: Apache-2.0 */
/* A clone that shares memory until it has become another program, as posix_spawn does it: a fork of a large embedding
 * program takes long, and runs its handlers. posix_spawn itself hands down what nobody told it to set, signals that are
 * ignored among it. */
#include "plugin/isolate/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum {
    STACK = 64 << 10,
    ENVIRONMENT = 24,
    APART = 16 /* from here on a descriptor is out of the way */
};

struct start {
    const struct gw_spawn *how;
    const char *arguments[4];
    const char *environment[ENVIRONMENT];
    int failed; /* where to write errno, if it cannot become that program; closed when it has */
};

/* What programs need to find their files and to speak to people. Everything else may hold a secret: tokens, URLs. */
static bool kept(const char *variable)
{
    static const char *const names[] = {
        "HOME=",       "LANG=",        "LANGUAGE=",    "LOGNAME=",        "PATH=",       "TZ=",
        "TMPDIR=",     "USER=",        "LC_ALL=",      "LC_CTYPE=",       "LC_NUMERIC=", "LC_TIME=",
        "LC_COLLATE=", "LC_MONETARY=", "LC_MESSAGES=", "XDG_RUNTIME_DIR="
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(variable, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static void choose_environment(struct start *start)
{
    size_t n = 0;
    for (char **at = environ; at && *at && n + 1 < ENVIRONMENT; at++)
        if (kept(*at))
            start->environment[n++] = *at;
    start->environment[n] = NULL;
}

/* Runs in the memory of the parent, which stands still meanwhile: nothing but system calls, and no trace for a
 * sanitizer, which would believe that these are the parent's variables. */
__attribute__((no_sanitize("address", "undefined"))) static int become(void *payload)
{
    struct start *start = payload;
    struct sigaction usual;
    sigset_t none;
    int apart[GW_HOST_FDS];
    int error, failed = fcntl(start->failed, F_DUPFD_CLOEXEC, APART);

    setpgid(0, 0);
    memset(&usual, 0, sizeof usual);
    usual.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &usual, NULL); /* two of them cannot be set, and need not be */
    for (int fd = 0; fd < GW_HOST_FDS; fd++) {
        apart[fd] = fcntl(start->how->fds[fd], F_DUPFD_CLOEXEC, APART);
        if (apart[fd] < 0)
            goto lost;
    }
    for (int fd = 0; fd < GW_HOST_FDS; fd++)
        if (dup2(apart[fd], fd) < 0)
            goto lost;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    /* execve takes the strings as its child's own; it does not change them. */
    execve(start->how->program, (char *const *)start->arguments, (char *const *)start->environment);
lost:
    error = errno;
    return write(failed, &error, sizeof error) == sizeof error ? 127 : 126;
}

/* errno of what went wrong over there; 0 once it has become that program. */
static int failure_of(int report)
{
    int error = 0;
    ssize_t got;
    do
        got = read(report, &error, sizeof error);
    while (got < 0 && errno == EINTR);
    return got == sizeof error ? error : 0;
}

static pid_t start_child(struct start *start, int *pidfd)
{
    sigset_t all, before;
    char *stack =
        mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return -1;
    sigfillset(&all); /* no handler of ours may run in the child */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    /* No exit signal: the embedding program does not hear of a start that failed. (Of what has become another program
     * it does: the system sees to that.) */
    pid_t child = clone(become, stack + STACK, CLONE_VM | CLONE_VFORK | CLONE_PIDFD, start, pidfd);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    munmap(stack, STACK);
    errno = error;
    return child;
}

pid_t gw_spawn(const struct gw_spawn *how, int *pidfd)
{
    struct start start = { .how = how,
                           .arguments = { "godwit", GW_HOST_SWITCH, how->label, NULL } };
    int report[2];

    *pidfd = -1;
    choose_environment(&start);
    if (pipe2(report, O_CLOEXEC))
        return -1;
    start.failed = report[1];
    pid_t child = start_child(&start, pidfd);
    int error = child < 0 ? errno : 0;
    close(report[1]);
    if (child > 0)
        error = failure_of(report[0]);
    close(report[0]);
    if (child > 0 && error) {
        waitpid(child, NULL, __WALL);
        if (*pidfd >= 0)
            close(*pidfd);
        *pidfd = -1;
        child = -1;
    }
    errno = error;
    return child;
}
