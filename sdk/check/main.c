/* SPDX-License-Identifier: 0BSD */
#include "check.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPTIONS_MOST = 64,
    SECONDS_MOST = 3600
};

static const char usage[] =
    "usage: godwit-plugin-check [options] FILE\n"
    "\n"
    "Holds a plugin to the contract of its headers. Each case loads FILE in a process of its own; "
    "the file's\n"
    "code runs with your rights.\n"
    "\n"
    "options:\n"
    "  --option KEY=VALUE  an option of the plugin, as in plugins.conf; can be given several "
    "times\n"
    "  --url URL           a throw-away database: for a driver, the cases that need one\n"
    "  --only NAME         cases whose name begins so\n"
    "  --timeout SECONDS   how long one case may take (20)\n"
    "  --json              one JSON object a line\n"
    "  --list              the cases\n"
    "\n"
    "exit codes: 0 all cases passed, 1 some did not, 2 nothing was checked\n";

static int list_cases(void)
{
    for (const struct check_case *one = check_cases; one->name; one++)
        printf("%-18s %s\n", one->name, one->what);
    return 0;
}

static int wrong(const char *what, const char *value)
{
    fprintf(stderr,
            "godwit-plugin-check: %s '%.200s'\n  `godwit-plugin-check --help` lists the options\n",
            what, value);
    return 2;
}

/* One option; -1: go on, else the exit code. */
static int take(struct check_settings *settings, const char **options, int letter)
{
    char *end;

    switch (letter) {
    case 'o':
        if (!strchr(optarg, '=') || settings->n_options == OPTIONS_MOST)
            return wrong("--option takes KEY=VALUE, not", optarg);
        options[settings->n_options++] = optarg;
        return -1;
    case 'u':
        settings->url = optarg;
        return -1;
    case 'n':
        settings->only = optarg;
        return -1;
    case 't': {
        const long seconds = strtol(optarg, &end, 10);
        if (*end || seconds <= 0 || seconds > SECONDS_MOST)
            return wrong("--timeout takes seconds, not", optarg);
        settings->timeout_ms = (int)seconds * 1000;
        return -1;
    }
    case 'j':
        settings->json = true;
        return -1;
    case 'l':
        return list_cases();
    case 'h':
        fputs(usage, stdout);
        return 0;
    default:
        return wrong("cannot read the command line", "");
    }
}

int main(int argc, char **argv)
{
    static const struct option table[] = {
        { "option", required_argument, NULL, 'o' }, { "url", required_argument, NULL, 'u' },
        { "only", required_argument, NULL, 'n' },   { "timeout", required_argument, NULL, 't' },
        { "json", no_argument, NULL, 'j' },         { "list", no_argument, NULL, 'l' },
        { "help", no_argument, NULL, 'h' },         { NULL, 0, NULL, 0 },
    };
    const char *options[OPTIONS_MOST];
    struct check_settings settings = { .options = options, .timeout_ms = 20000 };
    int letter, code = -1;

    while ((letter = getopt_long(argc, argv, "h", table, NULL)) != -1) {
        code = take(&settings, options, letter);
        if (code >= 0)
            return code;
    }
    if (argc - optind != 1)
        return wrong("give one FILE; there is", argc > optind ? argv[optind + 1] : "none");
    settings.file = realpath(argv[optind], NULL);
    if (!settings.file) {
        fprintf(stderr, "godwit-plugin-check: cannot find '%.200s': %s\n", argv[optind],
                strerror(errno));
        return 2;
    }
    code = check_run(&settings);
    free((char *)settings.file);
    return code;
}
