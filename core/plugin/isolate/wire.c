/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/isolate/host.h"
#include "plugin/isolate/spawn.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum {
    PARTS_MOST = 4
};
#define PAYLOAD_MOST ((size_t)1 << 30) /* of frames that belong together */

/* ---- out ---- */

bool gw_server_send(struct gw_server *server, uint16_t type, const struct gw_str *parts, size_t n)
{
    struct gw_frame frame = { .type = type, .id = server->id };
    struct iovec all[PARTS_MOST + 1];
    char head[GW_FRAME_HEAD];
    struct msghdr message = { .msg_iov = all, .msg_iovlen = n + 1 };

    all[0] = (struct iovec){ head, sizeof head };
    for (size_t i = 0; i < n; i++) {
        all[i + 1] = (struct iovec){ (char *)(uintptr_t)parts[i].ptr, parts[i].len };
        frame.payload.len += parts[i].len;
    }
    gw_frame_head(head, &frame);
    while (message.msg_iovlen && !server->gone) {
        ssize_t put = sendmsg(GW_HOST_CHANNEL, &message, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR)
            server->gone = true;
        for (size_t left = put > 0 ? (size_t)put : 0; message.msg_iovlen;) {
            struct iovec *first = message.msg_iov;
            size_t gone = left < first->iov_len ? left : first->iov_len;
            first->iov_base = (char *)first->iov_base + gone;
            first->iov_len -= gone;
            left -= gone;
            if (first->iov_len)
                break;
            message.msg_iov++;
            message.msg_iovlen--;
        }
    }
    return !server->gone;
}

bool gw_server_send_buf(struct gw_server *server, uint16_t type, const struct gw_buf *payload)
{
    const struct gw_str part = { gw_buf_str(payload), payload->len };
    if (payload
            ->failed) /* half a message would be taken for a lie; the handler tells what it died of */
        raise(SIGABRT);
    return gw_server_send(server, type, &part, 1);
}

/* ---- in ---- */

static bool read_all(struct gw_server *server, void *out, size_t len)
{
    for (size_t at = 0; at < len && !server->gone;) {
        ssize_t got = recv(GW_HOST_CHANNEL, (char *)out + at, len - at, 0);
        if (got == 0 || (got < 0 && errno != EINTR))
            server->gone = true;
        at += got > 0 ? (size_t)got : 0;
    }
    return !server->gone;
}

/* Of what comes on its own, only this is in a frame. */
static bool take_aside(struct gw_server *server, uint16_t type)
{
    struct gw_items items = gw_items_of((struct gw_str){ server->in.data, server->in.len });

    if (type != GW_MSG_CANCEL && type != GW_MSG_SINK_SAYS)
        return false;
    gw_status says = (gw_status)gw_take_int(&items, INT32_MIN, INT32_MAX);
    if (type == GW_MSG_CANCEL)
        server->stop.level = GW_STOP_NOW;
    else
        server->sink_says = says;
    return true;
}

static bool read_frame(struct gw_server *server, void *room, size_t most, size_t *got)
{
    struct gw_frame frame = { .flags = GW_FRAME_CONTINUES };
    char head[GW_FRAME_HEAD];

    server->in.len = 0;
    *got = 0;
    while (frame.flags & GW_FRAME_CONTINUES) {
        if (!read_all(server, head, sizeof head))
            return false;
        gw_frame_read(&frame, head, sizeof head);
        if (frame.type == GW_MSG_DATA && room && frame.payload.len <= most) {
            *got = frame.payload.len;
            server->type = frame.type;
            return read_all(server, room, *got);
        }
        if (!gw_buf_reserve(&server->in, frame.payload.len) ||
            !read_all(server, server->in.data + server->in.len, frame.payload.len)) {
            server->gone = true;
            return false;
        }
        server->in.len += frame.payload.len;
    }
    if (!take_aside(server, frame.type)) {
        server->type = frame.type;
        server->id = frame.id;
    } else
        server->type = 0;
    return true;
}

bool gw_server_receive(struct gw_server *server, void *room, size_t most, size_t *got)
{
    size_t none;

    server->in.ceiling = PAYLOAD_MOST;
    do
        if (!read_frame(server, room, most, got ? got : &none))
            return false;
    while (!server->type);
    return true;
}

void gw_server_look(struct gw_server *server)
{
    struct gw_frame frame;
    char head[GW_FRAME_HEAD];
    size_t none;

    while (!server->gone) {
        ssize_t got = recv(GW_HOST_CHANNEL, head, sizeof head, MSG_PEEK | MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            server->gone = true;
        if (got < (ssize_t)sizeof head)
            return;
        gw_frame_read(&frame, head, sizeof head);
        if (frame.type != GW_MSG_CANCEL && frame.type != GW_MSG_SINK_SAYS)
            return;
        read_frame(server, NULL, 0, &none);
    }
}
