/* SPDX-License-Identifier: Apache-2.0 */
/* <godwit/hook.h> within the core, whose own stream has a struct gw_event: that of the ABI is called gw_hook_event
 * here. A tag is no part of a binary. */
#ifndef GW_PLUGIN_HOOK_ABI_H
#define GW_PLUGIN_HOOK_ABI_H

#define gw_event gw_hook_event
#include <godwit/hook.h>
#undef gw_event

#endif
