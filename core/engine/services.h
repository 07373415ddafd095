/* SPDX-License-Identifier: Apache-2.0 */
/* What a workspace answers to plugins: godwit.host.session/1 from a second, read-only session, and
 * godwit.host.migrations/1 from the files as they were read. One thread at a time. */
#ifndef GW_ENGINE_SERVICES_H
#define GW_ENGINE_SERVICES_H

#include "engine/workspace.h"
#include "plugin/service.h"

struct gw_workspace_services {
    struct gw_services services; /* for gw_call_to */
    struct gw_workspace *workspace;
    const struct gw_plan *plan;
    struct gw_session session; /* opened by the first question, closed with the services */
    bool in_snapshot;
};

/* database: questions to the database are answered; else they fail with GW_E_UNSUPPORTED (phase FILES). plan: what this
 * run is about to do, for GW_MIGRATION_PENDING; NULL: nothing. The workspace outlives *out. */
void gw_workspace_services_init(struct gw_workspace_services *out, struct gw_workspace *workspace,
                                bool database, const struct gw_plan *plan);
void gw_workspace_services_close(struct gw_workspace_services *services);

#endif
