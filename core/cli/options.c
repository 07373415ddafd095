/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reading {
    struct gw_arguments *out;
    const struct gw_switches *sets;
    size_t n_sets;
    int argc;
    char *const *argv;
    int at; /* the next argument */
};

static const struct gw_switch *find_name(const struct reading *reading, const char *name,
                                         size_t len)
{
    for (size_t s = 0; s < reading->n_sets; s++)
        for (size_t i = 0; i < reading->sets[s].n; i++) {
            const struct gw_switch *option = &reading->sets[s].at[i];
            if (strncmp(option->name, name, len) == 0 && option->name[len] == '\0')
                return option;
        }
    return NULL;
}

static const struct gw_switch *find_letter(const struct reading *reading, char letter)
{
    for (size_t s = 0; s < reading->n_sets; s++)
        for (size_t i = 0; i < reading->sets[s].n; i++)
            if (reading->sets[s].at[i].letter == letter)
                return &reading->sets[s].at[i];
    return NULL;
}

static int fail_unknown(const struct reading *reading, const char *name, size_t len,
                        struct gw_fault *fault)
{
    enum {
        MOST = 64
    };
    const char *names[MOST];
    char word[MOST];
    size_t n = 0;

    for (size_t s = 0; s < reading->n_sets; s++)
        for (size_t i = 0; i < reading->sets[s].n && n < MOST; i++)
            names[n++] = reading->sets[s].at[i].name;
    snprintf(word, sizeof word, "%.*s", (int)(len < MOST ? len : MOST - 1), name);
    const char *nearest = gw_text_nearest(word, names, n);
    gw_fail(fault, GW_USAGE, "unknown option '--%.*s'", (int)(len < 200 ? len : 200), name);
    if (nearest)
        return gw_hint(fault, "did you mean '--%s'?", nearest);
    return gw_hint(fault, "--help lists the options");
}

static bool is_choice(const char *choices, const char *value)
{
    size_t len = strlen(value);
    for (const char *at = choices; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, value, len) == 0 && (at[len] == '|' || at[len] == '\0'))
            return true;
    }
    return false;
}

static int take(struct gw_arguments *out, const struct gw_switch *option, const char *value,
                const char *source, struct gw_fault *fault)
{
    if (option->choices && !is_choice(option->choices, value)) {
        gw_fail(fault, GW_USAGE, "%s cannot be '%.200s'", source, value);
        return gw_hint(fault, "it is one of %s", option->choices);
    }
    if (!gw_vec_push(&out->options, (struct gw_given_option){ option, value }))
        return gw_fail_memory(fault);
    return GW_DONE;
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && !isdigit((unsigned char)word[1]);
}

/* attached: what stands behind the option in the same word; NULL: nothing. */
static int take_value(struct reading *reading, const struct gw_switch *option, const char *attached,
                      struct gw_fault *fault)
{
    char source[64];

    snprintf(source, sizeof source, "option '--%s'", option->name);
    if (attached)
        return take(reading->out, option, attached, source, fault);
    const char *next = reading->at < reading->argc ? reading->argv[reading->at] : NULL;
    if (!next) {
        gw_fail(fault, GW_USAGE, "option '--%s' needs a value", option->name);
        return gw_hint(fault, "write --%s=%s", option->name, option->value);
    }
    if (is_option(next)) {
        gw_fail(fault, GW_USAGE, "option '--%s' needs a value, and '%.200s' looks like an option",
                option->name, next);
        return gw_hint(fault, "write --%s=%.200s if that is the value", option->name, next);
    }
    reading->at++;
    return take(reading->out, option, next, source, fault);
}

