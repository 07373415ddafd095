/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "cli/command.h"
#include "cli/help.h"
#include "cli/last_words.h"
#include "cli/process.h"
#include "cli/signals.h"
#include "event/consumer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static const struct gw_switch global_table[] = {
    { GW_ARG_CONFIG, 'c', "config", "FILE", NULL, "GODWIT_CONFIG",
      "the project's plugins.conf; default: found upwards" },
    { GW_ARG_ENVIRONMENT, 'e', "environment", "NAME", NULL, "GODWIT_ENVIRONMENT",
      "one of its environments" },
    { GW_ARG_JSON, 0, "json", NULL, NULL, "GODWIT_JSON", "events as JSON, one a line, on stdout" },
    { GW_ARG_QUIET, 'q', "quiet", NULL, NULL, "GODWIT_QUIET", "data, warnings and errors alone" },
    { GW_ARG_VERBOSE, 'v', "verbose", NULL, NULL, NULL, "say more; twice: still more" },
    { GW_ARG_COLOR, 0, "color", "WHEN", "auto|always|never", "GODWIT_COLOR",
      "auto, always or never" },
    { GW_ARG_YES, 'y', "yes", NULL, NULL, "GODWIT_YES", "answer every question with yes" },
    { GW_ARG_HELP, 'h', "help", NULL, NULL, NULL, "show help" },
    { GW_ARG_VERSION, 0, "version", NULL, NULL, NULL, "show the version" },
};
const struct gw_switches gw_global_switches = GW_SWITCHES(global_table);

/* A descriptor from 0 to 2 that is closed would be given to the next file that is opened, a database
 * perhaps, and then written to as if it were the terminal. Reading or writing the stand-in fails. */
static void hold_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDONLY) < 0)
            return;
}

static int read_command(struct gw_cli *cli, int argc, char **argv, int *at, const char *family[2],
                        struct gw_fault *fault)
{
    size_t n = 0, used;

    /* A family's second word may stand behind global options, too. */
    while (n < 2) {
        if (gw_options_read(&cli->args, &gw_global_switches, 1, argc, argv, at, true, fault))
            return fault->code;
        if (*at >= argc)
            break;
        family[n++] = argv[*at];
        const struct gw_command *found;
        struct gw_fault unknown = { 0 };
        gw_command_find(&found, family, n, &used, &unknown);
        if (unknown.code) {
            *fault = unknown;
            return fault->code;
        }
        ++*at;
        cli->command = found;
        if (found)
            break;
    }
    return GW_DONE;
}

static int read_line(struct gw_cli *cli, int argc, char **argv, const char *family[2],
                     struct gw_fault *fault)
{
    int at = 1;

    if (read_command(cli, argc, argv, &at, family, fault))
        return fault->code;
    if (cli->command) {
        const struct gw_switches sets[] = { cli->command->options, gw_global_switches };
        if (gw_options_read(&cli->args, sets, 2, argc, argv, &at, false, fault))
            return fault->code;
    }
    return gw_options_environment(&cli->args, &gw_global_switches, fault);
}

static void start_events(struct gw_cli *cli, FILE *out)
{
    const char *color = gw_argument_text(&cli->args, GW_ARG_COLOR);
    bool json = gw_cli_has(cli, GW_ARG_JSON);
    struct gw_terminal_options options = {
        .color = !color || strcmp(color, "auto") == 0 ? GW_COLOR_AUTO
                 : strcmp(color, "always") == 0       ? GW_COLOR_ALWAYS
                                                      : GW_COLOR_NEVER,
        /* With --json, people still see warnings and errors where they look for them. */
        .quiet = json || gw_cli_has(cli, GW_ARG_QUIET),
        .verbosity = gw_argument_count(&cli->args, GW_ARG_VERBOSE),
    };

    gw_events_init(&cli->events);
    if (json)
        gw_events_add(&cli->events, gw_jsonl_new(out, options.verbosity));
    gw_events_add(&cli->events, gw_terminal_new(json ? NULL : out, cli->err, &options));
}

/* No command, or help for what was named. */
static int show_help(struct gw_cli *cli, const char *family)
{
    struct gw_buf text = GW_BUF_TEXT;
    bool asked = gw_cli_has(cli, GW_ARG_HELP);

    if (cli->command)
        gw_help_command(&text, cli->command);
    else if (family)
        gw_help_family(&text, family);
    else
        gw_help_overview(&text);
    gw_emit(&cli->events, asked ? GW_LEVEL_DATA : GW_LEVEL_INFO, "help", GW_NO_FIELDS, "%s",
            gw_buf_str(&text));
    gw_buf_free(&text);
    return asked ? GW_DONE : GW_USAGE;
}

