/* SPDX-License-Identifier: Apache-2.0 */
/* Pins: what plugins.conf says that a plugin's file must be. */
#ifndef GW_PLUGIN_PIN_H
#define GW_PLUGIN_PIN_H

#include "plugin/file.h"

static inline bool gw_pinned(const struct gw_plugin_entry *entry)
{
    return entry->sha256 || entry->public_key;
}

/* GW_PLUGIN_REFUSED if the hashed file is not what the entry's pins say, each of them. */
int gw_pin_check(const struct gw_plugin_entry *entry, const struct gw_plugin_file *file,
                 struct gw_fault *fault);

#endif
