/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/refusals.h"

static int look(struct gw_workspace *workspace, struct gw_step step, bool split,
                gw_refusal_take *take, void *payload, struct gw_fault *fault)
{
    struct gw_script script;
    if (workspace->history.at[step.revision].flags & GW_REV_GHOST)
        return GW_DONE;
    int code = gw_script_read(&script, &workspace->history, step.revision, step.direction,
                              workspace->session.driver.dialect, fault);
    if (code == GW_USAGE) {
        take(payload, fault);
        *fault = (struct gw_fault){ 0 };
        code = GW_DONE;
    } else if (!code && split)
        code = gw_program_refusals(&workspace->session, &script, take, payload, fault);
    gw_script_free(&script);
    return code;
}

int gw_refusals_of(struct gw_workspace *workspace, struct gw_step step, gw_refusal_take *take,
                   void *payload, struct gw_fault *fault)
{
    return look(workspace, step, true, take, payload, fault);
}

int gw_refusals_of_text(struct gw_workspace *workspace, struct gw_step step, gw_refusal_take *take,
                        void *payload, struct gw_fault *fault)
{
    return look(workspace, step, false, take, payload, fault);
}
