/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables of interfaces may not lack. */
#ifndef GW_PLUGIN_REQUIRED_H
#define GW_PLUGIN_REQUIRED_H

#include "base/fault.h"
#include <godwit/base.h>

/* GW_PLUGIN_REFUSED if one of the tables lacks a required slot, or a driver calls itself what cannot be shown; an
 * interface that this host does not know is nobody's business. name and path are the plugin's; the ends of list and
 * tables were looked at. */
int gw_required_check(const char *name, const char *path, const struct gw_provides *provides,
                      struct gw_fault *fault);

#endif
