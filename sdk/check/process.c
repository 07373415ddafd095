/* SPDX-License-Identifier: 0BSD */
#include "blocks.h"
#include "cases.h"

#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WARM_UP = 8,
    ROUNDS = 20,
    THREADS = 4,
    THREAD_ROUNDS = 20
};

static int entries(const char *folder)
{
    int n = 0;
    DIR *dir = opendir(folder);
    while (dir && readdir(dir))
        n++;
    if (dir)
        closedir(dir);
    return n;
}

/* ---- what a process has one of ---- */

struct process {
    sigset_t mask;
    struct sigaction actions[NSIG];
    char folder[4096];
    char locale[256];
    mode_t umask;
    char **environment;
    unsigned long hash; /* of the environment */
    int files, threads;
};

extern char **environ;

static unsigned long hash_environment(void)
{
    unsigned long hash = 5381;
    for (char **one = environ; one && *one; one++)
        for (const char *c = *one; *c; c++)
            hash = hash * 33 + (unsigned char)*c;
    return hash;
}

static void look(struct process *out)
{
    memset(out, 0, sizeof *out);
    sigprocmask(SIG_SETMASK, NULL, &out->mask);
    for (int i = 1; i < NSIG; i++)
        sigaction(i, NULL, &out->actions[i]);
    if (!getcwd(out->folder, sizeof out->folder))
        out->folder[0] = '\0';
    snprintf(out->locale, sizeof out->locale, "%s", setlocale(LC_ALL, NULL));
    out->umask = umask(0);
    umask(out->umask);
    out->environment = environ;
    out->hash = hash_environment();
    out->files = entries("/proc/self/fd");
    out->threads = entries("/proc/self/task");
}

static void compare(struct check *check, const struct process *before, const char *when)
{
    static struct process after;
    look(&after);
    if (memcmp(&before->mask, &after.mask, sizeof after.mask) != 0)
        check_fail(check, "changes the signal mask, %s", when);
    for (int i = 1; i < NSIG; i++)
        if (before->actions[i].sa_handler != after.actions[i].sa_handler)
            check_fail(check, "changes what happens on SIG%s, %s",
                       sigabbrev_np(i) ? sigabbrev_np(i) : "RT", when);
    if (strcmp(before->folder, after.folder) != 0)
        check_fail(check, "changes the working directory, %s", when);
    if (strcmp(before->locale, after.locale) != 0)
        check_fail(check, "changes the locale, %s", when);
    if (before->umask != after.umask)
        check_fail(check, "changes the umask, %s", when);
    if (before->hash != after.hash)
        check_fail(check, "changes the environment, %s", when);
    if (fcntl(STDOUT_FILENO, F_GETFD) < 0 || fcntl(STDERR_FILENO, F_GETFD) < 0 ||
        fcntl(STDIN_FILENO, F_GETFD) < 0)
        check_fail(check, "closes a standard descriptor, %s", when);
}

void check_case_init(struct check *check)
{
    static struct process before, after;
    look(&before);
    if (check_init(check))
        return;
    look(&after);
    if (after.threads != before.threads)
        check_fail(check, "init() starts a thread: that belongs to open()");
    if (after.files > before.files)
        check_fail(check, "init() opens a descriptor: that belongs to open()");
    compare(check, &before, "in init()");
    check_fini(check);
    compare(check, &before, "in fini()");
}

static void once(struct check *check, struct check_instance *instance, const void *payload)
{
    const struct process *before = payload;
    check_exercise(check, instance, &CHECK_USUAL);
    compare(check, before, "in its calls");
}

void check_case_process(struct check *check)
{
    static struct process before;
    look(&before);
    check_each(check, once, &before);
    compare(check, &before, "up to fini()");
}

/* ---- leaks ---- */

static bool round_of(struct check *check, uint32_t kind)
{
    struct check_instance instance;
    gw_status status;
    bool open = check_open(check, kind, &instance, &status);
    if (open)
        check_exercise(check, &instance, &CHECK_USUAL);
    check_close(check, &instance);
    return !check_failed(check) && (open || kind == GW_KIND_DRIVER);
}

