/* SPDX-License-Identifier: Apache-2.0 */
#include "isolate_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define REVISION "7b15fd9db179"

void worker_load(struct worker *worker, const char *so, const char *entry)
{
    char config[700];

    memset(worker, 0, sizeof *worker);
    worker->found = GW_BUF_TEXT;
    snprintf(config, sizeof config,
             "plugins = ( { name = \"w\"; path = \"./bundled/%s.so\"; %s } );", so, entry);
    parse_project(&worker->project, config);
    listen_to(&worker->events, &worker->listener);
    worker->registry = new_registry(&worker->project, &worker->events);
    if (gw_registry_load(worker->registry, "w", &worker->plugin, &worker->fault))
        return;
    gw_plugin_interface(worker->plugin, GW_VALIDATOR, &worker->validator, sizeof worker->validator);
    gw_plugin_interface(worker->plugin, GW_BACKUP, &worker->backup, sizeof worker->backup);
    gw_plugin_interface(worker->plugin, GW_HOOK, &worker->hook, sizeof worker->hook);
}

struct gw_call worker_call(struct worker *worker)
{
    struct gw_call call;
    gw_call_to(&call, worker->plugin, worker->services, &worker->stop);
    call.sink = worker;
    return call;
}

int worker_end(struct worker *worker, struct gw_call *call, gw_status status, const char *function)
{
    worker->status = status;
    worker->fault = (struct gw_fault){ 0 };
    return gw_call_end(call, status, function, GW_INVALID, &worker->fault);
}

int worker_instance(struct worker *worker, uint32_t kind)
{
    struct gw_arena arena = { 0 };
    struct gw_call call = worker_call(worker);
    struct gw_cell *options;
    gw_status (*open)(struct gw_call *, const struct gw_setup *, void **) =
        kind == GW_KIND_VALIDATOR ? worker->validator.open
        : kind == GW_KIND_BACKUP  ? worker->backup.open
                                  : worker->hook.open;

    if (gw_options_fill(&arena, worker->plugin, &worker->project.plugins[0].options,
                        &worker->project, &options, &worker->fault))
        fail_msg("%s", worker->fault.message);
    const struct gw_setup setup = { .struct_size = sizeof setup,
                                    .n_options = worker->plugin->descriptor.n_options,
                                    .options = options,
                                    .name = GW_S("w"),
                                    .folder = { test_root, strlen(test_root) } };
    gw_status status = open(&call, &setup, &worker->self);
    gw_arena_free(&arena);
    return worker_end(worker, &call, status, "open");
}

void worker_open(struct worker *worker, const char *so, const char *entry, uint32_t kind)
{
    worker_load(worker, so, entry);
    if (worker->fault.code || worker_instance(worker, kind))
        fail_msg("%s", worker->fault.message);
    worker_said(worker);
}

void worker_close(struct worker *worker)
{
    if (worker->self)
        worker->validator.close(worker->self); /* the kinds share it */
    gw_registry_free(worker->registry);
    gw_project_free(&worker->project);
    gw_events_close(&worker->events);
    gw_buf_free(&worker->found);
}

static gw_status take_finding(struct gw_call *call, const struct gw_finding *finding)
{
    struct worker *worker = call->sink;

    assert_int_equal(finding->struct_size, sizeof *finding);
    gw_buf_printf(&worker->found, "%s %d %s [%s] %s %d-%d\n", finding->rule.ptr, finding->severity,
                  finding->message.ptr, finding->hint.ptr,
                  finding->revision.ptr ? finding->revision.ptr : "", (int)finding->begin,
                  (int)finding->end);
    return ++worker->n_findings == worker->findings_wanted ? GW_STOP : GW_OK;
}

int worker_check(struct worker *worker, const char *sql)
{
    static const struct gw_findings_out out = { sizeof out, 0, take_finding };
    const struct gw_span span = { 0, strlen(sql), 0 };
    const struct gw_subject subject = { .struct_size = sizeof subject,
                                        .direction = GW_DIRECTION_UP,
                                        .phase = GW_PHASE_FILES,
                                        .revision = GW_S(REVISION),
                                        .title = GW_S("Add users"),
                                        .file = GW_S("migrations/a.sql"),
                                        .dialect = GW_S("sqlite"),
                                        .sql = { sql, strlen(sql) },
                                        .statements = &span,
                                        .n_statements = 1 };
    struct gw_call call = worker_call(worker);
    worker->n_findings = 0;
    gw_buf_clear(&worker->found);
    return worker_end(worker, &call, worker->validator.check(&call, worker->self, &subject, &out),
                      "check");
}

const char *worker_said(struct worker *worker)
{
    static char said[20000];
    snprintf(said, sizeof said, "%s", gw_buf_str(&worker->listener.texts));
    gw_buf_clear(&worker->listener.texts);
    return said;
}
