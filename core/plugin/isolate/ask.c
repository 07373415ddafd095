/* SPDX-License-Identifier: Apache-2.0 */
/* What a plugin is given to speak through. Everything goes to godwit, which is at the other end. */
#include "plugin/isolate/host.h"

#include "base/clock.h"

#include <string.h>

enum {
    LOOK_EVERY = 1000000,       /* ns between looks for CANCEL: stopped() is polled in loops */
    PROGRESS_EVERY = 100000000, /* godwit thins it out further */
    READ_MOST = 1 << 20
};

static struct gw_server *server_of(struct gw_call *call)
{
    return call->sink;
}

/* ---- the host ---- */

static void host_log(struct gw_call *call, int32_t level, struct gw_str text)
{
    struct gw_buf payload = GW_BUF(GW_TEXT_LONG + 64);

    if (!call)
        return;
    gw_put_int(&payload, level);
    gw_put_text(&payload, text, GW_TEXT_LONG);
    gw_server_send_buf(server_of(call), GW_MSG_LOG, &payload);
    gw_buf_free(&payload);
}

static gw_status host_fail(struct gw_call *call, const struct gw_error *error)
{
    return gw_host_table.fail(call, error);
}

static int32_t host_stopped(struct gw_call *call)
{
    if (!call)
        return 0;
    struct gw_server *server = server_of(call);
    int64_t now = gw_clock_steady_ns();
    if (now >= server->look_ns) {
        gw_server_look(server);
        server->look_ns = now + LOOK_EVERY;
    }
    return server->gone || gw_host_table.stopped(call);
}

static void host_progress(struct gw_call *call, uint64_t done, uint64_t total, struct gw_str what)
{
    struct gw_buf payload = GW_BUF(GW_TEXT_LONG + 64);
    int64_t now = gw_clock_steady_ns();

    if (!call || now < server_of(call)->progress_ns)
        return;
    server_of(call)->progress_ns = now + PROGRESS_EVERY;
    gw_put_word(&payload, done);
    gw_put_word(&payload, total);
    gw_put_text(&payload, what, GW_TEXT_LONG);
    gw_server_send_buf(server_of(call), GW_MSG_PROGRESS, &payload);
    gw_buf_free(&payload);
}

static const void *host_service(const struct gw_host *host, const char *id)
{
    (void)host;
    return gw_server_service(id);
}

const struct gw_host gw_server_host = {
    .struct_size = sizeof gw_server_host,
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_ABI_MINOR,
    .program = GW_S("godwit"),
    .version = GW_S(GODWIT_VERSION),
    .log = host_log,
    .fail = host_fail,
    .stopped = host_stopped,
    .progress = host_progress,
    .service = host_service,
};

/* ---- questions ---- */

static gw_status fail_with(struct gw_call *call, gw_status code, const char *message)
{
    const struct gw_error error = { .struct_size = sizeof error,
                                    .code = code,
                                    .message = { message, strlen(message) } };
    return gw_host_table.fail(call, &error);
}

static gw_status hung_up(struct gw_call *call)
{
    return fail_with(call, GW_E_CANCELLED, "godwit is gone");
}

gw_status gw_server_ask(struct gw_server *server, uint16_t type, const struct gw_buf *payload)
{
    struct gw_call *call = &server->call;

    if (payload->failed || payload->len > GW_FRAME_MOST)
        return fail_with(call, GW_E_ARGUMENT, "a text is longer than godwit takes");
    if (!gw_server_send_buf(server, type, payload) || !gw_server_receive(server, NULL, 0, NULL))
        return hung_up(call);
    return GW_OK;
}

gw_status gw_server_answer(const struct gw_server *server)
{
    struct gw_items items = gw_items_of((struct gw_str){ server->in.data, server->in.len });
    return (gw_status)gw_take_int(&items, INT32_MIN, INT32_MAX);
}

/* Frees the payload. */
static gw_status asked(struct gw_call *call, uint16_t type, struct gw_buf *payload)
{
    gw_status failed = gw_server_ask(server_of(call), type, payload);
    gw_buf_free(payload);
    return failed ? failed : gw_server_answer(server_of(call));
}

