/* SPDX-License-Identifier: Apache-2.0 */
/* A project opened as far as a command needs it: files, driver, database, state. */
#ifndef GW_ENGINE_WORKSPACE_H
#define GW_ENGINE_WORKSPACE_H

#include "engine/session.h"
#include "engine/state.h"
#include "migration/history.h"
#include "migration/plan.h"
#include "plugin/hooks.h"

enum gw_need {
    GW_NEED_FILES,  /* plugins.conf and the migrations; no plugin is loaded */
    GW_NEED_DRIVER, /* and the driver, for its dialect and splitter; no connection */
    GW_NEED_READ, /* and a read-only session with the state as it is; an absent database reads as empty */
    GW_NEED_WRITE /* and a session that may write; an absent database is created if the driver can */
};

struct gw_who { /* who runs this command */
    char user[128], host[128];
};

struct gw_workspace { /* zero-initialise */
    struct gw_arena arena;
    struct gw_project project;
    struct gw_registry *registry;
    struct gw_hooks *hooks; /* of a workspace that may write */
    struct gw_history history;
    struct gw_session session;
    struct gw_state state;
    struct gw_who who; /* of a workspace that may write */
    uint8_t *applied;  /* one byte a revision of history.at (plan.h); all 0 below GW_NEED_READ */
    struct gw_events *events;
    const struct gw_stop *stop;
};

/* Opens. Applied revisions that no file describes join history as ghosts; a file that changed after it was
 * applied is kept in state.changed. On failure the workspace is still to be closed. */
int gw_workspace_open(struct gw_workspace *out, const struct gw_project_where *where,
                      enum gw_need need, struct gw_events *events, const struct gw_stop *stop,
                      struct gw_fault *fault);
/* Reads the state again (ghosts, applied, changed). Indices into history may change. */
int gw_workspace_reload(struct gw_workspace *workspace, struct gw_fault *fault);
void gw_workspace_close(struct gw_workspace *workspace);

#endif
