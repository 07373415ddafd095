/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/isolate/isolated.h"

#include "base/clock.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MS INT64_C(1000000)

/* ---- the sentence ---- */

/* "5 s", "200 ms": as it stands in plugins.conf, where what was left of it a moment later counts as whole. */
static void limit_text(char out[GW_TIME_TEXT], int64_t ns)
{
    const long long ms = (long long)((ns + MS / 2) / MS);
    if (ms % 1000 == 0)
        snprintf(out, GW_TIME_TEXT, "%lld s", ms / 1000);
    else
        snprintf(out, GW_TIME_TEXT, "%lld ms", ms);
}

static void write_death(char *out, size_t room, const struct gw_isolated *of, int64_t limit_ns)
{
    const struct gw_process *process = &of->process;
    const char *name = sigabbrev_np(process->number);
    char limit[GW_TIME_TEXT];

    switch (process->fate) {
    case GW_FATE_SIGNAL:
        if (process->number == SIGXCPU)
            snprintf(out, room, "used up its processor time");
        else
            snprintf(out, room, "died (SIG%s)", name ? name : "unknown");
        break;
    case GW_FATE_EXIT:
        snprintf(out, room, "exited with %d", process->number);
        break;
    case GW_FATE_GONE:
        snprintf(out, room, "died");
        break;
    case GW_FATE_MEMORY:
        snprintf(out, room, "ran out of memory");
        break;
    case GW_FATE_DEADLINE:
        limit_text(limit, limit_ns);
        snprintf(out, room, "missed its deadline of %s", limit);
        break;
    case GW_FATE_STOPPED:
        snprintf(out, room, "was stopped on request");
        break;
    case GW_FATE_NONSENSE:
        snprintf(out, room, "said something that makes no sense (%s)", process->text);
        break;
    case GW_FATE_HUNG_UP:
        snprintf(out, room, "hung up");
        break;
    default:
        snprintf(out, room, "was lost (%s)", strerrordesc_np(process->number));
        break;
    }
}

static void write_remedy(struct gw_isolated *of)
{
    static const char fault_of_plugin[] = "this is a fault in the plugin; tell its author";
    const char *remedy = fault_of_plugin;

    switch (of->process.fate) {
    case GW_FATE_MEMORY:
        snprintf(
            of->remedy, sizeof of->remedy,
            "it may have %lld MiB; memory = \"...\" in its entry of plugins.conf gives it more",
            (long long)(of->memory >> 20));
        return;
    case GW_FATE_DEADLINE:
        remedy = "timeout = \"...\" in its entry of plugins.conf gives it more time";
        break;
    case GW_FATE_STOPPED:
        remedy = "run the same command again";
        break;
    case GW_FATE_SIGNAL:
        if (of->process.number == SIGKILL)
            remedy = "the system does that when memory runs out; else somebody has killed it";
        break;
    case GW_FATE_GONE:
        remedy = "this program waits for every child, or ignores SIGCHLD: so nobody can tell how";
        break;
    case GW_FATE_LOST:
        remedy = "see to what the system lacks, and run the same command again";
        break;
    default:
        break;
    }
    snprintf(of->remedy, sizeof of->remedy, "%s", remedy);
}

static gw_status status_of(const struct gw_isolated *of)
{
    switch (of->process.fate) {
    case GW_FATE_MEMORY:
        return GW_E_NO_MEMORY;
    case GW_FATE_DEADLINE:
        return GW_E_TIMEOUT;
    case GW_FATE_STOPPED:
        return GW_E_CANCELLED;
    default:
        return GW_E_INTERNAL;
    }
}

static struct gw_str str_of(const char *text)
{
    return (struct gw_str){ text, strlen(text) };
}

static gw_status say(struct gw_call *call, gw_status code, const char *message, const char *hint)
{
    const struct gw_error error = {
        .struct_size = sizeof error, .code = code, .message = str_of(message), .hint = str_of(hint)
    };
    return gw_host_table.fail(call, &error);
}

