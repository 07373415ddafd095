/* SPDX-License-Identifier: Apache-2.0 */
/* The hooks of a project as a consumer of the event stream. They are told in a thread of their own, so that a run does
 * not wait for them: only a gate does. What they say comes back as events of type plugin.log, hook.failed and
 * hook.dropped, in the thread that emits; those, and what other plugins say, no hook is told. */
#ifndef GW_PLUGIN_HOOKS_H
#define GW_PLUGIN_HOOKS_H

#include "plugin/registry.h"

struct gw_hooks; /* opaque */

/* Opens every entry of plugins = (...) whose file is a hook, and listens to events. *out stays NULL if there is none.
 * GW_PLUGIN_REFUSED, GW_USAGE: an entry is refused, or its options are wrong. A hook that fails to open is a warning, and
 * says no at the gates that it asked for. */
int gw_hooks_open(struct gw_hooks **out, struct gw_registry *registry,
                  const struct gw_project *project, struct gw_events *events,
                  const struct gw_stop *stop, struct gw_fault *fault);
/* Lets them hear what is still to be told, for some seconds, and closes them. NULL is fine. */
void gw_hooks_close(struct gw_hooks *hooks);

#endif
