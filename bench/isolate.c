/* SPDX-License-Identifier: Apache-2.0 */
/* isolate: what the process of its own costs a plugin. From nothing to the first answer, a call, and a backup through
 * the border both ways; each line is NAME VALUE UNIT, the median of several. BENCH_FOLDER holds isolate_plugin.c as
 * bench.so, BENCH_HOST is godwit. */
#include "base/clock.h"
#include "plugin/registry.h"
#include <godwit/backup.h>
#include <godwit/validator.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXIT_FAILED = 1,
    STARTS = 21,
    CALLS = 2001,
    STREAMS = 5
};
#define STREAM_BYTES "1073741824"

static const double MS = 1e6, US = 1e3, MB = 1e6;

struct bench {
    struct gw_project project;
    struct gw_registry *registry;
    const struct gw_plugin_loaded *plugin;
    struct gw_validator validator;
    struct gw_backup backup;
    void *validates, *backs_up;
    struct gw_fault fault;
    uint64_t bytes; /* through the border */
};

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, compare);
    return values[n / 2];
}

/* ---- the plugin ---- */

static int call_open(struct bench *bench,
                     gw_status (*open)(struct gw_call *, const struct gw_setup *, void **),
                     void **self)
{
    struct gw_arena arena = { 0 };
    struct gw_cell *options;
    struct gw_call call;

    int code = gw_options_fill(&arena, bench->plugin, &bench->project.plugins[0].options,
                               &bench->project, &options, &bench->fault);
    if (!code) {
        const struct gw_setup setup = { .struct_size = sizeof setup,
                                        .n_options = bench->plugin->descriptor.n_options,
                                        .options = options,
                                        .name = GW_S("bench"),
                                        .folder = GW_S("/") };
        gw_call_to(&call, bench->plugin, NULL, NULL);
        gw_status status = open(&call, &setup, self);
        code = gw_call_end(&call, status, "open", EXIT_FAILED, &bench->fault);
    }
    gw_arena_free(&arena);
    return code;
}

static int start(struct bench *bench, const char *text)
{
    memset(bench, 0, sizeof *bench);
    int code = gw_project_parse(&bench->project, text, strlen(text), "bench", NULL, &bench->fault);
    if (!code)
        code = gw_registry_new(&bench->registry, &bench->project, BENCH_FOLDER, NULL, NULL,
                               &bench->fault);
    if (code)
        return code;
    gw_registry_use_host(bench->registry, BENCH_HOST);
    code = gw_registry_load(bench->registry, "bench", &bench->plugin, &bench->fault);
    if (code)
        return code;
    gw_plugin_interface(bench->plugin, GW_VALIDATOR, &bench->validator, sizeof bench->validator);
    gw_plugin_interface(bench->plugin, GW_BACKUP, &bench->backup, sizeof bench->backup);
    code = bench->validator.open ? call_open(bench, bench->validator.open, &bench->validates) : 0;
    return code ? code : call_open(bench, bench->backup.open, &bench->backs_up);
}

static void end(struct bench *bench)
{
    if (bench->validates)
        bench->validator.close(bench->validates);
    if (bench->backs_up)
        bench->backup.close(bench->backs_up);
    gw_registry_free(bench->registry);
    gw_project_free(&bench->project);
}

/* ---- what is measured ---- */

static int check(struct bench *bench)
{
    static const char sql[] = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);";
    const struct gw_findings_out out = { .struct_size = sizeof out };
    const struct gw_subject subject = { .struct_size = sizeof subject,
                                        .phase = GW_PHASE_FILES,
                                        .revision = GW_S("7b15fd9db179"),
                                        .sql = { sql, sizeof sql - 1 } };
    struct gw_call call;
    gw_call_to(&call, bench->plugin, NULL, NULL);
    gw_status status = bench->validator.check(&call, bench->validates, &subject, &out);
    return gw_call_end(&call, status, "check", EXIT_FAILED, &bench->fault);
}

static gw_status sink_file(struct gw_call *call, struct gw_str name, struct gw_str media)
{
    (void)call;
    (void)name;
    (void)media;
    return GW_OK;
}

