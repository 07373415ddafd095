/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin tests/plugins/worker.c, loaded into a process of its own or into this one, and calls to it. */
#ifndef TESTS_UNIT_ISOLATE_CASE_H
#define TESTS_UNIT_ISOLATE_CASE_H

/* Clang tells in its own way, and GCC's is the one that is asked. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#include "plugin/hook_abi.h"
#include "plugin/service.h"
#include "plugin_folder.h"
#include <godwit/backup.h>
#include <godwit/validator.h>

struct worker {
    struct gw_project project;
    struct gw_events events;
    struct listener listener; /* what happened, as text */
    struct gw_registry *registry;
    const struct gw_plugin_loaded *plugin;
    struct gw_validator validator;
    struct gw_backup backup;
    struct gw_hook hook;
    void *self;
    struct gw_stop stop;
    struct gw_services *services;
    /* of the last call */
    struct gw_fault fault;
    gw_status status;
    size_t n_findings, findings_wanted; /* 0: all */
    struct gw_buf found;
};

/* so: the file of that name; entry: more of its entry in plugins.conf ("isolate = \"none\";", ...). Loads it; whether
 * that went well is in fault. */
void worker_load(struct worker *worker, const char *so, const char *entry);
/* The same, and opens an instance of that kind, with the options of the entry; both must go well. */
void worker_open(struct worker *worker, const char *so, const char *entry, uint32_t kind);
/* Opens only. */
int worker_instance(struct worker *worker, uint32_t kind);
void worker_close(struct worker *worker);
/* Checks the migration "7b15fd9db179" with that text. */
int worker_check(struct worker *worker, const char *sql);
/* What was said since the last time; until the next call. */
const char *worker_said(struct worker *worker);

struct gw_call worker_call(struct worker *worker);
int worker_end(struct worker *worker, struct gw_call *call, gw_status status, const char *function);

#define PROCESS "isolate = \"process\"; "
#define WITHIN "isolate = \"none\"; "

#endif
