/* SPDX-License-Identifier: Apache-2.0 */
/* The other side: the process that serves one plugin. */
#ifndef GW_PLUGIN_ISOLATE_HOST_H
#define GW_PLUGIN_ISOLATE_HOST_H

#include "base/stop.h"
#include "base/vec.h"
#include "plugin/isolate/message.h"
#include "plugin/registry.h"

/* What `godwit --plugin-host` does: serves the plugin on GW_HOST_IMAGE to whoever is at the other end of
 * GW_HOST_CHANNEL, until that hangs up. Returns the exit code. */
int gw_plugin_host(void);

struct gw_served_instance {
    uint32_t kind, handle;
    void *self;
};

struct gw_server { /* everything of this process */
    struct gw_plugin_loaded plugin;
    struct gw_described told;
    GW_VEC(struct gw_served_instance) instances;
    struct gw_call call;          /* the one under way; its sink is this server */
    struct gw_stop stop;          /* raised by CANCEL */
    uint32_t id;                  /* of the call under way */
    uint16_t type;                /* of the last message that came */
    struct gw_buf in;             /* its payload */
    gw_status sink_says;          /* SINK_SAYS: what write() is to return from now on */
    bool gone;                    /* godwit has hung up */
    int64_t look_ns, progress_ns; /* when to look for CANCEL, to tell of progress, again */
    char file[GW_TEXT_SHORT + 1]; /* the last name that next_file gave */
};

/* wire.c */
/* Waits for a message: CANCEL and SINK_SAYS are taken in on the way, DATA goes into room (*got bytes; NULL: to
 * server->in). False once godwit has hung up. */
bool gw_server_receive(struct gw_server *server, void *room, size_t most, size_t *got);
/* The same without waiting, for CANCEL and SINK_SAYS alone. */
void gw_server_look(struct gw_server *server);
bool gw_server_send(struct gw_server *server, uint16_t type, const struct gw_str *parts, size_t n);
bool gw_server_send_buf(struct gw_server *server, uint16_t type, const struct gw_buf *payload);

/* ask.c: what the plugin gets from us. */
extern const struct gw_host gw_server_host;
extern const struct gw_findings_out gw_server_findings;
extern const struct gw_backup_out gw_server_backup_out;
extern const struct gw_backup_in gw_server_backup_in;
/* Sends a question and waits for the first message that it brings in. GW_OK, or why there is none. */
gw_status gw_server_ask(struct gw_server *server, uint16_t type, const struct gw_buf *payload);
/* The status in the ANSWER that has come. */
gw_status gw_server_answer(const struct gw_server *server);
/* borrow.c: the services, answered from over there. */
const void *gw_server_service(const char *id);

/* serve.c */
bool gw_server_load(struct gw_server *server);
/* One call, whose message is in server->in. */
void gw_server_serve(struct gw_server *server);

#endif
