/* SPDX-License-Identifier: Apache-2.0 */
/* plugin new: a folder that builds a plugin. The templates are whole plugins themselves, whose name is
 * replaced. */
#include "base/file.h"
#include "base/text.h"
#include "cli/commands/commands.h"
#include "cli/templates.h"

#include <string.h>

#define OLD_NAME "my-plugin"
#define OLD_WORD "my_plugin"

enum {
    NAME_MOST = 40,
    FILE_MOST = 1 << 20
};

/* ---- the name ---- */

static int check_name(const char *name, struct gw_fault *fault)
{
    /* Targets of CMake, crates and words of Rust. */
    static const char *const taken[] = {
        "all",  "alloc",  "as",     "async",   "await",  "break",   "clean",  "common", "const",
        "core", "crate",  "depend", "dyn",     "else",   "enum",    "extern", "false",  "fn",
        "for",  "help",   "if",     "impl",    "in",     "install", "let",    "loop",   "match",
        "mod",  "move",   "mut",    "package", "pub",    "ref",     "return", "self",   "static",
        "std",  "struct", "super",  "test",    "trait",  "true",    "try",    "type",   "unsafe",
        "use",  "where",  "while",  "yield",   "godwit",
    };
    if (!gw_plugin_name_valid(name) || !(name[0] >= 'a' && name[0] <= 'z') ||
        strlen(name) > NAME_MOST) {
        gw_fail(fault, GW_USAGE, "'%.80s' cannot be the name of a plugin", name);
        return gw_hint(fault, "begin with a letter; go on with a-z, 0-9, '-' and '_', at most %d",
                       NAME_MOST);
    }
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (strcmp(name, taken[i]) == 0) {
            gw_fail(fault, GW_USAGE, "'%s' means something else to a compiler or a build", name);
            return gw_hint(fault, "take another name: 'my-%s', say", name);
        }
    return GW_DONE;
}

/* ---- which files ---- */

static bool belongs(const struct gw_template *template, const char *language, const char *kind)
{
    return strcmp(template->language, language) == 0 &&
           (strcmp(template->kind, kind) == 0 || strcmp(template->kind, "common") == 0);
}

static int check_pair(const char *language, const char *kind, struct gw_fault *fault)
{
    for (const struct gw_template *t = gw_templates; t->language; t++)
        if (strcmp(t->language, language) == 0 && strcmp(t->kind, kind) == 0)
            return GW_DONE;
    gw_fail(fault, GW_USAGE, "there is no template for a %s in %s", kind, language);
    return gw_hint(fault, "there are: every kind in c; validator and hook in c++ and rust");
}

/* ---- one file ---- */

/* Appends the template with its name replaced in both spellings. */
static void fill(struct gw_buf *out, const struct gw_template *template, const char *name,
                 const char *word)
{
    const size_t len = strlen(OLD_NAME);
    const char *text = (const char *)template->bytes;

    for (size_t at = 0; at < template->len;) {
        bool room = template->len - at >= len;
        if (room && memcmp(text + at, OLD_NAME, len) == 0)
            gw_buf_text(out, name);
        else if (room && memcmp(text + at, OLD_WORD, len) == 0)
            gw_buf_text(out, word);
        else {
            gw_buf_char(out, text[at++]);
            continue;
        }
        at += len;
    }
}

static int write_one(struct gw_cli *cli, const char *folder, const struct gw_template *template,
                     const char *name, const char *word, struct gw_fault *fault)
{
    struct gw_buf path = GW_BUF_TEXT, text = GW_BUF(FILE_MOST);
    struct gw_template inner = { .bytes = (const unsigned char *)template->path,
                                 .len = strlen(template->path) };
    const char *parent = NULL;
    int code = GW_DONE;

    gw_buf_printf(&path, "%s/", folder);
    fill(&path, &inner, name, word);
    fill(&text, template, name, word);
    if (!path.failed && !text.failed)
        parent = gw_file_folder(&cli->arena, gw_buf_str(&path));
    if (!parent)
        code = gw_fail_memory(fault);
    if (!code)
        code = gw_file_make_folder(parent, fault);
    if (!code)
        code = gw_file_write(gw_buf_str(&path), text.data, text.len, GW_FILE_NEW, fault);
    if (!code)
        gw_emit(&cli->events, GW_LEVEL_DATA, "file.created",
                GW_FIELDS(gw_field_text("file", gw_buf_str(&path))), "%s", gw_buf_str(&path));
    gw_buf_free(&path);
    gw_buf_free(&text);
    return code;
}

/* ---- the command ---- */

static void advise(struct gw_cli *cli, const char *folder, const char *language)
{
    if (strcmp(language, "rust") == 0)
        gw_emit(&cli->events, GW_LEVEL_INFO, "advice", GW_NO_FIELDS,
                "`cd %s && cargo test && cargo build --release` builds and checks it", folder);
    else
        gw_emit(&cli->events, GW_LEVEL_INFO, "advice", GW_NO_FIELDS,
                "`cd %s && cmake -S . -B build && cmake --build build && ctest --test-dir build` "
                "builds and checks it",
                folder);
}

static int run_new(struct gw_cli *cli, struct gw_fault *fault)
{
    const char *name = gw_cli_word(cli, 0);
    const char *folder = gw_cli_word(cli, 1) ? gw_cli_word(cli, 1) : name;
    const char *kind = gw_argument_text(&cli->args, GW_ARG_KIND);
    const char *language = gw_argument_text(&cli->args, GW_ARG_LANGUAGE);
    char word[NAME_MOST + 1];

    if (!language)
        language = "c";
    if (!kind) {
        gw_fail(fault, GW_USAGE, "of which kind is the plugin?");
        return gw_hint(fault, "give --kind driver, validator, backup or hook");
    }
    int code = check_name(name, fault);
    if (!code)
        code = check_pair(language, kind, fault);
    if (!code)
        code = gw_require_empty(cli, folder, "godwit plugin new ... NAME DIR", fault);
    if (code)
        return code;
    size_t len = strlen(name);
    for (size_t i = 0; i <= len; i++)
        word[i] = name[i] == '-' ? '_' : name[i];
    for (const struct gw_template *t = gw_templates; t->language && !code; t++)
        if (belongs(t, language, kind))
            code = write_one(cli, folder, t, name, word, fault);
    if (!code)
        advise(cli, folder, language);
    return code;
}

static const struct gw_switch new_options[] = {
    { GW_ARG_KIND, 'k', "kind", "KIND", "driver|validator|backup|hook", NULL,
      "driver, validator, backup or hook" },
    { GW_ARG_LANGUAGE, 'l', "language", "LANGUAGE", "c|c++|rust", NULL,
      "c (the default), c++ or rust" },
};

const struct gw_command gw_command_plugin_new = {
    .name = "plugin new",
    .words = "NAME [DIR]",
    .least = 1,
    .most = 2,
    .summary = "begin a plugin: a folder that builds, tests and loads as it is",
    .about = "DIR (default: NAME) must be empty but for hidden files. Every kind can be had in C;\n"
             "validator and hook in C++ and Rust, too.",
    .example = "godwit plugin new --kind validator my-check\n"
               "godwit plugin new --kind hook --language rust notify plugins/notify",
    .options = GW_SWITCHES(new_options),
    .run = run_new,
};
