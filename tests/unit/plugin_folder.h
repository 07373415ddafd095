/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of test plugins and a project beside it: what the tests of core/plugin share. */
#ifndef TESTS_UNIT_PLUGIN_FOLDER_H
#define TESTS_UNIT_PLUGIN_FOLDER_H

#include "plugin/registry.h"

#define BUILT TEST_BUILD_DIR "/tests/plugins/"

extern char test_root[];
extern char test_bundled[64]; /* test_root/bundled, with a copy of every test plugin */
extern const char *const test_built[];
extern const size_t test_n_built;

/* Group set-up and tear-down. */
int make_folder(void **state);
int drop_folder(void **state);

void assert_contains(const char *text, const char *part);
void test_path(char out[256], const char *below); /* test_root/below */
void copy_file(const char *from, const char *below);
/* plugins.conf of that text in test_root, but not on the disk. */
void parse_project(struct gw_project *project, const char *text);
/* With test_bundled as the folder of plugins. */
struct gw_registry *new_registry(const struct gw_project *project, struct gw_events *events);
const struct gw_plugin_loaded *load_good(struct gw_registry *registry, const char *name);

/* A consumer that keeps "TYPE LEVEL TEXT" of every event. */
struct listener {
    struct gw_consumer consumer;
    struct gw_buf texts;
    size_t n_progress;
};
void listen_to(struct gw_events *events, struct listener *listener);

#endif
