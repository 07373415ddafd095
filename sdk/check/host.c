/* SPDX-License-Identifier: 0BSD */
#include "host.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    CALLS =
        256 /* a call is reused when so many others have begun: late uses before that are found */
};

static struct gw_call calls[CALLS];
static atomic_uint next_call;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- calls ---- */

struct gw_call *check_begin(struct check *check, const char *entry)
{
    const size_t kept = offsetof(struct gw_call, check); /* `live`, which is how a slot is taken */
    struct gw_call *call;
    do
        call = &calls[atomic_fetch_add(&next_call, 1) % CALLS];
    while (atomic_exchange(&call->live, true));
    memset((char *)call + kept, 0, sizeof *call - kept);
    call->check = check;
    call->entry = entry;
    call->thread = pthread_self();
    call->stop_after_ms = CHECK_NEVER;
    call->began_ns = now_ns();
    snprintf(check->verdict->entry, sizeof check->verdict->entry, "%s", entry);
    return call;
}

int64_t check_elapsed_ms(const struct gw_call *call)
{
    return (now_ns() - call->began_ns) / 1000000;
}

gw_status check_end(struct gw_call *call, gw_status returned)
{
    struct check *check = call->check;

    check->verdict->entry[0] = '\0';
    if (returned > GW_STOP)
        check_fail(check, "%s() returned %d, which means nothing", call->entry, (int)returned);
    else if (returned < 0 && !call->said)
        check_fail(check, "%s() returned %d without a text: return host->fail(call, &error)",
                   call->entry, (int)returned);
    else if (returned < 0 && returned != call->code)
        check_fail(check, "%s() returned %d, but told host->fail() %d", call->entry, (int)returned,
                   (int)call->code);
    call->live = false;
    return returned;
}

bool check_in_call(struct gw_call *call, const char *function)
{
    if (!call || call < calls || call >= calls + CALLS)
        return false;
    if (!call->live)
        check_fail(call->check, "%s with a call that has returned: %s()", function,
                   call->entry ? call->entry : "none");
    else if (!pthread_equal(call->thread, pthread_self()))
        check_fail(call->check, "%s from another thread than that of the call, in %s()", function,
                   call->entry);
    return true;
}

/* ---- the table that init() gets ---- */

static void judge_text(struct gw_call *call, const char *what, struct gw_str text)
{
    if (text.len && !text.ptr)
        check_fail(call->check, "%s has a length and no text, in %s()", what, call->entry);
    else if (!check_utf8(text.ptr, text.len))
        check_fail(call->check, "%s is not valid UTF-8, in %s()", what, call->entry);
}

static void host_log(struct gw_call *call, int32_t level, struct gw_str text)
{
    if (!check_in_call(call, "host->log"))
        return;
    if (level < GW_LOG_DEBUG || level > GW_LOG_ERROR)
        check_fail(call->check, "log level %d means nothing, in %s()", (int)level, call->entry);
    judge_text(call, "a line of the log", text);
}

static gw_status host_fail(struct gw_call *call, const struct gw_error *theirs)
{
    struct gw_error error = { 0 };

    if (!check_in_call(call, "host->fail") || !theirs)
        return GW_E_INTERNAL;
    memcpy(&error, theirs, theirs->struct_size < sizeof error ? theirs->struct_size : sizeof error);
    call->code = error.code < 0 ? error.code : GW_E_INTERNAL;
    call->said = error.message.len > 0;
    if (theirs->struct_size < offsetof(struct gw_error, detail))
        check_fail(call->check, "struct_size of an error is %u, in %s()", theirs->struct_size,
                   call->entry);
    if (error.code >= 0)
        check_fail(call->check, "host->fail() with code %d, which is no failure, in %s()",
                   (int)error.code, call->entry);
    judge_text(call, "the message of a failure", error.message);
    judge_text(call, "the detail of a failure", error.detail);
    judge_text(call, "the hint of a failure", error.hint);
    if (error.message.ptr)
        snprintf(call->message, sizeof call->message, "%.*s",
                 error.message.len < 200 ? (int)error.message.len : 200, error.message.ptr);
    return call->code;
}

static int32_t host_stopped(struct gw_call *call)
{
    if (!check_in_call(call, "host->stopped"))
        return 0;
    call->looks++;
    return call->stop_after_ms != CHECK_NEVER && check_elapsed_ms(call) >= call->stop_after_ms;
}

static void host_progress(struct gw_call *call, uint64_t done, uint64_t total, struct gw_str what)
{
    if (!check_in_call(call, "host->progress"))
        return;
    if (total && done > total)
        check_fail(call->check, "progress is %llu of %llu, in %s()", (unsigned long long)done,
                   (unsigned long long)total, call->entry);
    judge_text(call, "a text of progress", what);
}

