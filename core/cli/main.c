/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/last_words.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Whoever calls exit() within a plugin, with whatever code, does not say for us how the command went. */
static void leave(void)
{
    int code = gw_last_words();
    if (code)
        _exit(code);
}

/* Our output is ours alone: what a plugin or a library prints goes to standard error, and never between the lines of
 * JSON or of a script. */
static FILE *own_output(void)
{
    int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!out || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return stdout;
    return out;
}

int main(int argc, char **argv)
{
    if (atexit(leave) || at_quick_exit(leave))
        return GW_INTERNAL;
    return gw_cli_main(argc, argv, stdin, own_output(), stderr);
}
