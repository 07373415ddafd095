/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the program that serves a plugin, and nothing of ours in it but what is meant for it. */
#ifndef GW_PLUGIN_ISOLATE_SPAWN_H
#define GW_PLUGIN_ISOLATE_SPAWN_H

#include <sys/types.h>

#define GW_HOST_SWITCH "--plugin-host"

enum {                   /* descriptors of the child besides the standard three */
    GW_HOST_CHANNEL = 3, /* the socket to godwit */
    GW_HOST_IMAGE = 4,   /* the bytes of the plugin that were checked */
    GW_HOST_FDS = 5
};

struct gw_spawn {
    const char *program; /* a path */
    const char
        *label; /* its argument behind the switch, for those who look at a list of processes */
    int fds[GW_HOST_FDS];
};

/* The process number, or -1 with errno; *pidfd stays -1 where there is no such thing. The child leads a process group of its own, has default signals, an
 * environment of few names, and every other descriptor of ours; the program closes those first of all. It is
 * waited for with __WALL. */
pid_t gw_spawn(const struct gw_spawn *how, int *pidfd);

#endif
