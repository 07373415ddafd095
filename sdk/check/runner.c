/* SPDX-License-Identifier: 0BSD */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct runner {
    const struct check_settings *settings;
    struct check_verdict *verdict;
    int out, err; /* memory: what the child writes */
    char folder[64];
    int number, failed;
};

/* ---- the verdict ---- */

void check_fail(struct check *check, const char *format, ...)
{
    va_list args;
    if (check->verdict->state == CHECK_FAILED)
        return;
    va_start(args, format);
    vsnprintf(check->verdict->reason, sizeof check->verdict->reason, format, args);
    va_end(args);
    check->verdict->state = CHECK_FAILED;
}

void check_skip(struct check *check, const char *why)
{
    if (check->verdict->state == CHECK_FAILED)
        return;
    snprintf(check->verdict->reason, sizeof check->verdict->reason, "%s", why);
    check->verdict->state = CHECK_SKIPPED;
}

bool check_failed(const struct check *check)
{
    return check->verdict->state == CHECK_FAILED;
}

/* ---- the child ---- */

static void child(const struct runner *runner, const struct check_case *one)
{
    struct check check = { .settings = runner->settings,
                           .verdict = runner->verdict,
                           .folder = runner->folder };
    const struct rlimit no_core = { 0, 0 };
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &no_core);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(runner->out, STDOUT_FILENO) < 0 ||
        dup2(runner->err, STDERR_FILENO) < 0)
        _exit(1);
    close(null);
    if (check_load(&check))
        one->run(&check);
    fflush(NULL);
    if (runner->verdict->state == CHECK_RUNNING)
        runner->verdict->state = CHECK_PASSED;
    _exit(0);
}