static int check_words(const struct gw_cli *cli, struct gw_fault *fault)
{
    const struct gw_command *command = cli->command;
    size_t n = cli->args.words.len;
    struct gw_buf usage = GW_BUF_TEXT;

    if (n >= command->least && n <= command->most)
        return GW_DONE;
    gw_help_usage(&usage, command);
    if (n < command->least)
        gw_fail(fault, GW_USAGE, "'godwit %s' needs %s", command->name, command->words);
    else
        gw_fail(fault, GW_USAGE, "'%.200s' is one argument too many for 'godwit %s'",
                cli->args.words.at[command->most], command->name);
    gw_hint(fault, "usage: %s", gw_buf_str(&usage));
    gw_buf_free(&usage);
    return fault->code;
}

int gw_cli_open(struct gw_cli *cli, enum gw_need need, struct gw_fault *fault)
{
    cli->opened = true;
    return gw_workspace_open(&cli->workspace, &cli->where, need, &cli->events, cli->stop, fault);
}

static void cli_close(struct gw_cli *cli)
{
    if (cli->opened)
        gw_workspace_close(&cli->workspace);
    cli->opened = false;
    memset(&cli->workspace, 0, sizeof cli->workspace);
}

int gw_cli_reopen(struct gw_cli *cli, enum gw_need need, struct gw_fault *fault)
{
    cli_close(cli);
    return gw_cli_open(cli, need, fault);
}

static int run_command(struct gw_cli *cli, struct gw_fault *fault)
{
    static const enum gw_need needs[] = { [GW_CLI_FILES] = GW_NEED_FILES,
                                          [GW_CLI_DRIVER] = GW_NEED_DRIVER,
                                          [GW_CLI_READ] = GW_NEED_READ,
                                          [GW_CLI_WRITE] = GW_NEED_WRITE };
    int code = check_words(cli, fault);

    cli->where.config = gw_argument_text(&cli->args, GW_ARG_CONFIG);
    cli->where.environment = gw_argument_text(&cli->args, GW_ARG_ENVIRONMENT);
    cli->yes = gw_cli_has(cli, GW_ARG_YES);
    if (!code && cli->command->needs != GW_CLI_NOTHING)
        code = gw_cli_open(cli, needs[cli->command->needs], fault);
    if (!code)
        code = cli->command->run(cli, fault);
    gw_emit_fault(&cli->events, fault); /* while hooks still hear it */
    fault->code = GW_DONE;
    cli_close(cli);
    return code;
}

/* What was asked for and did not arrive is a failure, whatever the command did. A reader that has seen
 * enough ("| head") hears nothing of it. */
static int check_output(struct gw_cli *cli, FILE *out, int code)
{
    struct gw_fault fault = { 0 };
    struct pollfd reader = { .fd = fileno(out), .events = POLLOUT };

    errno = 0;
    if (fflush(out) == 0 && !ferror(out))
        return code;
    int error = errno;
    if (code == GW_DONE)
        code = GW_INTERNAL;
    if (error == EPIPE || (poll(&reader, 1, 0) == 1 && reader.revents & POLLERR))
        return code;
    if (error)
        gw_fail_errno(&fault, code, error, "cannot write to standard output");
    else
        gw_fail(&fault, code, "cannot write to standard output");
    if (!fault.hint[0])
        gw_hint(&fault, "what the command did stays done; `godwit status` tells");
    gw_emit_fault(&cli->events, &fault);
    return code;
}

int gw_cli_main(int argc, char **argv, FILE *in, FILE *out, FILE *err)
{
    struct gw_cli cli = { .in = in, .err = err };
    struct gw_fault fault = { 0 };
    const char *family[2] = { NULL, NULL };

    hold_standard_files();
    int code = read_line(&cli, argc, argv, family, &fault);
    if (!code && gw_cli_has(&cli, GW_ARG_VERSION)) {
        fputs("godwit " GODWIT_VERSION "\n", out);
        gw_arguments_free(&cli.args);
        return fflush(out) ? GW_INTERNAL : GW_DONE;
    }
    cli.stop = gw_signals_install();
    start_events(&cli, out);
    gw_last_words_install(&cli.events);
    gw_process_output(fileno(out));
    if (!code && (!cli.command || gw_cli_has(&cli, GW_ARG_HELP)))
        code = show_help(&cli, family[0]);
    else if (!code)
        code = run_command(&cli, &fault);
    gw_emit_fault(&cli.events, &fault);
    code = check_output(&cli, out, code);
    gw_last_words_events(NULL);
    gw_events_close(&cli.events);
    gw_arguments_free(&cli.args);
    gw_arena_free(&cli.arena);
    return code;
}
