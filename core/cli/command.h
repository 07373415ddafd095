/* SPDX-License-Identifier: Apache-2.0 */
/* What a command is, and what it is given. Help, usage errors and docs come out of the same tables. */
#ifndef GW_CLI_COMMAND_H
#define GW_CLI_COMMAND_H

#include "cli/options.h"
#include "engine/workspace.h"

/* options; a table gives each its name */
enum {
    GW_ARG_CONFIG = 1,
    GW_ARG_ENVIRONMENT,
    GW_ARG_JSON,
    GW_ARG_QUIET,
    GW_ARG_VERBOSE,
    GW_ARG_COLOR,
    GW_ARG_YES,
    GW_ARG_HELP,
    GW_ARG_VERSION,
    GW_ARG_PLAN,
    GW_ARG_SQL,
    GW_ARG_DRY_RUN,
    GW_ARG_FAKE,
    GW_ARG_HEAD,
    GW_ARG_BRANCH,
    GW_ARG_DEPENDS_ON,
    GW_ARG_SPLICE,
    GW_ARG_EDIT,
    GW_ARG_REV_ID,
    GW_ARG_NO_AUTOGENERATE,
    GW_ARG_MESSAGE,
    GW_ARG_REASON,
    GW_ARG_RANGE,
    GW_ARG_GRAPH,
    GW_ARG_INDICATE,
    GW_ARG_CHECK_HEADS,
    GW_ARG_EXIT_CODE,
    GW_ARG_RESOLVE,
    GW_ARG_APPLIED,
    GW_ARG_PURGE,
    GW_ARG_TIMEOUT,
    GW_ARG_AGAINST,
    GW_ARG_REVOKE,
    GW_ARG_LIST,
    GW_ARG_KIND,
    GW_ARG_LANGUAGE,
    GW_ARG_OPTION,
    GW_ARG_URL
};

enum gw_cli_need {  /* what is opened before run() */
    GW_CLI_NOTHING, /* or the command opens it itself, as its options ask */
    GW_CLI_FILES,
    GW_CLI_DRIVER,
    GW_CLI_READ,
    GW_CLI_WRITE
};

struct gw_cli { /* one run of one command */
    const struct gw_command *command;
    struct gw_arguments args;
    struct gw_arena arena;
    struct gw_events events;
    const struct gw_stop *stop;
    struct gw_project_where where;
    struct gw_workspace workspace;
    bool opened; /* workspace is to be closed */
    bool yes;
    FILE *in, *err; /* for questions alone: everything else goes through events */
};

struct gw_command {
    const char *name;   /* "lock status": one or two words */
    const char *words;  /* "[TARGET]": its arguments, for the usage line */
    size_t least, most; /* how many of them; most 0: none */
    enum gw_cli_need needs;
    const char *summary; /* one line, lower case */
    const char *about;   /* what a user must know besides; lines of at most 80 columns */
    const char *example; /* lines, each a whole command */
    struct gw_switches options;
    /* 0, or the exit code; without a fault where the code itself is the answer (lock status). */
    int (*run)(struct gw_cli *cli, struct gw_fault *fault);
};

#define GW_MANY SIZE_MAX
#define GW_SWITCHES(table) \
    { \
        (table), sizeof(table) / sizeof(table)[0] \
    }

extern const struct gw_command *const gw_commands[]; /* in the order of help; ends with NULL */
extern const struct gw_switches gw_global_switches;

/* Opens the workspace of the project that --config and --environment name. */
int gw_cli_open(struct gw_cli *cli, enum gw_need need, struct gw_fault *fault);
/* Closes it and opens it anew. */
int gw_cli_reopen(struct gw_cli *cli, enum gw_need need, struct gw_fault *fault);

static inline bool gw_cli_has(const struct gw_cli *cli, int option)
{
    return gw_argument_count(&cli->args, option) > 0;
}

/* The i-th word after the command; NULL if there are fewer. */
static inline const char *gw_cli_word(const struct gw_cli *cli, size_t i)
{
    return i < cli->args.words.len ? cli->args.words.at[i] : NULL;
}

#endif
