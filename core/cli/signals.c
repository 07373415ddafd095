/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/signals.h"

#include <stddef.h>
#include <string.h>

/* A handler can reach nothing but a static object; it only raises this flag. */
static struct gw_stop stop;

/* Never lowered: SIGTERM after Ctrl-C, or a second Ctrl-C, changes nothing. */
static void raise_level(sig_atomic_t level)
{
    if (stop.level < level)
        stop.level = level;
}

static void on_interrupt(int number)
{
    (void)number;
    raise_level(GW_STOP_NOW);
}

static void on_terminate(int number)
{
    (void)number;
    raise_level(GW_STOP_SOON);
}

static void install(int number, void (*handler)(int))
{
    struct sigaction action, old;

    if (sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
        return; /* nohup, or a background job of sh */
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask); /* no SA_RESTART: a wait ends when somebody wants to stop */
    sigaction(number, &action, NULL);
}

const struct gw_stop *gw_signals_install(void)
{
    install(SIGINT, on_interrupt);
    install(SIGTERM, on_terminate);
    install(SIGHUP, on_terminate);
    install(SIGPIPE, SIG_IGN);
    return &stop;
}
