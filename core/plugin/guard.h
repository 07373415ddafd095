/* SPDX-License-Identifier: Apache-2.0 */
/* What belongs to the whole process and may not be another one after a plugin's call: the working directory, the umask,
 * the locale, the thread's mask of signals, the handlers of the signals that stop a run, the standard files. There is
 * one process, so there is one guard. */
#ifndef GW_PLUGIN_GUARD_H
#define GW_PLUGIN_GUARD_H

#include <stdbool.h>

enum {
    GW_GUARD_FOLDER = 1 << 0,
    GW_GUARD_UMASK = 1 << 1,
    GW_GUARD_LOCALE = 1 << 2,
    GW_GUARD_MASK = 1 << 3,
    GW_GUARD_HANDLER = 1 << 4,
    GW_GUARD_FILE = 1 << 5,
    GW_GUARDED = 6
};

/* From here to gw_guard_drop the process is to stay as it is now. Calls nest: the first one counts. */
void gw_guard_hold(void);
void gw_guard_drop(void);

/* Puts back what is not as it was; returns GW_GUARD_* of what was not returned since it is held: a plugin that does it in
 * each of ten thousand calls is told of once. A standard file that cannot be had back becomes /dev/null,
 * opened so that writing to it fails: its number must not go to a file that is opened next. */
unsigned gw_guard_restore(void);
/* "the umask", for messages; bit is one of GW_GUARD_*. */
const char *gw_guard_name(unsigned bit);

#endif
