/* SPDX-License-Identifier: Apache-2.0 */
/* plugin check: runs godwit-plugin-check, a program of its own, so that no code of the file runs in here. */
#include "base/file.h"
#include "cli/commands/commands.h"
#include "cli/process.h"

#include <limits.h>
#include <unistd.h>

#define CHECKER "godwit-plugin-check"

enum {
    NOTHING_CHECKED = 2 /* as the checker exits */
};

/* Beside this program, else wherever the PATH has it. */
static const char *checker(struct gw_arena *arena)
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len <= 0)
        return CHECKER;
    program[len] = '\0';
    const char *folder = gw_file_folder(arena, program);
    const char *beside = folder ? gw_file_join(arena, folder, CHECKER) : NULL;
    return beside && gw_file_exists(beside) ? beside : CHECKER;
}

struct arguments {
    GW_VEC(const char *) at;
    bool failed; /* out of memory */
};

static void add(struct arguments *arguments, const char *word)
{
    arguments->failed = !gw_vec_push(&arguments->at, word) || arguments->failed;
}

static void gather(struct arguments *out, struct gw_cli *cli)
{
    add(out, checker(&cli->arena));
    if (gw_cli_has(cli, GW_ARG_JSON))
        add(out, "--json");
    for (size_t i = 0; i < cli->args.options.len; i++) {
        const struct gw_given_option *given = &cli->args.options.at[i];
        if (given->option->id != GW_ARG_OPTION && given->option->id != GW_ARG_URL)
            continue;
        add(out, given->option->id == GW_ARG_URL ? "--url" : "--option");
        add(out, given->value);
    }
    add(out, "--");
    add(out, gw_cli_word(cli, 0));
    add(out, NULL);
}

static int run_check(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *file = gw_cli_word(cli, 0);
    struct arguments argv = { 0 };
    int status = 0;

    gather(&argv, cli);
    int code = argv.failed ? gw_fail_memory(fault) : gw_process_status(argv.at.at, &status, fault);
    gw_vec_free(&argv.at);
    if (!code && status == NOTHING_CHECKED)
        return gw_fail(fault, GW_USAGE, "'%.400s' cannot be checked: see above", file);
    if (!code && status) {
        code = gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' does not pass the checks", file);
        gw_hint(fault, "what is 'not ok' above says why; `man godwit-plugin` has the contract");
    }
    return code;
}

static const struct gw_switch check_options[] = {
    { GW_ARG_OPTION, 'o', "option", "KEY=VALUE", NULL, NULL,
      "an option of the plugin; can be given several times" },
    { GW_ARG_URL, 0, "url", "URL", NULL, NULL, "a throw-away database, for a driver" },
};

const struct gw_command gw_command_plugin_check = {
    .name = "plugin check",
    .words = "FILE",
    .least = 1,
    .most = 1,
    .summary = "hold a plugin to the contract, each case in a process of its own",
    .about = "Runs the file's code with your rights: `godwit plugin inspect` does not.",
    .example = "godwit plugin check build/my-check.so --option word=TODO",
    .options = GW_SWITCHES(check_options),
    .run = run_check,
};
