/* SPDX-License-Identifier: 0BSD */
/* The table, and the cases that treat all kinds alike. */
#include "cases.h"

enum {
    ANY = GW_KIND_DRIVER | GW_KIND_VALIDATOR | GW_KIND_BACKUP | GW_KIND_HOOK,
    AT_ONCE_MS = 2000, /* how soon a call that is told to stop has to return */
    DEADLINE_MS = 20,
    REFUSAL = -1001 /* a failure of a sink: GW_E_FULL */
};

static void case_load(struct check *check)
{
    (void)check; /* being here is the case */
}

/* ---- options and the order of calls ---- */

static void open_with(struct check *check, enum check_values values)
{
    if (check_init(check) || !check_fill(check, values))
        return;
    for (uint32_t kind = GW_KIND_DRIVER; kind <= GW_KIND_HOOK; kind <<= 1) {
        struct check_instance instance;
        gw_status status;
        if (!(check->plugin.kinds & kind))
            continue;
        if (check_open(check, kind, &instance, &status) &&
            (kind != GW_KIND_DRIVER || check->settings->url))
            check_exercise(check, &instance, &CHECK_USUAL);
        check_close(check, &instance);
    }
    check_fini(check);
}

static void case_minimum(struct check *check)
{
    open_with(check, CHECK_MINIMUM);
}

static void case_maximum(struct check *check)
{
    open_with(check, CHECK_MAXIMUM);
}

static void case_nothing(struct check *check)
{
    open_with(check, CHECK_NOTHING);
}

static void use(struct check *check, struct check_instance *instance, const void *payload)
{
    check_exercise(check, instance, payload ? payload : &CHECK_USUAL);
}

static void case_calls(struct check *check)
{
    check_each(check, use, NULL);
}

/* Two at once, closed in the order of opening; one that is opened after that; one that is never used. */
static void case_instances(struct check *check)
{
    struct check_instance first, second;
    gw_status status;

    if (check_init(check) || !check_fill(check, CHECK_DEFAULTS))
        return;
    for (uint32_t kind = GW_KIND_DRIVER; kind <= GW_KIND_HOOK; kind <<= 1) {
        if (!(check->plugin.kinds & kind) || (kind == GW_KIND_DRIVER && !check->settings->url))
            continue;
        check_open(check, kind, &first, &status);
        check_open(check, kind, &second, &status);
        if (second.open)
            check_exercise(check, &second, &CHECK_USUAL);
        check_close(check, &first);
        if (second.open)
            check_exercise(check, &second, &CHECK_USUAL);
        check_close(check, &second);
        check_open(check, kind, &first, &status);
        check_close(check, &first);
    }
    check_fini(check);
}

/* An open that may fail leaves nothing that disturbs the next one. */
static void case_failed_open(struct check *check)
{
    struct check_instance instance;
    gw_status status;

    if (check_init(check))
        return;
    for (uint32_t kind = GW_KIND_DRIVER; kind <= GW_KIND_HOOK; kind <<= 1)
        for (int values = CHECK_NOTHING; (check->plugin.kinds & kind) && values >= 0; values--) {
            if (!check_fill(check, (enum check_values)values))
                return;
            check_open(check, kind, &instance, &status);
            check_close(check, &instance);
        }
    check_fini(check);
}

static void case_fini(struct check *check)
{
    if (!check_init(check))
        check_fini(check);
}

/* ---- stopping ---- */

static void stopped(struct check *check, struct check_instance *instance, const void *payload)
{
    struct gw_call *clock = check_begin(check, "clock");
    check_exercise(check, instance, payload);
    if (check_elapsed_ms(clock) > AT_ONCE_MS)
        check_fail(check, "its calls take %lld ms though host->stopped() says to stop",
                   (long long)check_elapsed_ms(clock));
    clock->live = false;
}

static void case_cancelled(struct check *check)
{
    check_each(check, stopped, &(struct check_how){ .stop_after_ms = 0 });
}

static void case_deadline(struct check *check)
{
    check_each(check, stopped, &(struct check_how){ .stop_after_ms = DEADLINE_MS });
}

/* ---- sinks and services that say no ---- */

static void case_sink_stop(struct check *check)
{
    struct check_how how = { .stop_after_ms = CHECK_NEVER, .sink_says = GW_STOP };
    check_each(check, use, &how);
}

static void case_sink_fails(struct check *check)
{
    struct check_how how = { .stop_after_ms = CHECK_NEVER, .sink_says = REFUSAL };
    check_each(check, use, &how);
}

static void case_no_service(struct check *check)
{
    check->bare = true;
    open_with(check, CHECK_DEFAULTS);
}

static void case_broken_service(struct check *check)
{
    check->broken = true;
    open_with(check, CHECK_DEFAULTS);
}

const struct check_case check_cases[] = {
    { "load", "loads, and describes itself", ANY, false, true, case_load },
    { "note", "its ELF note agrees with its descriptor", ANY, false, false, check_case_note },
    { "symbols", "exports godwit_plugin_v1 alone", ANY, false, false, check_case_symbols },
    { "descriptor", "id, version and texts are well-formed", ANY, false, false,
      check_case_descriptor },
    { "interfaces", "each interface has what is required", ANY, false, true,
      check_case_interfaces },
    { "options", "its schema makes sense, defaults included", ANY, false, false,
      check_case_options },
    { "init", "init leaves no thread, descriptor or change behind", ANY, false, false,
      check_case_init },
    { "fini", "fini right after init", ANY, false, false, case_fini },
    { "calls", "every entry, as the host calls it", ANY, true, false, case_calls },
    { "instances", "several instances, closed in any order", ANY, true, false, case_instances },
    { "options-minimum", "every option at its least", ANY, false, false, case_minimum },
    { "options-maximum", "every option at its most", ANY, false, false, case_maximum },
    { "options-nothing", "no option given", ANY, false, false, case_nothing },
    { "failed-open", "an open after one that failed", ANY, false, false, case_failed_open },
    { "cancelled", "returns soon when cancelled before it begins", ANY, true, false,
      case_cancelled },
    { "deadline", "returns soon when past its deadline", ANY, true, false, case_deadline },
    { "sink-stop", "stops when its sink has seen enough", ANY, true, false, case_sink_stop },
    { "sink-fails", "stops when its sink fails", ANY, true, false, case_sink_fails },
    { "no-service", "lives with a host that has no services", ANY, false, false, case_no_service },
    { "broken-service", "lives with services that fail", ANY, false, false, case_broken_service },
    { "process", "leaves the process as it was", ANY, true, false, check_case_process },
    { "threads", "keeps its own thread rule", ANY, true, false, check_case_threads },
    { "leaks", "no memory, descriptor or thread stays behind", ANY, false, false,
      check_case_leaks },
    { "input", "empty, huge, deep and invalid SQL", GW_KIND_VALIDATOR, false, false,
      check_case_input },
    { "events", "unknown, empty and huge events", GW_KIND_HOOK, false, false, check_case_events },
    { "damage", "backups that are cut, strange or gone", GW_KIND_BACKUP, false, false,
      check_case_damage },
    { "split", "empty, huge, deep and invalid scripts", GW_KIND_DRIVER, false, false,
      check_case_split },
    { "quote", "names and texts that need care", GW_KIND_DRIVER, false, false, check_case_quote },
    { "absent", "a database that is not there", GW_KIND_DRIVER, false, false, check_case_absent },
    { .name = NULL },
};