static int read_long(struct reading *reading, const char *text, struct gw_fault *fault)
{
    const char *equals = strchr(text, '=');
    size_t len = equals ? (size_t)(equals - text) : strlen(text);
    const struct gw_switch *option = find_name(reading, text, len);

    if (!option)
        return fail_unknown(reading, text, len, fault);
    if (option->value)
        return take_value(reading, option, equals ? equals + 1 : NULL, fault);
    if (equals) {
        gw_fail(fault, GW_USAGE, "option '--%s' takes no value", option->name);
        return gw_hint(fault, "write --%s alone", option->name);
    }
    return take(reading->out, option, NULL, "", fault);
}

/* "-vq", "-r-2:current", "-r -2:current" */
static int read_letters(struct reading *reading, const char *text, struct gw_fault *fault)
{
    for (; *text; text++) {
        const struct gw_switch *option = find_letter(reading, *text);
        if (!option) {
            unsigned char c = (unsigned char)*text;
            gw_fail(fault, GW_USAGE, "unknown option '-%c'", isprint(c) ? c : '?');
            return gw_hint(fault, "--help lists the options");
        }
        if (option->value)
            return take_value(reading, option, text[1] ? text + 1 : NULL, fault);
        int code = take(reading->out, option, NULL, "", fault);
        if (code)
            return code;
    }
    return GW_DONE;
}

static int read_all(struct reading *reading, bool until_word, struct gw_fault *fault)
{
    bool only_words = false;

    while (reading->at < reading->argc) {
        const char *word = reading->argv[reading->at];
        bool plain = only_words || !is_option(word);
        if (plain && until_word)
            return GW_DONE;
        reading->at++;
        int code = GW_DONE;
        if (plain) {
            if (!gw_vec_push(&reading->out->words, word))
                code = gw_fail_memory(fault);
        } else if (strcmp(word, "--") == 0) {
            only_words = true;
        } else if (word[1] == '-') {
            code = read_long(reading, word + 2, fault);
        } else {
            code = read_letters(reading, word + 1, fault);
        }
        if (code)
            return code;
    }
    return GW_DONE;
}

int gw_options_read(struct gw_arguments *out, const struct gw_switches *sets, size_t n_sets,
                    int argc, char *const *argv, int *at, bool until_word, struct gw_fault *fault)
{
    struct reading reading = { out, sets, n_sets, argc, argv, *at };
    int code = read_all(&reading, until_word, fault);
    *at = reading.at;
    return code;
}

/* 1 yes, 0 no, -1 neither. */
static int yes_or_no(const char *value)
{
    static const char *const yes[] = { "1", "true", "yes", "on" };
    static const char *const no[] = { "0", "false", "no", "off", "" };

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (strcasecmp(value, yes[i]) == 0)
            return 1;
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (strcasecmp(value, no[i]) == 0)
            return 0;
    return -1;
}

int gw_options_environment(struct gw_arguments *out, const struct gw_switches *set,
                           struct gw_fault *fault)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct gw_switch *option = &set->at[i];
        const char *value = option->env ? getenv(option->env) : NULL;
        if (!value || !*value || gw_argument_count(out, option->id))
            continue;
        int answer = option->value ? 1 : yes_or_no(value);
        if (answer < 0) {
            gw_fail(fault, GW_USAGE, "the environment variable %s cannot be '%.200s'", option->env,
                    value);
            return gw_hint(fault, "it is 1 or 0, or not set at all");
        }
        if (answer && take(out, option, option->value ? value : NULL, option->env, fault))
            return fault->code;
    }
    return GW_DONE;
}

void gw_arguments_free(struct gw_arguments *arguments)
{
    gw_vec_free(&arguments->options);
    gw_vec_free(&arguments->words);
}

const char *gw_argument_text(const struct gw_arguments *arguments, int id)
{
    for (size_t i = arguments->options.len; i-- > 0;)
        if (arguments->options.at[i].option->id == id)
            return arguments->options.at[i].value;
    return NULL;
}

int gw_argument_count(const struct gw_arguments *arguments, int id)
{
    int n = 0;
    for (size_t i = 0; i < arguments->options.len; i++)
        n += arguments->options.at[i].option->id == id;
    return n;
}
