/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/guard.h"

#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    STANDARD_FILES = 3
};

/* Those that stop a run, and those without which a program that we start cannot be talked to or waited for. */
static const int guarded_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD };
enum {
    SIGNALS = sizeof guarded_signals / sizeof guarded_signals[0]
};

struct file {
    int copy; /* -1: it could not be had */
    struct stat st;
};

/* The process has one of each, and so has this. */
static struct {
    unsigned holders;
    unsigned told;      /* of what was changed already */
    struct file folder; /* a descriptor of it, to go back by */
    mode_t bits;
    char *locale;
    locale_t thread_locale;
    sigset_t mask;
    struct sigaction actions[SIGNALS];
    struct file standard[STANDARD_FILES];
} held;

/* ---- files ---- */

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_rdev == b->st_rdev;
}

static bool still_there(const struct file *file)
{
    struct stat now;
    return file->copy >= 0 && fstat(file->copy, &now) == 0 && same_file(&now, &file->st);
}

static void keep(struct file *out, int copy)
{
    out->copy = copy;
    if (copy >= 0 && fstat(copy, &out->st)) {
        close(copy);
        out->copy = -1;
    }
}

static void forget(struct file *file)
{
    if (still_there(file)) /* else the number is another file's by now */
        close(file->copy);
    file->copy = -1;
}

static bool restore_file(int number)
{
    const struct file *file = &held.standard[number];
    struct stat now;
    bool open_now = fstat(number, &now) == 0;

    if (open_now && (file->copy < 0 || same_file(&now, &file->st)))
        return false;
    if (still_there(file)) {
        dup2(file->copy, number);
        return true;
    }
    if (open_now)
        return true;
    int other = open("/dev/null", O_RDONLY); /* gets the lowest number, mostly the right one */
    if (other >= 0 && other != number) {
        dup2(other, number);
        close(other);
    }
    return true;
}

static bool restore_files(void)
{
    bool changed = false;
    for (int number = 0; number < STANDARD_FILES; number++)
        changed |= restore_file(number);
    return changed;
}

static bool restore_folder(void)
{
    struct stat now;
    if (held.folder.copy < 0 || (stat(".", &now) == 0 && same_file(&now, &held.folder.st)))
        return false;
    return still_there(&held.folder) && fchdir(held.folder.copy) == 0;
}

/* ---- the rest ---- */

static bool restore_locale(void)
{
    const char *now = setlocale(LC_ALL, NULL);
    bool changed = uselocale(NULL) != held.thread_locale;

    if (changed)
        uselocale(held.thread_locale);
    if (!held.locale || (now && strcmp(now, held.locale) == 0))
        return changed;
    setlocale(LC_ALL, held.locale);
    return true;
}

static bool restore_mask(void)
{
    sigset_t now;
    bool changed = false;
    if (pthread_sigmask(SIG_SETMASK, NULL, &now))
        return false;
    for (int number = 1; number < NSIG && !changed; number++)
        changed = sigismember(&now, number) != sigismember(&held.mask, number);
    if (changed)
        pthread_sigmask(SIG_SETMASK, &held.mask, NULL);
    return changed;
}

static bool restore_handlers(void)
{
    bool changed = false;
    for (size_t i = 0; i < SIGNALS; i++) {
        struct sigaction now;
        if (sigaction(guarded_signals[i], NULL, &now) ||
            now.sa_handler == held.actions[i].sa_handler)
            continue;
        sigaction(guarded_signals[i], &held.actions[i], NULL);
        changed = true;
    }
    return changed;
}

void gw_guard_hold(void)
{
    if (held.holders++)
        return;
    held.told = 0;
    keep(&held.folder, open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
    for (int number = 0; number < STANDARD_FILES; number++)
        keep(&held.standard[number], fcntl(number, F_DUPFD_CLOEXEC, STANDARD_FILES));
    held.bits = umask(0077); /* narrow, for whoever makes a file meanwhile */
    umask(held.bits);
    const char *locale = setlocale(LC_ALL, NULL);
    held.locale = locale ? strdup(locale) : NULL;
    held.thread_locale = uselocale(NULL);
    pthread_sigmask(SIG_SETMASK, NULL, &held.mask);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(guarded_signals[i], NULL, &held.actions[i]);
}

void gw_guard_drop(void)
{
    if (!held.holders || --held.holders)
        return;
    forget(&held.folder);
    for (int number = 0; number < STANDARD_FILES; number++)
        forget(&held.standard[number]);
    free(held.locale);
    held.locale = NULL;
}

unsigned gw_guard_restore(void)
{
    unsigned changed = 0;

    if (!held.holders)
        return 0;
    if (restore_folder())
        changed |= GW_GUARD_FOLDER;
    if (umask(held.bits) != held.bits)
        changed |= GW_GUARD_UMASK;
    if (restore_locale())
        changed |= GW_GUARD_LOCALE;
    if (restore_mask())
        changed |= GW_GUARD_MASK;
    if (restore_handlers())
        changed |= GW_GUARD_HANDLER;
    if (restore_files())
        changed |= GW_GUARD_FILE;
    unsigned news = changed & ~held.told;
    held.told |= changed;
    return news;
}

const char *gw_guard_name(unsigned bit)
{
    static const char *const names[GW_GUARDED] = {
        "the working directory",   "the umask",      "the locale", "the mask of signals",
        "the handler of a signal", "a standard file"
    };
    for (unsigned i = 0; i < GW_GUARDED; i++)
        if (bit == 1U << i)
            return names[i];
    return "";
}