static gw_status sink_write(struct gw_call *call, struct gw_str bytes)
{
    struct bench *bench = call->sink;
    bench->bytes += bytes.len;
    return GW_OK;
}

static gw_status source_next(struct gw_call *call, struct gw_str *name)
{
    (void)call;
    *name = (struct gw_str)GW_S("bytes");
    return GW_OK;
}

static gw_status source_read(struct gw_call *call, void *into, size_t room, size_t *got)
{
    struct bench *bench = call->sink;
    const uint64_t most = strtoull(STREAM_BYTES, NULL, 10);
    *got = most - bench->bytes < room ? (size_t)(most - bench->bytes) : room;
    memset(into, 'y', *got);
    bench->bytes += *got;
    return GW_OK;
}

static int stream(struct bench *bench, bool back, double *out)
{
    static const struct gw_backup_out sink = { sizeof sink, 0, sink_file, sink_write, NULL };
    static const struct gw_backup_in source = { sizeof source, 0, source_next, source_read };
    const struct gw_target target = { .struct_size = sizeof target, .database = GW_S("bench") };
    struct gw_call call;

    gw_call_to(&call, bench->plugin, NULL, NULL);
    call.sink = bench;
    bench->bytes = 0;
    int64_t begun = gw_clock_steady_ns();
    gw_status status = back ? bench->backup.restore(&call, bench->backs_up, &source, NULL, &target)
                            : bench->backup.take(&call, bench->backs_up, &target, &sink);
    double ns = (double)(gw_clock_steady_ns() - begun);
    *out = (double)bench->bytes / MB / (ns / 1e9);
    return gw_call_end(&call, status, "stream", EXIT_FAILED, &bench->fault);
}

static int measure_starts(const char *text, const char *name, struct gw_fault *fault)
{
    double times[STARTS];
    int code = 0;

    for (size_t i = 0; i < STARTS && !code; i++) {
        struct bench bench;
        int64_t begun = gw_clock_steady_ns();
        code = start(&bench, text);
        if (!code)
            code = check(&bench);
        times[i] = (double)(gw_clock_steady_ns() - begun) / MS;
        *fault = bench.fault;
        end(&bench);
    }
    if (!code)
        printf("%s %.2f ms\n", name, median(times, STARTS));
    return code;
}

static int measure_calls(const char *text, const char *name, struct gw_fault *fault)
{
    static double times[CALLS];
    struct bench bench;

    int code = start(&bench, text);
    for (size_t i = 0; i < CALLS && !code; i++) {
        int64_t begun = gw_clock_steady_ns();
        code = check(&bench);
        times[i] = (double)(gw_clock_steady_ns() - begun) / US;
    }
    if (!code)
        printf("%s %.1f us\n", name, median(times, CALLS));
    *fault = bench.fault;
    end(&bench);
    return code;
}

static int measure_streams(const char *text, bool back, const char *name, struct gw_fault *fault)
{
    double rates[STREAMS];
    struct bench bench;

    int code = start(&bench, text);
    for (size_t i = 0; i < STREAMS && !code; i++)
        code = stream(&bench, back, &rates[i]);
    if (!code)
        printf("%s %.0f MB/s\n", name, median(rates, STREAMS));
    *fault = bench.fault;
    end(&bench);
    return code;
}

#define ENTRY(isolate) \
    "plugins = ( { name = \"bench\"; isolate = \"" isolate \
    "\"; options = { bytes = \"" STREAM_BYTES "\"; }; } );"

int main(void)
{
    static const char apart[] = ENTRY("process"), within[] = ENTRY("none");
    struct gw_fault fault = { 0 };

    int code = measure_starts(apart, "start_to_first_answer", &fault);
    if (!code)
        code = measure_calls(apart, "call", &fault);
    if (!code)
        code = measure_calls(within, "call_in_process", &fault);
    if (!code)
        code = measure_streams(apart, false, "stream_out", &fault);
    if (!code)
        code = measure_streams(apart, true, "stream_in", &fault);
    if (code)
        fprintf(stderr, "isolate: %s\n", fault.message);
    return code ? EXIT_FAILED : 0;
}
