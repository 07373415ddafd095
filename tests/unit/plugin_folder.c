/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin_folder.h"

#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in '%s'", part, text);
}

char test_root[] = "/tmp/godwit-plugin-XXXXXX";
char test_bundled[64];

const char *const test_built[] = {
    "good",
    "second",
    "old-major",
    "new-major",
    "new-minor",
    "lying-minor",
    "no-note",
    "no-symbol",
    "no-descriptor",
    "no-id",
    "small",
    "huge",
    "other-kind",
    "no-list",
    "empty-list",
    "no-table",
    "short-table",
    "bad-stride",
    "bad-default",
    "twice",
    "init-fails",
    "other",
    "two-notes",
    "two-symbols",
    "runpath-relative",
    "runpath-empty",
    "runpath-origin",
    "runpath-open",
    "runpath-sound",
    "worker",
    "worker-keeps",
    "worker-unwilling",
    "worker-constructor",
    "worker-init",
    "worker-fini",
    "worker-hook",
    "worker-late",
};
const size_t test_n_built = sizeof test_built / sizeof test_built[0];

void test_path(char out[256], const char *below)
{
    snprintf(out, 256, "%s/%s", test_root, below);
}

void copy_file(const char *from, const char *below)
{
    struct gw_buf bytes = GW_BUF((size_t)64 << 20);
    struct gw_fault fault = { 0 };
    char to[256];
    test_path(to, below);
    unlink(to);
    if (gw_file_read(&bytes, AT_FDCWD, from, from, &fault) ||
        gw_file_write(to, bytes.data, bytes.len, GW_FILE_NEW, &fault) || chmod(to, 0644))
        fail_msg("%s", fault.message);
    gw_buf_free(&bytes);
}

int make_folder(void **state)
{
    (void)state;
    unsetenv("GODWIT_PLUGIN_DIR");
    if (!mkdtemp(test_root))
        return -1;
    char data[256];
    test_path(data, "data");
    setenv("XDG_DATA_HOME", data, 1);
    snprintf(test_bundled, sizeof test_bundled, "%s/bundled", test_root);
    if (mkdir(test_bundled, 0755) || chmod(test_bundled, 0755))
        return -1;
    for (size_t i = 0; i < test_n_built; i++) {
        char from[512], below[64];
        snprintf(from, sizeof from, BUILT "%s.so", test_built[i]);
        snprintf(below, sizeof below, "bundled/%s.so", test_built[i]);
        copy_file(from, below);
    }
    return 0;
}

int drop_folder(void **state)
{
    char command[256];
    pid_t child;
    int status;
    (void)state;
    snprintf(command, sizeof command, "%s", test_root);
    child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", command, (char *)NULL);
        _exit(127);
    }
    return waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

void parse_project(struct gw_project *project, const char *text)
{
    struct gw_fault fault = { 0 };
    char name[256];
    test_path(name, "plugins.conf");
    if (gw_project_parse(project, text, strlen(text), name, NULL, &fault))
        fail_msg("%s", fault.message);
}

static void listener_take(struct gw_consumer *consumer, const struct gw_event *event)
{
    struct listener *listener = (struct listener *)consumer;
    gw_buf_printf(&listener->texts, "%s %d %s\n", event->type, event->level, event->text);
    listener->n_progress += event->level == GW_LEVEL_PROGRESS;
}

static void listener_close(struct gw_consumer *consumer)
{
    gw_buf_free(&((struct listener *)consumer)->texts);
}

void listen_to(struct gw_events *events, struct listener *listener)
{
    *listener =
        (struct listener){ .consumer = { listener_take, listener_close }, .texts = GW_BUF_TEXT };
    gw_events_init(events);
    gw_events_add(events, &listener->consumer);
}

struct gw_registry *new_registry(const struct gw_project *project, struct gw_events *events)
{
    struct gw_registry *registry;
    struct gw_fault fault = { 0 };
    if (gw_registry_new(&registry, project, test_bundled, events, NULL, &fault))
        fail_msg("%s", fault.message);
    gw_registry_use_host(registry, TEST_BUILD_DIR "/godwit");
    return registry;
}

const struct gw_plugin_loaded *load_good(struct gw_registry *registry, const char *name)
{
    const struct gw_plugin_loaded *plugin;
    struct gw_fault fault = { 0 };
    if (gw_registry_load(registry, name, &plugin, &fault))
        fail_msg("%s", fault.message);
    return plugin;
}
