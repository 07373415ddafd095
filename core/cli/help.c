/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include "base/text.h"

#include <string.h>

enum {
    MOST_COMMANDS = 64,
    SUMMARY_COLUMN = 18,
    OPTION_COLUMN = 30
};

/* True if name is "family something". */
static bool in_family(const char *name, const char *family)
{
    size_t len = strlen(family);
    return strncmp(name, family, len) == 0 && name[len] == ' ';
}

void gw_help_usage(struct gw_buf *out, const struct gw_command *command)
{
    gw_buf_printf(out, "godwit %s%s%s%s", command->name, command->words[0] ? " " : "",
                  command->words, command->options.n ? " [options]" : "");
}

static void add_switches(struct gw_buf *out, const struct gw_switches *switches)
{
    for (size_t i = 0; i < switches->n; i++) {
        const struct gw_switch *option = &switches->at[i];
        struct gw_buf name = GW_BUF_TEXT;
        if (option->letter)
            gw_buf_printf(&name, "  -%c, --%s", option->letter, option->name);
        else
            gw_buf_printf(&name, "      --%s", option->name);
        if (option->value)
            gw_buf_printf(&name, " %s", option->value);
        gw_buf_printf(out, "%-*s %s", OPTION_COLUMN, gw_buf_str(&name), option->doc);
        if (option->env)
            gw_buf_printf(out, " (%s)", option->env);
        gw_buf_char(out, '\n');
        gw_buf_free(&name);
    }
}

static void add_commands(struct gw_buf *out, const char *family)
{
    for (size_t i = 0; gw_commands[i]; i++)
        if (!family || in_family(gw_commands[i]->name, family))
            gw_buf_printf(out, "  %-*s %s\n", SUMMARY_COLUMN, gw_commands[i]->name,
                          gw_commands[i]->summary);
}

void gw_help_overview(struct gw_buf *out)
{
    gw_buf_text(out, "godwit migrates databases; a migration that it starts never ends half-way\n\n"
                     "usage: godwit COMMAND [options]\n\ncommands:\n");
    add_commands(out, NULL);
    gw_buf_text(out, "\noptions of every command:\n");
    add_switches(out, &gw_global_switches);
    gw_buf_text(out, "\na first run:\n"
                     "  godwit init shop && cd shop\n"
                     "  godwit upgrade\n\n"
                     "`godwit help COMMAND` shows its options and an example");
}

void gw_help_family(struct gw_buf *out, const char *family)
{
    gw_buf_printf(out, "usage: godwit %s COMMAND [options]\n\ncommands:\n", family);
    add_commands(out, family);
    gw_buf_printf(out, "\n`godwit help %s COMMAND` shows options and an example", family);
}

static void add_indented(struct gw_buf *out, const char *lines)
{
    while (*lines) {
        size_t len = strcspn(lines, "\n");
        gw_buf_printf(out, "  %.*s\n", (int)len, lines);
        lines += len + (lines[len] == '\n');
    }
}

void gw_help_command(struct gw_buf *out, const struct gw_command *command)
{
    gw_buf_text(out, "usage: ");
    gw_help_usage(out, command);
    gw_buf_printf(out, "\n\n%s\n", command->summary);
    if (command->about)
        gw_buf_printf(out, "\n%s\n", command->about);
    if (command->options.n) {
        gw_buf_text(out, "\noptions:\n");
        add_switches(out, &command->options);
    }
    gw_buf_text(out, "\noptions of every command:\n");
    add_switches(out, &gw_global_switches);
    gw_buf_text(out, "\nexample:\n");
    add_indented(out, command->example);
    while (out->len && out->data[out->len - 1] == '\n')
        out->data[--out->len] = '\0';
}

static int fail_unknown(const char *word, const char *second, struct gw_fault *fault)
{
    const char *names[MOST_COMMANDS];
    char firsts[MOST_COMMANDS][16];
    char whole[64];
    size_t n = 0;

    snprintf(whole, sizeof whole, "%.30s%s%.30s", word, second ? " " : "", second ? second : "");
    for (size_t i = 0; gw_commands[i] && n < MOST_COMMANDS; i++) {
        const char *name = gw_commands[i]->name;
        size_t len = strcspn(name, " ");
        if (second) {
            names[n++] = name;
            continue;
        }
        snprintf(firsts[n], sizeof firsts[n], "%.*s", (int)len, name);
        names[n] = firsts[n];
        n++;
    }
    const char *nearest = gw_text_nearest(whole, names, n);
    gw_fail(fault, GW_USAGE, "unknown command '%s'", whole);
    if (nearest)
        return gw_hint(fault, "did you mean `godwit %s`?", nearest);
    return gw_hint(fault, "`godwit help` lists the commands");
}

int gw_command_find(const struct gw_command **out, const char *const *words, size_t n, size_t *used,
                    struct gw_fault *fault)
{
    bool family = false;

    *out = NULL;
    for (size_t i = 0; gw_commands[i]; i++) {
        const char *name = gw_commands[i]->name;
        *used = 1;
        if (strcmp(name, words[0]) == 0) {
            *out = gw_commands[i];
            return GW_DONE;
        }
        if (!in_family(name, words[0]))
            continue;
        family = true;
        *used = 2;
        if (n > 1 && strcmp(name + strlen(words[0]) + 1, words[1]) == 0) {
            *out = gw_commands[i];
            return GW_DONE;
        }
    }
    *used = 1;
    if (family && n == 1)
        return GW_DONE;
    return fail_unknown(words[0], family ? words[1] : NULL, fault);
}
