/* SPDX-License-Identifier: Apache-2.0 */
/* However a plugin ends, godwit goes on, says in one sentence what happened, and leaves no process behind. */
#include "base/clock.h"
#include "isolate_case.h"
#include "plugin/isolate/isolated.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static void assert_gone(pid_t pid)
{
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

/* One check, and that a second one fails at once with the same sentence. */
static void assert_dies(const char *entry, const char *sql, const char *sentence, gw_status status)
{
    struct worker worker;
    char config[300];

    snprintf(config, sizeof config, PROCESS "%s", entry);
    worker_open(&worker, "worker", config, GW_KIND_VALIDATOR);
    const pid_t pid = worker.plugin->isolated->process.pid;
    assert_int_equal(kill(pid, 0), 0);
    worker_check(&worker, sql);
    assert_string_equal(worker.fault.message, sentence);
    assert_int_equal(worker.status, status);
    assert_int_not_equal(worker.fault.hint[0], '\0');
    assert_gone(pid);
    int64_t before = gw_clock_steady_ns();
    worker_check(&worker, "echo");
    assert_string_equal(worker.fault.message, sentence);
    assert_true(gw_clock_steady_ns() - before < SECOND / 10);
    worker_close(&worker);
}

#define WHILE " while checking '7b15fd9db179'"

static void test_crash(void **state)
{
    (void)state;
    assert_dies("", "crash", "plugin 'w' died (SIGSEGV)" WHILE, GW_E_INTERNAL);
    assert_dies("", "crash abort", "plugin 'w' died (SIGABRT)" WHILE, GW_E_INTERNAL);
    assert_dies("", "exit 0", "plugin 'w' exited with 0" WHILE, GW_E_INTERNAL);
    assert_dies("", "exit 3", "plugin 'w' exited with 3" WHILE, GW_E_INTERNAL);
}

static void test_deadline(void **state)
{
    int64_t before = gw_clock_steady_ns();
    (void)state;
    assert_dies("timeout = \"200ms\";", "loop", "plugin 'w' missed its deadline of 200 ms" WHILE,
                GW_E_TIMEOUT);
    assert_dies("timeout = \"1s\";", "loop stubborn", "plugin 'w' missed its deadline of 1 s" WHILE,
                GW_E_TIMEOUT);
    assert_true(gw_clock_steady_ns() - before < 12 * SECOND);
}

/* Whoever asks stopped() returns in time, and lives. */
static void test_polite(void **state)
{
    struct worker worker;
    (void)state;
    worker_open(&worker, "worker", PROCESS "timeout = \"200ms\";", GW_KIND_VALIDATOR);
    worker_check(&worker, "loop polite");
    assert_string_equal(worker.fault.message, "worker was told to stop");
    assert_int_equal(worker_check(&worker, "echo"), GW_DONE);
    worker_close(&worker);
}

/* Ctrl-C, in the middle of a call. */
static void *stop_soon(void *payload)
{
    struct gw_stop *stop = payload;
    gw_sleep_ns(SECOND / 5);
    stop->level = GW_STOP_NOW;
    return NULL;
}

static void test_stopped(void **state)
{
    static const struct {
        const char *sql, *sentence;
    } cases[] = { { "loop polite", "worker was told to stop" },
                  { "loop", "plugin 'w' was stopped on request" WHILE } };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct worker worker;
        pthread_t thread;
        worker_open(&worker, "worker", PROCESS, GW_KIND_VALIDATOR);
        assert_int_equal(pthread_create(&thread, NULL, stop_soon, &worker.stop), 0);
        worker_check(&worker, cases[i].sql);
        pthread_join(thread, NULL);
        assert_string_equal(worker.fault.message, cases[i].sentence);
        worker_close(&worker);
    }
}

static void test_memory(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    print_message("AddressSanitizer keeps the addresses for itself: no limit of them to test\n");
#else
    assert_dies("memory = \"200M\";", "memory", "plugin 'w' ran out of memory" WHILE,
                GW_E_NO_MEMORY);
#endif
}