/* ---- the parent ---- */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void remove_folder(const char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool wait_until(pid_t pid, int timeout_ms, int *status)
{
    struct pollfd end = { .fd = pidfd_open(pid, 0), .events = POLLIN };
    bool in_time = end.fd < 0 || poll(&end, 1, timeout_ms) != 0;

    if (!in_time)
        kill(pid, SIGKILL);
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        ;
    kill(-pid, SIGKILL); /* whatever it left behind */
    if (end.fd >= 0)
        close(end.fd);
    return in_time;
}

/* The last line of what the child wrote, which is what a sanitizer or libc says at its end. */
static void read_line(int fd, char *out, size_t room, bool last)
{
    char text[4096];
    off_t size = lseek(fd, 0, SEEK_END);
    off_t from = last && size > (off_t)sizeof text - 1 ? size - (off_t)sizeof text + 1 : 0;
    ssize_t got = pread(fd, text, sizeof text - 1, from);

    text[got > 0 ? got : 0] = '\0';
    while (got > 0 && (text[got - 1] == '\n' || text[got - 1] == '\r'))
        text[--got] = '\0';
    char *line = last && strrchr(text, '\n') ? strrchr(text, '\n') + 1 : text;
    line[strcspn(line, "\n")] = '\0';
    snprintf(out, room, "%.200s", line);
}

static void blame(struct runner *runner, int status, bool in_time)
{
    struct check_verdict *verdict = runner->verdict;
    char where[80], line[256];

    verdict->entry[sizeof verdict->entry - 1] = '\0';
    verdict->reason[sizeof verdict->reason - 1] = '\0';
    if (verdict->entry[0])
        snprintf(where, sizeof where, " in %s()", verdict->entry);
    else
        snprintf(where, sizeof where, " outside of its entries");
    read_line(runner->err, line, sizeof line, true);
    if (!in_time)
        snprintf(verdict->reason, sizeof verdict->reason, "did not end within %d ms%s",
                 runner->settings->timeout_ms, where);
    else if (WIFSIGNALED(status))
        snprintf(verdict->reason, sizeof verdict->reason, "died (SIG%s)%s%s%s",
                 sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "?", where,
                 line[0] ? ": " : "", line);
    else if (verdict->state == CHECK_RUNNING)
        snprintf(verdict->reason, sizeof verdict->reason, "ended the process (exit code %d)%s%s%s",
                 WEXITSTATUS(status), where, line[0] ? ": " : "", line);
    else if (lseek(runner->out, 0, SEEK_END) > 0) {
        if (verdict->state == CHECK_FAILED)
            return;
        read_line(runner->out, line, sizeof line, false);
        snprintf(verdict->reason, sizeof verdict->reason, "wrote to standard output: '%s'", line);
    } else
        return;
    verdict->state = CHECK_FAILED;
}

static void json_text(const char *text)
{
    putchar('"');
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if (*c == '"' || *c == '\\')
            printf("\\%c", *c);
        else if (*c < 0x20 || *c >= 0x7f)
            printf("\\u%04x", *c);
        else
            putchar(*c);
    putchar('"');
}

static void report(struct runner *runner, const struct check_case *one)
{
    const struct check_verdict *verdict = runner->verdict;
    bool ok = verdict->state != CHECK_FAILED, skipped = verdict->state == CHECK_SKIPPED;

    runner->number++;
    runner->failed += !ok;
    if (runner->settings->json) {
        printf("{\"type\":\"plugin.check\",\"level\":\"data\",\"case\":\"%s\",\"what\":\"%s\","
               "\"ok\":%s",
               one->name, one->what, ok ? "true" : "false");
        if (skipped || !ok) {
            printf(",\"%s\":", skipped ? "skipped" : "reason");
            json_text(verdict->reason);
        }
        puts("}");
    } else {
        printf("%sok %d - %s: %s%s%s\n", ok ? "" : "not ", runner->number, one->name, one->what,
               skipped ? " # SKIP " : "", skipped ? verdict->reason : "");
        if (!ok) {
            fputs("  # ", stdout);
            for (const char *c = verdict->reason; *c; c++)
                putchar((unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c);
            putchar('\n');
        }
    }
    fflush(stdout);
}

static bool run_case(struct runner *runner, const struct check_case *one)
{
    int status;

    memset(runner->verdict, 0, sizeof *runner->verdict);
    snprintf(runner->folder, sizeof runner->folder, "/tmp/godwit-check-XXXXXX");
    if (!mkdtemp(runner->folder) || ftruncate(runner->out, 0) || ftruncate(runner->err, 0) ||
        lseek(runner->out, 0, SEEK_SET) < 0 || lseek(runner->err, 0, SEEK_SET) < 0) {
        fprintf(stderr, "godwit-plugin-check: cannot set up a case: %s\n", strerror(errno));
        return false;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        child(runner, one);
    if (pid > 0) {
        bool in_time = wait_until(pid, runner->settings->timeout_ms, &status);
        blame(runner, status, in_time);
        report(runner, one);
    } else
        fprintf(stderr, "godwit-plugin-check: cannot start a process: %s\n", strerror(errno));
    remove_folder(runner->folder);
    return pid > 0;
}

static bool wanted(const struct check_settings *settings, const struct check_case *one,
                   uint32_t kinds)
{
    if (settings->only && strncmp(one->name, settings->only, strlen(settings->only)) != 0)
        return false;
    if (one->live && kinds == GW_KIND_DRIVER && !settings->url)
        return false;
    return one->kinds & kinds;
}

static int run_all(struct runner *runner)
{
    /* The first case tells whether there is a plugin at all, and of which kinds. */
    if (!run_case(runner, &check_cases[0]))
        return 2;
    const uint32_t kinds = runner->verdict->kinds;
    bool going = runner->verdict->state == CHECK_PASSED;
    for (const struct check_case *one = check_cases + 1; one->name && going; one++) {
        if (!one->gate && !wanted(runner->settings, one, kinds))
            continue;
        if (!run_case(runner, one))
            return 2;
        going = !one->gate || runner->verdict->state == CHECK_PASSED;
    }
    if (!runner->settings->json) {
        printf("1..%d\n", runner->number);
        if (!going)
            puts("# the other cases were left out: mend this one first");
        if ((kinds & GW_KIND_DRIVER) && !runner->settings->url)
            puts("# cases that need a database were left out: give --url");
        printf("# %d cases, %d failed\n", runner->number, runner->failed);
    }
    return runner->failed ? 1 : 0;
}

int check_run(const struct check_settings *settings)
{
    struct runner runner = { .settings = settings,
                             .out = memfd_create("stdout", MFD_CLOEXEC),
                             .err = memfd_create("stderr", MFD_CLOEXEC) };

    runner.verdict = mmap(NULL, sizeof *runner.verdict, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (runner.out < 0 || runner.err < 0 || runner.verdict == MAP_FAILED) {
        fprintf(stderr, "godwit-plugin-check: cannot begin: %s\n", strerror(errno));
        return 2;
    }
    int code = run_all(&runner);
    munmap(runner.verdict, sizeof *runner.verdict);
    close(runner.out);
    close(runner.err);
    return code;
}