const struct gw_host check_host = {
    .struct_size = sizeof check_host,
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_ABI_MINOR,
    .program = GW_S("godwit-plugin-check"),
    .version = GW_S(GODWIT_VERSION),
    .log = host_log,
    .fail = host_fail,
    .stopped = host_stopped,
    .progress = host_progress,
    .service = check_service,
};

/* ---- sinks ---- */

gw_status check_piece(struct gw_call *call)
{
    if (!check_in_call(call, "a sink"))
        return GW_E_INTERNAL;
    if (call->sink_refused)
        check_fail(call->check, "%s() goes on after its sink said to stop", call->entry);
    if (!call->sink_says || call->pieces++ < call->sink_from)
        return GW_OK;
    call->sink_refused = true;
    if (call->sink_says < 0) { /* the sink's failure has its text */
        call->code = call->sink_says;
        call->said = true;
    }
    return call->sink_says;
}

static bool known_rule(const struct check *check, struct gw_str id)
{
    const struct gw_validator *validator = &check->plugin.validator;
    for (uint32_t i = 0; i < validator->n_rules; i++) {
        const char *one;
        memcpy(&one, (const char *)validator->rules + (size_t)i * validator->rule_size, sizeof one);
        if (strlen(one) == id.len && memcmp(one, id.ptr, id.len) == 0)
            return true;
    }
    return false;
}

static gw_status sink_finding(struct gw_call *call, const struct gw_finding *theirs)
{
    struct gw_finding finding = { 0 };
    gw_status says = check_piece(call);

    memcpy(&finding, theirs,
           theirs->struct_size < sizeof finding ? theirs->struct_size : sizeof finding);
    judge_text(call, "the rule of a finding", finding.rule);
    judge_text(call, "the message of a finding", finding.message);
    judge_text(call, "the hint of a finding", finding.hint);
    judge_text(call, "the url of a finding", finding.url);
    judge_text(call, "the revision of a finding", finding.revision);
    if (!finding.message.len)
        check_fail(call->check, "a finding without a message");
    else if (!known_rule(call->check, finding.rule))
        check_fail(call->check, "a finding of '%.*s', which is none of its rules",
                   finding.rule.len < 60 ? (int)finding.rule.len : 60,
                   finding.rule.ptr ? finding.rule.ptr : "");
    else if (finding.severity < GW_SEVERITY_NOTE || finding.severity > GW_SEVERITY_ERROR)
        check_fail(call->check, "a finding with severity %d", (int)finding.severity);
    else if (finding.begin > finding.end || finding.end > call->subject->sql.len)
        check_fail(call->check, "a finding at bytes [%llu, %llu) of %zu",
                   (unsigned long long)finding.begin, (unsigned long long)finding.end,
                   call->subject->sql.len);
    return says;
}

static gw_status sink_statement(struct gw_call *call, uint64_t begin, uint64_t end, uint64_t flags)
{
    (void)flags;
    if (begin < call->end || end <= begin || end > call->length)
        check_fail(call->check, "statement [%llu, %llu) after %llu, in a script of %llu bytes",
                   (unsigned long long)begin, (unsigned long long)end,
                   (unsigned long long)call->end, (unsigned long long)call->length);
    call->end = end;
    return check_piece(call);
}

static gw_status sink_text(struct gw_call *call, struct gw_str text)
{
    if (text.len && !text.ptr)
        check_fail(call->check, "a text with a length and no bytes, in %s()", call->entry);
    call->length += text.len;
    return check_piece(call);
}

static gw_status sink_field(struct gw_call *call, const struct gw_field *field)
{
    judge_text(call, "the key of a field", field->key);
    return check_piece(call);
}

static gw_status sink_columns(struct gw_call *call, const struct gw_column *columns, uint32_t n)
{
    (void)columns;
    call->length = n;
    return check_in_call(call, "a sink") ? GW_OK : GW_E_INTERNAL;
}

static gw_status sink_row(struct gw_call *call, const struct gw_cell *cells, uint32_t n)
{
    (void)cells;
    if (n != call->length)
        check_fail(call->check, "a row of %u cells under %llu columns", n,
                   (unsigned long long)call->length);
    return check_piece(call);
}

static gw_status sink_done(struct gw_call *call, uint32_t i, int64_t affected, int64_t elapsed_ns)
{
    (void)i;
    if (affected < -1 || elapsed_ns < 0)
        check_fail(call->check, "%lld rows affected in %lld ns", (long long)affected,
                   (long long)elapsed_ns);
    return check_piece(call);
}

const struct gw_findings_out check_findings_out = { sizeof check_findings_out, 0, sink_finding };
const struct gw_split_out check_split_out = { sizeof check_split_out, 0, sink_statement };
const struct gw_text_out check_text_out = { sizeof check_text_out, 0, sink_text };
const struct gw_fields_out check_fields_out = { sizeof check_fields_out, 0, sink_field };
const struct gw_rows_out check_rows_out = { sizeof check_rows_out, 0, sink_columns, sink_row };
const struct gw_run_out check_run_out = { sizeof check_run_out, 0, sink_done };
