/* SPDX-License-Identifier: Apache-2.0 */
/* A request to stop. Safe to raise from a signal handler; polled by everything that takes long. */
#ifndef GW_BASE_STOP_H
#define GW_BASE_STOP_H

#include <signal.h>

enum {
    GW_STOP_NONE = 0,
    GW_STOP_SOON = 1, /* SIGTERM: finish the revision under way, then stop */
    GW_STOP_NOW = 2   /* Ctrl-C: cancel the statement under way, roll its revision back */
};

struct gw_stop {
    volatile sig_atomic_t level;
};

#endif
