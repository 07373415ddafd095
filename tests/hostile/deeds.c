/* SPDX-License-Identifier: Apache-2.0 */
#include "deeds.h"

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *read_deeds(void)
{
    static char text[512];
    const char *home = getenv("HOME");
    char path[4096];
    snprintf(path, sizeof path, "%s/hostile", home ? home : "");
    FILE *file = text[0] ? NULL : fopen(path, "re");
    if (file) {
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
    }
    return text;
}

bool asked(const char *function, const char *deed)
{
    const char *variable = getenv("HOSTILE");
    const char *all = variable ? variable : read_deeds();
    char wanted[64];
    int len = snprintf(wanted, sizeof wanted, "%s.%s", function, deed);

    for (const char *at = all; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, wanted, (size_t)len) == 0 && (!at[len] || at[len] == ','))
            return true;
    }
    return false;
}

/* ---- what ends the process, or holds it up ---- */

/* Tells the runner that it has got here: the runner waits on the other end of the pipe. */
static void tell(const char *text)
{
    const char *path = getenv("HOSTILE_PIPE");
    int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;
    if (fd >= 0 && write(fd, text, strlen(text)) < 0)
        exit(99);
    close(fd);
}

static int overflow(volatile char *above)
{
    volatile char here[4096];
    here[0] = above ? above[0] : '\0';
    return overflow(here) + here[0];
}

static void crash(const char *function)
{
    volatile int *volatile nowhere = NULL;

    if (asked(function, "abort"))
        abort();
    if (asked(function, "crash"))
        *nowhere = 1;
    if (asked(function, "trap"))
        __builtin_trap();
    if (asked(function, "overflow"))
        overflow(NULL);
    if (asked(function, "_exit"))
        _exit(0);
    if (asked(function, "kill"))
        kill(getpid(), SIGKILL);
}

static void *exit_apart(void *nothing)
{
    exit(0);
    return nothing;
}

static void end_process(const char *function)
{
    if (asked(function, "exit"))
        exit(0);
    pthread_t thread;
    if (asked(function, "thread_exit") && pthread_create(&thread, NULL, exit_apart, NULL) == 0)
        pthread_join(thread, NULL);
    if (asked(function, "quick_exit"))
        quick_exit(0);
    static char *volatile block; /* as long as there is memory, down to its last bytes */
    for (size_t size = 1 << 20; size >= 16 && asked(function, "bomb"); size /= 2)
        while ((block = malloc(size)))
            memset(block, 1, size);
    if (asked(function, "loop")) {
        tell("looping");
        for (volatile int forever = 1; forever;)
            ;
    }
}

/* ---- what stays behind in the process ---- */

static void own_handler(int number)
{
    (void)number;
}

static void change_signals(const char *function)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
    const struct sigaction action = { .sa_handler = own_handler };
    sigset_t all;

    if (asked(function, "mask")) {
        sigfillset(&all);
        sigprocmask(SIG_BLOCK, &all, NULL);
    }
    for (size_t i = 0; asked(function, "handler") && i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &action, NULL);
}

static void change_process(const char *function)
{
    if (asked(function, "umask"))
        umask(0);
    if (asked(function, "folder") && chdir("/"))
        exit(99);
    if (asked(function, "locale")) {
        setlocale(LC_ALL, "C.UTF-8");
        static volatile locale_t own; /* reachable, for whoever looks for leaks */
        if (!own)
            own = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
        uselocale(own);
    }
    if (asked(function, "close_standard"))
        close_range(0, 2, 0);
    if (asked(function, "close_all"))
        close_range(0, ~0U, 0);
    if (asked(function, "exchange_standard"))
        for (int fd = 0; fd <= 2; fd++)
            dup2(open("swallowed", O_RDWR | O_CREAT, 0600), fd);
}

static void make_noise(const char *function)
{
    static const char line[] = "\033]0;owned\a noise of a plugin that talks too much\n";

    for (int i = 0; asked(function, "shout") && i < 100000; i++)
        if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
            return;
    if (asked(function, "print")) {
        puts("hello from the plugin");
        fflush(stdout);
    }
    if (asked(function, "fork_exit")) {
        const pid_t child = fork();
        if (child == 0)
            exit(3);
        waitpid(child, NULL, 0);
    }
    static bool forked;
    if (asked(function, "fork") && !forked && fork() == 0) {
        char text[32];
        snprintf(text, sizeof text, "%d", (int)getpid());
        tell(text);
        for (;;)
            pause();
    }
    forked = forked || asked(function, "fork");
}

/* What a call finds that another one has changed: into the file HOSTILE_SEEN. */
static void report(const char *function)
{
    const char *path = getenv("HOSTILE_SEEN");
    FILE *file = path && asked(function, "report") ? fopen(path, "w") : NULL;
    char folder[4096];
    struct sigaction interrupt;
    sigset_t mask;

    if (!file)
        return;
    mode_t bits = umask(0);
    umask(bits);
    sigprocmask(SIG_BLOCK, NULL, &mask);
    sigaction(SIGINT, NULL, &interrupt);
    fprintf(file, "folder %s\numask %03o\nlocale %s\nthread %d\nblocked %d\nhandler %d\n",
            getcwd(folder, sizeof folder) ? folder : "?", (unsigned)bits, setlocale(LC_ALL, NULL),
            uselocale(NULL) == LC_GLOBAL_LOCALE, sigismember(&mask, SIGINT),
            interrupt.sa_handler == own_handler);
    fclose(file);
}

/* ---- what is returned ---- */

/* Until the host says that the call is to end, as a long statement would. */
static gw_status wait_for_stop(const struct gw_host *host, struct gw_call *call)
{
    struct gw_error error = { .struct_size = sizeof error,
                              .code = GW_E_CANCELLED,
                              .message = GW_S("cancelled, as asked") };
    tell("waiting");
    while (!host->stopped(call))
        ;
    return host->fail(call, &error);
}

static gw_status fail_badly(const struct gw_host *host, struct gw_call *call)
{
    struct gw_error error = { .struct_size = 0xFFFFFFFF,
                              .code = 77,
                              .sqlstate = { 'x', 'x', 'x', 'x', 'x', 'x', 'x', '\xff' },
                              .message = GW_S("bad \xff\xfe\033[31m text"),
                              .detail = { NULL, 5 },
                              .begin = UINT64_MAX };
    return host->fail(call, &error);
}

bool misbehave(const char *function, const struct gw_host *host, struct gw_call *call,
               gw_status *status)
{
    report(function);
    crash(function);
    end_process(function);
    change_signals(function);
    change_process(function);
    make_noise(function);
    *status = GW_OK;
    if (asked(function, "silent"))
        *status = GW_E_IO;
    else if (asked(function, "wild"))
        *status = 77;
    else if (asked(function, "least"))
        *status = INT32_MIN;
    else if (asked(function, "stop"))
        *status = GW_STOP;
    else if (asked(function, "wait"))
        *status = wait_for_stop(host, call);
    else if (asked(function, "badly"))
        *status = fail_badly(host, call);
    return *status != GW_OK;
}
