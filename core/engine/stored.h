/* SPDX-License-Identifier: Apache-2.0 */
/* The down script as the database keeps it. */
#ifndef GW_ENGINE_STORED_H
#define GW_ENGINE_STORED_H

#include "engine/state.h"
#include "migration/script.h"

struct gw_stored {
    const char *codec; /* "plain" or "zstd"; "" : there is no down */
    const void *bytes; /* NULL: there is no down */
    size_t len;
};

/* Packs what gw_script_text makes of script into arena. */
int gw_stored_pack(struct gw_stored *out, const struct gw_script *script, struct gw_arena *arena,
                   struct gw_fault *fault);
/* The down that is stored for revision id. None stored: GW_USAGE. *out is to be freed in any case. */
int gw_stored_read(struct gw_script *out, struct gw_state *state, struct gw_session *session,
                   const char *id, struct gw_fault *fault);

#endif
