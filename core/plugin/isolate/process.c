/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/isolate/process.h"

#include "base/clock.h"
#include "plugin/isolate/message.h"
#include "plugin/isolate/output.h"
#include "plugin/isolate/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS INT64_C(1000000)

enum {
    LOOK_EVERY_MS = 50, /* at whether somebody asked to stop */
    BLIND_MS = 5,       /* the same at whether it is dead, without a pidfd */
    FIRST_READ = 64 << 10,
    UNREAD_MOST = 2 * (GW_FRAME_MOST + GW_FRAME_HEAD), /* while we are busy sending */
    SOCKET_ROOM = 1 << 20,
    PARTS_MOST = 4
};

enum stage {
    STAGE_RUNNING,
    STAGE_CANCELLED,
    STAGE_TERMINATED
};

/* ---- start ---- */

static int open_all(struct gw_process *process, int theirs[GW_HOST_FDS])
{
    const int room = SOCKET_ROOM;
    int channel[2], out[2], err[2];

    theirs[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (theirs[0] < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel))
        return errno;
    process->channel = channel[0];
    theirs[GW_HOST_CHANNEL] = channel[1];
    if (pipe2(out, O_CLOEXEC))
        return errno;
    process->output[0] = out[0];
    theirs[1] = out[1];
    if (pipe2(err, O_CLOEXEC))
        return errno;
    process->output[1] = err[0];
    theirs[2] = err[1];
    for (int i = 0; i < 2; i++) { /* as much as the system grants */
        setsockopt(channel[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
        if (fcntl(process->output[i], F_SETFL, O_NONBLOCK))
            return errno;
    }
    return 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_all(struct gw_process *process)
{
    close_fd(&process->channel);
    close_fd(&process->pidfd);
    close_fd(&process->output[0]);
    close_fd(&process->output[1]);
}

int gw_process_start(struct gw_process *out, const char *plugin, const struct gw_process_how *how)
{
    struct gw_spawn spawn = { .program = how->program,
                              .label = plugin,
                              .fds = { -1, -1, -1, -1, how->image } };

    *out = (struct gw_process){ .plugin = plugin,
                                .pidfd = -1,
                                .channel = -1,
                                .output = { -1, -1 },
                                .in = GW_BUF(UNREAD_MOST + FIRST_READ),
                                .line = { GW_OUTPUT_LINE, GW_OUTPUT_LINE } };
    int error = open_all(out, spawn.fds);
    if (!error) {
        out->pid = gw_spawn(&spawn, &out->pidfd);
        error = out->pid < 0 ? errno : 0;
        if (error)
            out->pid = 0;
    }
    for (int fd = 0; fd < GW_HOST_IMAGE; fd++)
        close_fd(&spawn.fds[fd]);
    if (error) {
        out->fate = GW_FATE_LOST;
        out->number = error;
        gw_process_end(out, NULL);
    }
    return error;
}

/* ---- the end ---- */

/* -1: somebody else has waited for it, and its number may be another's by now; 0: it lives; 1: it is dead, and ours. */
static int dead_and_ours(const struct gw_process *process, int wait)
{
    const id_t id = (id_t)(process->pidfd < 0 ? process->pid : process->pidfd);
    siginfo_t info = { 0 };
    while (
        waitid(process->pidfd < 0 ? P_PID : P_PIDFD, id, &info, WEXITED | WNOWAIT | wait | __WALL))
        if (errno != EINTR)
            return -1;
    return info.si_pid != 0;
}

static bool gone_within(const struct gw_process *process, int ms)
{
    struct pollfd end = { .fd = process->pidfd, .events = POLLIN };
    const int64_t until = gw_clock_steady_ns() + ms * MS;

    for (;;) {
        int64_t left = (until - gw_clock_steady_ns()) / MS;
        if (dead_and_ours(process, WNOHANG))
            return true;
        if (left <= 0)
            return false;
        poll(&end, 1, process->pidfd < 0 && left > BLIND_MS ? BLIND_MS : (int)left);
    }
}

static void signal_group(const struct gw_process *process, int number)
{
    if (dead_and_ours(process, WNOHANG) < 0)
        return;
    kill(-process->pid, number);
    kill(process->pid, number); /* before it has made its group */
}

static void judge(struct gw_process *process, const int *status)
{
    if (process->fate != GW_FATE_ALIVE)
        return;
    if (!status) {
        process->fate = GW_FATE_GONE;
    } else if (WIFSIGNALED(*status)) {
        process->number = WTERMSIG(*status);
        process->fate = process->number == SIGSTKFLT ? GW_FATE_MEMORY : GW_FATE_SIGNAL;
    } else {
        process->number = WEXITSTATUS(*status);
        process->fate = GW_FATE_EXIT;
    }
}

/* Whatever it has started goes with it. It is waited for after that: until then its number is no one else's. */
static void reap(struct gw_process *process, struct gw_events *events)
{
    int status = 0;
    bool known = false;

    if (!process->pid)
        return;
    signal_group(process, SIGKILL);
    if (dead_and_ours(process, 0) > 0)
        known = waitpid(process->pid, &status, __WALL) == process->pid;
    process->pid = 0;
    judge(process, known ? &status : NULL);
    gw_output_rest(process, events);
    close_all(process);
}

static void lost(struct gw_process *process, struct gw_watch *watch, int error)
{
    process->fate = GW_FATE_LOST;
    process->number = error;
    reap(process, watch->call->events);
}

void gw_process_nonsense(struct gw_process *process, struct gw_watch *watch, const char *text)
{
    if (process->fate != GW_FATE_ALIVE)
        return;
    process->fate = GW_FATE_NONSENSE;
    process->text = text;
    reap(process, watch->call->events);
}

/* The connection is closed, or the process is dead. */
static void ended(struct gw_process *process, struct gw_watch *watch)
{
    if (!gone_within(process, GW_GRACE_EXIT))
        process->fate = GW_FATE_HUNG_UP;
    if (watch->stage == STAGE_TERMINATED)
        process->fate = watch->why;
    reap(process, watch->call->events);
}

void gw_process_end(struct gw_process *process, struct gw_events *events)
{
    if (process->pid) {
        close_fd(&process->channel);
        if (gone_within(process, GW_GRACE_EXIT))
            process->fate = process->fate ? process->fate : GW_FATE_EXIT;
        else
            process->fate = GW_FATE_HUNG_UP;
        reap(process, events);
    }
    close_all(process);
    gw_buf_free(&process->in);
    gw_buf_free(&process->line[0]);
    gw_buf_free(&process->line[1]);
}

/* ---- time ---- */

static void cancel(struct gw_process *process, const struct gw_watch *watch, bool between)
{
    struct gw_buf message = GW_BUF(GW_FRAME_HEAD + 16);
    char head[GW_FRAME_HEAD];

    if (!between) /* another frame is on its way, and stuck */
        return;
    gw_put_int(&message, watch->why == GW_FATE_STOPPED ? GW_E_CANCELLED : GW_E_TIMEOUT);
    const struct gw_frame frame = { GW_MSG_CANCEL, 0, watch->id, { NULL, message.len } };
    gw_frame_head(head, &frame);
    struct iovec parts[] = { { head, sizeof head }, { message.data, message.len } };
    const struct msghdr all = { .msg_iov = parts, .msg_iovlen = 2 };
    sendmsg(process->channel, &all, MSG_DONTWAIT | MSG_NOSIGNAL);
    gw_buf_free(&message);
}

/* Goes on from stage to stage. False once it was ended. between: no frame is half sent. */
static bool in_time(struct gw_process *process, struct gw_watch *watch, bool between)
{
    const int64_t now = gw_clock_steady_ns();
    const struct gw_stop *stop = watch->call->stop;

    switch (watch->stage) {
    case STAGE_RUNNING:
        if (stop && stop->level >= GW_STOP_NOW)
            watch->why = GW_FATE_STOPPED;
        else if (now >= watch->deadline_ns)
            watch->why = GW_FATE_DEADLINE;
        else
            return true;
        cancel(process, watch, between);
        watch->stage = STAGE_CANCELLED;
        watch->until_ns = now + GW_GRACE_CANCEL * MS;
        return true;
    case STAGE_CANCELLED:
        if (now < watch->until_ns)
            return true;
        signal_group(process, SIGTERM);
        watch->stage = STAGE_TERMINATED;
        watch->until_ns = now + GW_GRACE_TERM * MS;
        return true;
    default:
        if (now < watch->until_ns)
            return true;
        process->fate = watch->why;
        reap(process, watch->call->events);
        return false;
    }
}

/* Until something happens: bytes from it, room to send (if sending), output, its end, or it is time to look. */
static bool wait_for_it(struct gw_process *process, struct gw_watch *watch, bool sending)
{
    struct pollfd all[] = {
        { .fd = process->channel, .events = (short)(POLLIN | (sending ? POLLOUT : 0)) },
        { .fd = process->output[0], .events = POLLIN },
        { .fd = process->output[1], .events = POLLIN },
        { .fd = process->pidfd, .events = POLLIN },
    };
    int64_t until = watch->stage == STAGE_RUNNING ? watch->deadline_ns : watch->until_ns;
    int64_t ms = (until - gw_clock_steady_ns()) / MS + 1;

    const int most = process->pidfd < 0 ? BLIND_MS : LOOK_EVERY_MS;
    if (poll(all, 4, ms < 0 ? 0 : ms < most ? (int)ms : most) < 0)
        return true;
    for (int i = 0; i < 2; i++)
        if (all[1 + i].revents)
            gw_output_read(process, watch->call->events, i);
    /* It is dead, and what it has said last is read: a process that it started may hold the connection open. */
    const bool dead = process->pidfd < 0 ? dead_and_ours(process, WNOHANG) : all[3].revents;
    if (dead && !(all[0].revents & POLLIN)) {
        ended(process, watch);
        return false;
    }
    return true;
}

/* ---- frames ---- */

/* Reads what is there: at most most bytes, never waiting. *none: nothing was. */
static bool receive(struct gw_process *process, struct gw_watch *watch, size_t most, bool *none)
{
    *none = false;
    if (!gw_buf_reserve(&process->in, most)) {
        lost(process, watch, ENOMEM);
        return false;
    }
    ssize_t got = recv(process->channel, process->in.data + process->in.len, most, MSG_DONTWAIT);
    if (got > 0) {
        process->in.len += (size_t)got;
        return true;
    }
    *none = got < 0 && (errno == EAGAIN || errno == EINTR);
    if (*none)
        return true;
    if (got < 0 && errno != ECONNRESET)
        lost(process, watch, errno);
    else
        ended(process, watch);
    return false;
}

/* One more send of parts, which are moved on behind what went. */
static bool send_some(struct gw_process *process, struct gw_watch *watch, struct iovec *parts,
                      size_t n, bool *full)
{
    const struct msghdr all = { .msg_iov = parts, .msg_iovlen = n };
    ssize_t put = sendmsg(process->channel, &all, MSG_DONTWAIT | MSG_NOSIGNAL);

    *full = put < 0 && (errno == EAGAIN || errno == EINTR);
    if (put < 0 && !*full) {
        if (errno == EPIPE || errno == ECONNRESET)
            ended(process, watch);
        else
            lost(process, watch, errno);
        return false;
    }
    for (size_t i = 0; i < n && put > 0; i++) {
        size_t gone = (size_t)put < parts[i].iov_len ? (size_t)put : parts[i].iov_len;
        parts[i].iov_base = (char *)parts[i].iov_base + gone;
        parts[i].iov_len -= gone;
        put -= (ssize_t)gone;
    }
    return true;
}

static void make_room(struct gw_process *process)
{
    struct gw_buf *in = &process->in;
    if (process->at == 0)
        return;
    in->len -= process->at;
    memmove(in->data, in->data + process->at, in->len);
    process->at = 0;
}

static size_t left_of(const struct iovec *parts, size_t n)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++)
        left += parts[i].iov_len;
    return left;
}

static bool send_all(struct gw_process *process, struct gw_watch *watch, struct iovec *parts,
                     size_t n)
{
    const size_t whole = left_of(parts, n);

    for (size_t left = whole; left; left = left_of(parts, n)) {
        bool full, none;
        if (!send_some(process, watch, parts, n, &full))
            return false;
        if (!full)
            continue;
        /* It may be waiting for us to read before it reads itself. */
        make_room(process);
        if (process->in.len > UNREAD_MOST) {
            gw_process_nonsense(process, watch, "more than anybody asked for");
            return false;
        }
        if (!in_time(process, watch, left == whole) || !wait_for_it(process, watch, true) ||
            !receive(process, watch, FIRST_READ, &none))
            return false;
    }
    return true;
}

/* Moves parts on by the first len bytes of them, which go into out; returns how many entries out has. */
static size_t first_of(struct gw_str *parts, size_t n, size_t len, struct iovec *out)
{
    size_t made = 0;
    for (size_t i = 0; i < n && len; i++) {
        size_t take = parts[i].len < len ? parts[i].len : len;
        if (!take)
            continue;
        out[made++] = (struct iovec){ (char *)(uintptr_t)parts[i].ptr, take };
        parts[i].ptr += take;
        parts[i].len -= take;
        len -= take;
    }
    return made;
}

bool gw_process_send(struct gw_process *process, struct gw_watch *watch, uint16_t type,
                     const struct gw_str *given, size_t n)
{
    struct gw_str parts[PARTS_MOST];
    size_t left = 0;

    if (process->fate != GW_FATE_ALIVE)
        return false;
    for (size_t i = 0; i < n; i++) {
        parts[i] = given[i];
        left += given[i].len;
    }
    do {
        const size_t len = left < GW_FRAME_MOST ? left : GW_FRAME_MOST;
        const uint16_t flags = left > len ? GW_FRAME_CONTINUES : 0;
        const struct gw_frame frame = { type, flags, watch->id, { NULL, len } };
        struct iovec all[PARTS_MOST + 1];
        char head[GW_FRAME_HEAD];
        gw_frame_head(head, &frame);
        all[0] = (struct iovec){ head, sizeof head };
        size_t made = first_of(parts, n, len, all + 1);
        if (!send_all(process, watch, all, made + 1))
            return false;
        left -= len;
    } while (left);
    return true;
}

/* How much is worth reading: exactly up to the end of a frame that has begun, so that none has to be moved. */
static size_t wanted(const struct gw_process *process, const struct gw_frame *frame)
{
    const size_t there = process->in.len - process->at;
    return there < GW_FRAME_HEAD ? FIRST_READ : GW_FRAME_HEAD + frame->payload.len - there;
}

bool gw_process_next(struct gw_process *process, struct gw_watch *watch, struct gw_frame *out)
{
    struct gw_buf *in = &process->in;
    bool none;

    while (process->fate == GW_FATE_ALIVE) {
        enum gw_frame_state state =
            in->data ? gw_frame_read(out, in->data + process->at, in->len - process->at)
                     : GW_FRAME_PART;
        if (state == GW_FRAME_WRONG) {
            gw_process_nonsense(process, watch, "a length out of range");
            return false;
        }
        if (!in_time(process, watch, true))
            return false;
        if (state == GW_FRAME_WHOLE) {
            process->at += GW_FRAME_HEAD + out->payload.len;
            return true;
        }
        make_room(process);
        if (!receive(process, watch, wanted(process, out), &none))
            return false;
        if (none && !wait_for_it(process, watch, false))
            return false;
    }
    return false;
}
