/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/last_words.h"

#include "plugin/call.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REMEDY \
    "what was committed stays, and `godwit status` tells what that is; run the command without " \
    "this " \
    "plugin, and tell its author"

enum {
    STACK = 65536,
    LINE = 1024
};

static const struct {
    int number;
    const char *name;
} crashes[] = {
    { SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" },   { SIGFPE, "SIGFPE" },
    { SIGILL, "SIGILL" },   { SIGTRAP, "SIGTRAP" }, { SIGABRT, "SIGABRT" },
};

/* Neither a handler of a signal nor one of the exit reaches anything else. */
static struct gw_events *the_events;
static pid_t program; /* a child that a plugin forked has nothing to say */

/* ---- a crash ---- */

struct line {
    char text[LINE];
    size_t len;
};

static void add(struct line *line, const char *text)
{
    while (*text && line->len < sizeof line->text)
        line->text[line->len++] = *text++;
}

/* Calls nothing that POSIX does not allow in a handler. */
static void on_crash(int number, siginfo_t *info, void *context)
{
    const struct gw_call *call = gw_call_inside();
    char where[GW_CALL_WHERE];
    struct line line = { .len = 0 };

    (void)context;
    if (call && getpid() == program) {
        gw_call_where(where, call);
        add(&line, "godwit: plugin '");
        add(&line, call->plugin);
        add(&line, "' crashed (");
        for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
            if (crashes[i].number == number)
                add(&line, crashes[i].name);
        add(&line, ") ");
        add(&line, where);
        add(&line, "\n  " REMEDY "\n");
        if (write(STDERR_FILENO, line.text, line.len) < 0)
            line.len = 0; /* nobody is left to be told */
    }
    /* The handler is gone by now. A fault comes again by itself, with its own place in the core file; what was sent
     * has to be sent again. */
    if (info->si_code <= 0)
        raise(number);
}

static void install_crash(int number)
{
    struct sigaction action, old;

    if (sigaction(number, NULL, &old) || old.sa_handler != SIG_DFL)
        return; /* a sanitizer's or a debugger's */
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_crash;
    sigemptyset(&action.sa_mask);
    action.sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER);
    sigaction(number, &action, NULL);
}

void gw_last_words_install(struct gw_events *events)
{
    static char room[STACK]; /* a stack that overflowed has none left */
    const stack_t stack = { .ss_sp = room, .ss_size = sizeof room };

    the_events = events;
    program = getpid();
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++)
        install_crash(crashes[i].number);
}

void gw_last_words_events(struct gw_events *events)
{
    the_events = events;
}

/* ---- an exit ---- */

int gw_last_words(void)
{
    const struct gw_call *call = gw_call_inside();
    char where[GW_CALL_WHERE];
    struct gw_fault fault = { 0 };

    if (call) {
        gw_call_where(where, call);
        gw_fail(&fault, call->ended, "plugin '%s' ended the program %s", call->plugin, where);
    } else
        gw_fail(&fault, GW_UNCHANGED, "a thread of a plugin or of a library ended the program");
    gw_hint(&fault, REMEDY);
    if (the_events)
        gw_emit_fault(the_events, &fault);
    fflush(NULL);
    return fault.code;
}
