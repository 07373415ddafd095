/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines by table. A word that begins with - and a digit is an argument ("downgrade -1"), and so is
 * everything after "--". */
#ifndef GW_CLI_OPTIONS_H
#define GW_CLI_OPTIONS_H

#include "base/fault.h"
#include "base/vec.h"

struct gw_switch {       /* one option of a command line */
    int id;              /* the program's name for it; > 0 */
    char letter;         /* 0: none */
    const char *name;    /* without -- */
    const char *value;   /* what help calls its value; NULL: it takes none */
    const char *choices; /* "auto|always|never"; NULL: free */
    const char *env;     /* environment variable that stands in for it; NULL: none */
    const char *doc;     /* one line, lower case */
};

struct gw_switches {
    const struct gw_switch *at;
    size_t n;
};

struct gw_given_option {
    const struct gw_switch *option;
    const char *value; /* NULL if it takes none */
};

struct gw_arguments { /* zero-initialise; strings are argv's and the environment's */
    GW_VEC(struct gw_given_option) options;
    GW_VEC(const char *) words; /* what is no option */
};

/* Reads argv[*at ...] as options of any of the sets; *at moves past what was read. until_word: stops at the
 * first word, which is left unread. GW_USAGE for an unknown option (with the nearest one), a missing or an
 * unwanted value. */
int gw_options_read(struct gw_arguments *out, const struct gw_switches *sets, size_t n_sets,
                    int argc, char *const *argv, int *at, bool until_word, struct gw_fault *fault);
/* Adds what the environment says for options of set that were not given. For an option without a value,
 * 1, true, yes and on count as given; 0, false, no, off and the empty text do not. */
int gw_options_environment(struct gw_arguments *out, const struct gw_switches *set,
                           struct gw_fault *fault);
void gw_arguments_free(struct gw_arguments *arguments);

/* The last value of that option; NULL if it was not given. */
const char *gw_argument_text(const struct gw_arguments *arguments, int id);
/* How often it was given. */
int gw_argument_count(const struct gw_arguments *arguments, int id);

#endif