/* The first time it is written down; later calls get the same sentence. */
static gw_status dead(struct gw_exchange *x)
{
    struct gw_isolated *of = x->of;
    if (!of->died[0]) {
        char what[200];
        write_death(what, sizeof what, of, x->limit_ns);
        snprintf(of->died, sizeof of->died, "plugin '%s' %s while %s", of->name, what, x->doing);
        write_remedy(of);
    }
    return say(x->call, status_of(of), of->died, of->remedy);
}

/* ---- sending ---- */

bool gw_exchange_nonsense(struct gw_exchange *x, const char *what)
{
    gw_process_nonsense(&x->of->process, &x->watch, what);
    return false;
}

bool gw_exchange_send(struct gw_exchange *x, uint16_t type, struct gw_buf *payload)
{
    const struct gw_str parts[] = { { gw_buf_str(payload), payload->len } };
    bool sent = !payload->failed && gw_process_send(&x->of->process, &x->watch, type, parts, 1);
    if (payload->failed)
        gw_exchange_nonsense(x, "more than there is memory for");
    return sent;
}

bool gw_exchange_status(struct gw_exchange *x, gw_status status)
{
    struct gw_buf payload = GW_BUF(64);
    gw_put_int(&payload, status);
    bool sent = gw_exchange_send(x, GW_MSG_ANSWER, &payload);
    gw_buf_free(&payload);
    return sent;
}

/* ---- the call ---- */

static int64_t limit_of(const struct gw_exchange *x, int64_t now)
{
    int64_t limit = x->of->timeout_ns ? x->of->timeout_ns : x->usual_ns;
    if (x->call->deadline_ns && x->call->deadline_ns - now < limit)
        limit = x->call->deadline_ns > now ? x->call->deadline_ns - now : 0;
    return limit;
}

static bool send_call(struct gw_exchange *x)
{
    struct gw_buf head = GW_BUF(256);
    gw_put_word(&head, x->handle);
    gw_put_int(&head, x->limit_ns);
    const struct gw_str parts[] = { { gw_buf_str(&head), head.len },
                                    { gw_buf_str(&x->payload), x->payload.len } };
    bool sent = gw_process_send(&x->of->process, &x->watch, x->type, parts, 2);
    gw_buf_free(&head);
    return sent;
}

static void converse(struct gw_exchange *x)
{
    struct gw_frame frame;

    while (!x->done && gw_process_next(&x->of->process, &x->watch, &frame)) {
        if (frame.id != x->watch.id)
            gw_exchange_nonsense(x, "an answer to another call");
        else if (frame.flags)
            gw_exchange_nonsense(x, "a frame with unknown flags");
        else
            gw_exchange_answer(x, &frame);
    }
}

gw_status gw_exchange(struct gw_exchange *x)
{
    struct gw_isolated *of = x->of;
    const int64_t now = gw_clock_steady_ns();
    gw_status status;

    x->bytes = GW_BUF(GW_FRAME_MOST);
    x->watch = (struct gw_watch){ .call = x->call, .id = ++of->last_id };
    x->limit_ns = limit_of(x, now);
    x->watch.deadline_ns = x->limit_ns < INT64_MAX - now ? now + x->limit_ns : INT64_MAX;
    if (of->busy) {
        status = say(x->call, GW_E_INTERNAL, "a call to an isolated plugin from within another one",
                     "this is a fault in godwit; report it");
    } else if (x->payload.failed) {
        status = say(x->call, GW_E_NO_MEMORY, "out of memory", "");
    } else {
        const int64_t before = x->call->deadline_ns;
        of->busy = true;
        x->call->deadline_ns = x->watch.deadline_ns; /* of what is asked meanwhile, too */
        if (of->process.fate == GW_FATE_ALIVE && send_call(x))
            converse(x);
        x->call->deadline_ns = before;
        of->busy = false;
        status = x->done ? x->returned : dead(x);
    }
    gw_buf_free(&x->payload);
    gw_buf_free(&x->bytes);
    gw_arena_free(&x->arena);
    return status;
}
