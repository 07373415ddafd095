/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/last_words.h"

#include "base/fault.h"
#include "plugin/isolate/host.h"
#include "plugin/isolate/spawn.h"
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The handler of the exit reaches nothing else. */
static bool returned; /* the command came to its own end */
static pid_t program; /* not a child that a plugin forked */

/* Whoever calls exit() within a plugin, or in a thread of one, does not say for us how the command went. */
static void leave(void)
{
    if (!returned && getpid() == program)
        _exit(gw_last_words());
}

/* Our output is ours alone: what a plugin or a library prints goes to standard error, and never between the lines of
 * JSON or of a script. */
static FILE *own_output(void)
{
    int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (out && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
        return out;
    if (out)
        fclose(out);
    return stdout;
}

int main(int argc, char **argv)
{
    /* Before anything of the command's own: there a plugin has the process to itself. */
    if (argc > 1 && strcmp(argv[1], GW_HOST_SWITCH) == 0)
        return gw_plugin_host();
    program = getpid();
    if (atexit(leave) || at_quick_exit(leave))
        return GW_INTERNAL;
    int code = gw_cli_main(argc, argv, stdin, own_output(), stderr);
    returned = true;
    return code;
}