struct held {
    long blocks;
    int files, threads;
};

/* What is held after that many more rounds; false: they could not be run. */
static bool held_after(struct check *check, uint32_t kind, int rounds, struct held *out)
{
    for (int i = 0; i < rounds; i++)
        if (!round_of(check, kind))
            return false;
    *out = (struct held){ check_blocks(), entries("/proc/self/fd"), entries("/proc/self/task") };
    return true;
}

/* A leak is there in each round; a cache that grows now and then, or a buffer that stays, is none. So it has
 * to show in both halves. */
static void leaks_of(struct check *check, uint32_t kind)
{
    struct held begin, middle, end;

    if (!held_after(check, kind, WARM_UP, &begin) || !held_after(check, kind, ROUNDS, &middle) ||
        !held_after(check, kind, ROUNDS, &end))
        return;
    if (middle.blocks >= begin.blocks + ROUNDS && end.blocks >= middle.blocks + ROUNDS)
        check_fail(check, "%ld blocks of memory stay after each round of open, calls and close",
                   (end.blocks - middle.blocks) / ROUNDS);
    if (middle.files > begin.files && end.files > middle.files)
        check_fail(check, "%d descriptors stay open after %d rounds of open, calls and close",
                   end.files - middle.files, ROUNDS);
    if (middle.threads > begin.threads && end.threads > middle.threads)
        check_fail(check, "%d threads still run after %d rounds of open, calls and close",
                   end.threads - middle.threads, ROUNDS);
}

void check_case_leaks(struct check *check)
{
    if (check_init(check) || !check_fill(check, CHECK_DEFAULTS))
        return;
    for (uint32_t kind = GW_KIND_DRIVER; kind <= GW_KIND_HOOK; kind <<= 1)
        if (check->plugin.kinds & kind)
            leaks_of(check, kind);
    check_fini(check);
}

/* ---- threads, as the plugin declares it ---- */

struct worker {
    struct check *check;
    struct check_instance *instance; /* shared, or NULL: one of its own */
    uint32_t kind;
    pthread_t thread;
};

static void *work(void *payload)
{
    struct worker *worker = payload;
    struct check_instance own;
    gw_status status;

    if (!worker->instance && !check_open(worker->check, worker->kind, &own, &status))
        return NULL;
    struct check_instance *instance = worker->instance ? worker->instance : &own;
    for (int i = 0; i < THREAD_ROUNDS; i++)
        check_exercise(worker->check, instance, &CHECK_USUAL);
    if (!worker->instance)
        check_close(worker->check, &own);
    return NULL;
}

static uint32_t declared(const struct check *check, uint32_t kind)
{
    return kind == GW_KIND_VALIDATOR ? check->plugin.validator.threads
           : kind == GW_KIND_BACKUP  ? check->plugin.backup.threads
           : kind == GW_KIND_HOOK    ? check->plugin.hook.threads
                                     : check->plugin.driver.threads;
}

/* 0: threads one after the other. 1: at once, each with an instance of its own. 2: at once, on one.
 * What a backup keeps for one target is one thing, so its threads follow one another. */
static void in_threads(struct check *check, struct check_instance *instance, const void *payload)
{
    const uint32_t rule = instance->kind == GW_KIND_BACKUP ? 0 : declared(check, instance->kind);
    struct worker workers[THREADS];
    (void)payload;

    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ .check = check,
                                      .instance = rule == 1 ? NULL : instance,
                                      .kind = instance->kind };
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i])) {
            check_fail(check, "cannot start a thread");
            _exit(0);
        }
        if (rule == 0)
            pthread_join(workers[i].thread, NULL);
    }
    for (size_t i = 0; i < THREADS && rule; i++)
        pthread_join(workers[i].thread, NULL);
}

void check_case_threads(struct check *check)
{
    check_each(check, in_threads, NULL);
}