static void test_garbage(void **state)
{
    static const struct {
        const char *sql, *what;
    } cases[] = {
        { "garbage noise", "a length out of range" },
        { "garbage long", "a length out of range" },
        { "garbage type", "a message out of order" },
        { "garbage id", "an answer to another call" },
        { "garbage flags", "a frame with unknown flags" },
        { "garbage order", "a message out of order" },
        { "garbage empty", "an item that is cut off or of another kind" },
        { "garbage text", "a text that is not valid UTF-8" },
        { "garbage count", "a count out of range" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char sentence[300];
        snprintf(sentence, sizeof sentence,
                 "plugin 'w' said something that makes no sense (%s)" WHILE, cases[i].what);
        assert_dies("timeout = \"5s\";", cases[i].sql, sentence, GW_E_INTERNAL);
    }
}

static void test_hangs_up(void **state)
{
    (void)state;
    assert_dies("timeout = \"10s\";", "close", "plugin 'w' hung up" WHILE, GW_E_INTERNAL);
}

/* Whoever talks without end meets the deadline all the same. */
static void test_flood(void **state)
{
    (void)state;
    assert_dies("timeout = \"300ms\";", "flood", "plugin 'w' missed its deadline of 300 ms" WHILE,
                GW_E_TIMEOUT);
}

/* What it has started goes with it, and does not hold us up. */
static void test_orphan(void **state)
{
    struct worker worker;
    int64_t before = gw_clock_steady_ns();
    (void)state;
    worker_open(&worker, "worker", PROCESS, GW_KIND_VALIDATOR);
    worker_check(&worker, "orphan");
    assert_string_equal(worker.fault.message, "plugin 'w' died (SIGSEGV)" WHILE);
    assert_true(gw_clock_steady_ns() - before < 5 * SECOND);
    const char *said = strstr(worker_said(&worker), "child ");
    assert_non_null(said);
    const pid_t child = (pid_t)strtol(said + 6, NULL, 10);
    for (int i = 0; i < 100 && kill(child, 0) == 0; i++) { /* whoever inherits it has to reap it */
        char path[64], state_of[256] = "";
        snprintf(path, sizeof path, "/proc/%ld/stat", (long)child);
        FILE *file = fopen(path, "r");
        if (!file || !fgets(state_of, sizeof state_of, file) || strstr(state_of, ") Z")) {
            if (file)
                fclose(file);
            break;
        }
        fclose(file);
        assert_int_not_equal(i, 99);
        gw_sleep_ns(SECOND / 100);
    }
    worker_close(&worker);
}

/* ---- in every entry ---- */

static void test_loading(void **state)
{
    struct worker worker;
    (void)state;
    worker_load(&worker, "worker-constructor", PROCESS);
    assert_int_equal(worker.fault.code, GW_PLUGIN_REFUSED);
    assert_string_equal(worker.fault.message, "plugin 'w' died (SIGSEGV) while it was loaded");
    worker_close(&worker);
    worker_load(&worker, "worker-init", PROCESS);
    assert_int_equal(worker.fault.code, GW_PLUGIN_REFUSED);
    assert_string_equal(worker.fault.message, "plugin 'w' died (SIGSEGV) while it was started");
    worker_close(&worker);
}

static void test_open(void **state)
{
    struct worker worker;
    (void)state;
    worker_load(&worker, "worker", PROCESS "options = { crash = \"open\"; };");
    assert_int_equal(worker_instance(&worker, GW_KIND_VALIDATOR), GW_INVALID);
    assert_string_equal(worker.fault.message, "plugin 'w' died (SIGSEGV) while it was opened");
    assert_null(worker.self);
    worker_close(&worker);
    worker_load(&worker, "worker", PROCESS "options = { crash = \"no\"; };");
    assert_int_equal(worker_instance(&worker, GW_KIND_BACKUP), GW_INVALID);
    assert_string_equal(worker.fault.message, "worker does not open");
    worker_close(&worker);
}

/* Nobody can be told by a return code: an event says it. */
static void test_close_and_fini(void **state)
{
    struct worker worker;
    (void)state;
    worker_open(&worker, "worker", PROCESS "options = { crash = \"close\"; };", GW_KIND_VALIDATOR);
    worker.validator.close(worker.self);
    worker.self = NULL;
    assert_contains(worker_said(&worker),
                    "plugin.died 4 plugin 'w' died (SIGSEGV) while it was closed");
    worker_close(&worker);
    worker_open(&worker, "worker-fini", PROCESS, GW_KIND_VALIDATOR);
    worker.validator.close(worker.self);
    worker.self = NULL;
    gw_registry_free(worker.registry);
    worker.registry = NULL;
    assert_contains(worker_said(&worker),
                    "plugin.died 4 plugin 'w' died (SIGSEGV) while it was ended");
    worker_close(&worker);
}

static gw_status refuse_file(struct gw_call *call, struct gw_str name, struct gw_str media)
{
    (void)call;
    (void)name;
    (void)media;
    return GW_OK;
}

static gw_status take_bytes(struct gw_call *call, struct gw_str bytes)
{
    (void)call;
    (void)bytes;
    return GW_OK;
}

static gw_status no_more(struct gw_call *call, struct gw_str *name)
{
    (void)call;
    *name = (struct gw_str){ "", 0 };
    return GW_STOP;
}

static gw_status nothing(struct gw_call *call, void *into, size_t room, size_t *got)
{
    (void)call;
    (void)into;
    (void)room;
    *got = 0;
    return GW_OK;
}

static void test_backup_and_hook(void **state)
{
    static const struct gw_backup_out out = { sizeof out, 0, refuse_file, take_bytes, NULL };
    static const struct gw_backup_in in = { sizeof in, 0, no_more, nothing };
    const struct gw_target target = { .struct_size = sizeof target, .database = GW_S("crash") };
    const struct gw_artifact artifact = { .struct_size = sizeof artifact,
                                          .locator = GW_S("crash") };
    const struct gw_hook_event event = { .struct_size = sizeof event, .type = GW_S("crash") };
    static const char *const sentences[] = {
        "plugin 'w' died (SIGSEGV) while taking a backup of 'crash'",
        "plugin 'w' died (SIGSEGV) while restoring 'crash'",
        "plugin 'w' died (SIGSEGV) while verifying the backup 'crash'",
        "plugin 'w' died (SIGSEGV) while discarding the backup 'crash'",
        "plugin 'w' died (SIGSEGV) while handling 'crash'",
    };
    (void)state;
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++) {
        struct worker worker;
        worker_open(&worker, i == 2 || i == 3 ? "worker-keeps" : "worker", PROCESS,
                    i == 4 ? GW_KIND_HOOK : GW_KIND_BACKUP);
        struct gw_call call = worker_call(&worker);
        gw_status status = i == 0   ? worker.backup.take(&call, worker.self, &target, &out)
                           : i == 1 ? worker.backup.restore(&call, worker.self, &in, NULL, &target)
                           : i == 2 ? worker.backup.verify(&call, worker.self, &artifact)
                           : i == 3 ? worker.backup.discard(&call, worker.self, &artifact)
                                    : worker.hook.handle(&call, worker.self, &event);
        assert_int_equal(worker_end(&worker, &call, status, "call"), GW_INVALID);
        assert_string_equal(worker.fault.message, sentences[i]);
        worker_close(&worker);
    }
}