static gw_status sink_finding(struct gw_call *call, const struct gw_finding *finding)
{
    struct gw_buf payload = GW_BUF(GW_FRAME_MOST);
    gw_put_finding(&payload, finding);
    return asked(call, GW_MSG_FINDING, &payload);
}

static gw_status sink_file(struct gw_call *call, struct gw_str name, struct gw_str media_type)
{
    struct gw_buf payload = GW_BUF(GW_FRAME_MOST);
    gw_put_text(&payload, name, GW_TEXT_SHORT);
    gw_put_text(&payload, media_type, GW_TEXT_LONG);
    return asked(call, GW_MSG_FILE, &payload);
}

/* Straight from the plugin's memory, and on: what the sink says comes when it says no. */
static gw_status sink_write(struct gw_call *call, struct gw_str bytes)
{
    struct gw_server *server = server_of(call);

    do {
        const struct gw_str chunk = { bytes.ptr, bytes.len < GW_CHUNK ? bytes.len : GW_CHUNK };
        gw_server_look(server);
        if (server->sink_says)
            return server->sink_says;
        if (!gw_server_send(server, GW_MSG_WRITE, &chunk, 1))
            return hung_up(call);
        bytes.ptr += chunk.len;
        bytes.len -= chunk.len;
    } while (bytes.len);
    return GW_OK;
}

/* A locator that was cut would find nothing. */
static gw_status sink_artifact(struct gw_call *call, const struct gw_artifact *artifact)
{
    struct gw_buf payload = GW_BUF(GW_FRAME_MOST);
    struct gw_artifact ours = { 0 };

    memcpy(&ours, artifact,
           artifact->struct_size < sizeof ours ? artifact->struct_size : sizeof ours);
    if (ours.locator.len > GW_TEXT_HUGE / 2 || ours.meta.len > GW_TEXT_HUGE / 2)
        return fail_with(call, GW_E_ARGUMENT, "the locator or meta of the artifact is too long");
    gw_put_artifact(&payload, &ours);
    return asked(call, GW_MSG_ARTIFACT, &payload);
}

static gw_status source_next_file(struct gw_call *call, struct gw_str *name)
{
    struct gw_server *server = server_of(call);
    struct gw_buf payload = GW_BUF(1);
    gw_status says = asked(call, GW_MSG_NEXT_FILE, &payload);

    *name = (struct gw_str){ "", 0 };
    if (says != GW_OK)
        return says;
    struct gw_items items = gw_items_of((struct gw_str){ server->in.data, server->in.len });
    gw_take_int(&items, INT32_MIN, INT32_MAX);
    struct gw_str text = gw_take_text(&items, GW_TEXT_SHORT);
    memcpy(server->file, text.ptr, text.len + 1);
    *name = (struct gw_str){ server->file, text.len };
    return GW_OK;
}

static gw_status source_read(struct gw_call *call, void *into, size_t room, size_t *got)
{
    struct gw_server *server = server_of(call);
    struct gw_buf payload = GW_BUF(64);
    const size_t most = room < READ_MOST ? room : READ_MOST;

    *got = 0;
    if (!room)
        return GW_OK;
    gw_put_int(&payload, (int64_t)most);
    bool sent = gw_server_send_buf(server, GW_MSG_READ, &payload);
    gw_buf_free(&payload);
    if (!sent || !gw_server_receive(server, into, most, got))
        return hung_up(call);
    if (server->type == GW_MSG_DATA)
        return GW_OK;
    return gw_server_answer(server);
}

const struct gw_findings_out gw_server_findings = { sizeof gw_server_findings, 0, sink_finding };
const struct gw_backup_out gw_server_backup_out = { sizeof gw_server_backup_out, 0, sink_file,
                                                    sink_write, sink_artifact };
const struct gw_backup_in gw_server_backup_in = { sizeof gw_server_backup_in, 0, source_next_file,
                                                  source_read };
