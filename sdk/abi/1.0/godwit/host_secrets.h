/* SPDX-License-Identifier: 0BSD */
/* godwit.host.secrets/1: a secret by name, for a plugin that asks for one when it needs it instead of
 * keeping it from open() on. Only for a plugin with GW_P_SECRETS. */
#ifndef GODWIT_HOST_SECRETS_H
#define GODWIT_HOST_SECRETS_H

#include <godwit/setup.h>

GW_C_BEGIN

#define GW_HOST_SECRETS "godwit.host.secrets/1"

struct gw_host_secrets {
    uint32_t struct_size;
    uint32_t reserved;
    /* The secret, in one piece, whose memory the host wipes when the receiver returns. Only within a call
     * from the host and from its thread. Keep it as short as can be, wipe your copy, and put it into no
     * message, argument or file. Names: what the user's plugins.conf grants to this plugin;
     * "database.url" is the target's own URL. GW_E_PERMISSION: not granted, or without GW_P_SECRETS.
     * GW_E_ARGUMENT: granted, and not set. */
    gw_status (*get)(struct gw_call *, struct gw_str name, const struct gw_text_into *);
};

GW_C_END

#endif