/* ---- the embedding program ---- */

static void reap_all(int number)
{
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
}

/* It has a handler that reaps every child, or ignores them all: how ours has ended is lost then, that it has is not. */
static void test_sigchld(void **state)
{
    struct sigaction action = { .sa_handler = reap_all }, before, now;
    (void)state;
    assert_int_equal(sigaction(SIGCHLD, &action, &before), 0);
    assert_dies("", "exit 3", "plugin 'w' died" WHILE, GW_E_INTERNAL);
    assert_int_equal(sigaction(SIGCHLD, NULL, &now), 0);
    assert_true(now.sa_handler == reap_all);
    action.sa_handler = SIG_IGN;
    assert_int_equal(sigaction(SIGCHLD, &action, NULL), 0);
    assert_dies("", "exit 4", "plugin 'w' died" WHILE, GW_E_INTERNAL);
    assert_dies("timeout = \"200ms\";", "loop stubborn",
                "plugin 'w' missed its deadline of 200 ms" WHILE, GW_E_TIMEOUT);
    assert_int_equal(sigaction(SIGCHLD, &before, NULL), 0);
}

/* A child of the embedding program is none of ours. */
static void test_other_children(void **state)
{
    int status;
    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(7);
    assert_dies("", "crash", "plugin 'w' died (SIGSEGV)" WHILE, GW_E_INTERNAL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 7);
}

static size_t open_files(void)
{
    size_t n = 0;
    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void test_leaves_nothing(void **state)
{
    struct worker worker;
    (void)state;
    const size_t before = open_files();
    worker_open(&worker, "worker", PROCESS, GW_KIND_VALIDATOR);
    const pid_t pid = worker.plugin->isolated->process.pid;
    worker_check(&worker, "echo");
    worker_close(&worker);
    assert_gone(pid);
    assert_int_equal(open_files(), before);
    worker_load(&worker, "worker-constructor", PROCESS);
    worker_close(&worker);
    assert_int_equal(open_files(), before);
}

/* It goes with godwit, even if godwit cannot see to it. */
static void test_parent_killed(void **state)
{
    int pipe_of[2];
    pid_t plugin = 0;
    (void)state;
    assert_int_equal(pipe(pipe_of), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct worker worker;
        worker_load(&worker, "worker", PROCESS);
        plugin = worker.plugin->isolated->process.pid;
        if (write(pipe_of[1], &plugin, sizeof plugin) < 0)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(pipe_of[0], &plugin, sizeof plugin), sizeof plugin);
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    for (int i = 0; i < 200; i++) {
        char path[64], line[256] = "";
        snprintf(path, sizeof path, "/proc/%ld/stat", (long)plugin);
        FILE *file = fopen(path, "r");
        bool gone = !file || !fgets(line, sizeof line, file) || strstr(line, ") Z");
        if (file)
            fclose(file);
        if (gone)
            break;
        assert_int_not_equal(i, 199);
        gw_sleep_ns(SECOND / 100);
    }
    close(pipe_of[0]);
    close(pipe_of[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crash),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_polite),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_hangs_up),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_orphan),
        cmocka_unit_test(test_loading),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_close_and_fini),
        cmocka_unit_test(test_backup_and_hook),
        cmocka_unit_test(test_sigchld),
        cmocka_unit_test(test_other_children),
        cmocka_unit_test(test_leaves_nothing),
        cmocka_unit_test(test_parent_killed),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
