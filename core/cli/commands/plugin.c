/* SPDX-License-Identifier: Apache-2.0 */
/* plugin list, info and inspect. What list and info load has passed every check, and list runs no init. */
#include "cli/commands/commands.h"
#include "plugin/registry.h"

#include <string.h>

static void add_kinds(struct gw_buf *out, uint32_t kinds)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = { { GW_KIND_DRIVER, "driver" },
                  { GW_KIND_VALIDATOR, "validator" },
                  { GW_KIND_BACKUP, "backup" },
                  { GW_KIND_HOOK, "hook" } };
    size_t before = out->len;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (kinds & names[i].bit)
            gw_buf_printf(out, "%s%s", out->len > before ? " " : "", names[i].name);
}

/* ---- list ---- */

struct row {
    const char *name, *kinds, *version, *source, *trust; /* what is shown */
    const char *refused;                                 /* NULL: it can be loaded */
    const struct gw_plugin_listing *listing;
};

static const char *trust_word(enum gw_trust trust)
{
    static const char *const words[] = { "untrusted", "bundled", "pinned", "trusted", "changed" };
    return words[trust];
}

/* The version is in the descriptor, which only a loaded plugin has. */
static int make_row(struct gw_cli *cli, struct gw_registry *registry,
                    const struct gw_plugin_listing *listing, struct row *out,
                    struct gw_fault *fault)
{
    const struct gw_plugin_loaded *plugin = NULL;
    struct gw_fault refused = listing->fault;
    struct gw_buf kinds = GW_BUF_TEXT;

    if (!refused.code)
        gw_registry_describe(registry, listing->name, &plugin, &refused);
    add_kinds(&kinds, listing->facts.kinds);
    *out = (struct row){ .name = listing->name,
                         .kinds = gw_arena_string(&cli->arena, gw_buf_str(&kinds)),
                         .version = plugin ? plugin->descriptor.version : "",
                         .source = listing->source,
                         .trust = trust_word(listing->trust),
                         .listing = listing };
    gw_buf_free(&kinds);
    if (refused.code)
        out->refused = gw_arena_string(&cli->arena, refused.message);
    return out->kinds && (out->refused || !refused.code) ? GW_DONE : gw_fail_memory(fault);
}

static void emit_row(struct gw_cli *cli, const struct row *row, const int widths[4])
{
    const struct gw_plugin_listing *listing = row->listing;
    const char *texts[] = { row->name, row->kinds, row->version, row->source };
    struct gw_buf text = GW_BUF_TEXT;

    for (size_t i = 0; i < 4; i++)
        gw_buf_printf(&text, "%-*s  ", widths[i], texts[i][0] ? texts[i] : "-");
    gw_buf_printf(&text, "%s%s%s", row->trust, row->refused ? "  refused: " : "",
                  row->refused ? row->refused : "");
    gw_emit(&cli->events, GW_LEVEL_DATA, "plugin",
            GW_FIELDS(gw_field_text("name", row->name), gw_field_text("path", listing->path),
                      gw_field_text("source", row->source), gw_field_list("kinds", row->kinds),
                      gw_field_text("version", row->version[0] ? row->version : NULL),
                      gw_field_text("trust", row->trust),
                      gw_field_text("sha256", listing->facts.sha256),
                      gw_field_text("refused", row->refused)),
            "%s", gw_buf_str(&text));
    gw_buf_free(&text);
}

static void widen(int *width, const char *text)
{
    int len = (int)strlen(text);
    *width = len > *width ? len : *width;
}

static int emit_list(struct gw_cli *cli, struct gw_registry *registry, struct gw_fault *fault)
{
    struct gw_plugin_listing *listings;
    int widths[4] = { 1, 1, 1, 1 };
    size_t n;

    int code = gw_registry_list(registry, &cli->arena, &listings, &n, fault);
    struct row *rows = code ? NULL : gw_arena_array(&cli->arena, n + 1, sizeof *rows);
    if (!code && !rows)
        code = gw_fail_memory(fault);
    for (size_t i = 0; i < n && !code; i++) {
        code = make_row(cli, registry, &listings[i], &rows[i], fault);
        if (code)
            break;
        widen(&widths[0], rows[i].name);
        widen(&widths[1], rows[i].kinds);
        widen(&widths[2], rows[i].version);
        widen(&widths[3], rows[i].source);
    }
    for (size_t i = 0; i < n && !code; i++)
        emit_row(cli, &rows[i], widths);
    if (!code && n == 0)
        gw_emit(&cli->events, GW_LEVEL_INFO, "plugin.none", GW_NO_FIELDS, "no plugins found");
    return code;
}

int gw_with_registry(struct gw_cli *cli,
                     int (*use)(struct gw_cli *, struct gw_registry *, struct gw_fault *),
                     struct gw_fault *fault)
{
    struct gw_project project = { 0 };
    struct gw_registry *registry = NULL;

    int code = gw_project_load(&project, &cli->where, fault);
    if (!code)
        code = gw_registry_new(&registry, &project, NULL, &cli->events, cli->stop, fault);
    if (!code)
        code = use(cli, registry, fault);
    gw_registry_free(registry);
    gw_project_free(&project);
    return code;
}

static int run_list(struct gw_cli *cli, struct gw_fault *fault)
{
    return gw_with_registry(cli, emit_list, fault);
}

const struct gw_command gw_command_plugin_list = {
    .name = "plugin list",
    .words = "",
    .summary = "list the bundled and the configured plugins, and which of them may run",
    .about = "A plugin that may run is loaded for its version; one that may not is only read.",
    .example = "godwit plugin list",
    .run = run_list,
};

/* ---- info ---- */

/* Where its options go in plugins.conf: all of them, commented out. */
static void add_options(struct gw_buf *out, const struct gw_plugin_loaded *plugin)
{
    const bool driver = plugin->facts.kinds & GW_KIND_DRIVER;
    struct gw_buf options = GW_BUF_TEXT;

    if (driver)
        gw_buf_printf(
            out, "\noptions, in plugins.conf:\n\n  database = { backend = \"%s\"; options = {\n",
            plugin->name);
    else
        gw_buf_printf(out,
                      "\noptions, in plugins.conf:\n\n  plugins = ( { name = \"%s\"; options = {\n",
                      plugin->name);
    gw_plugin_options_text(&options, &plugin->descriptor);
    for (const char *line = gw_buf_str(&options); *line;) {
        size_t len = strcspn(line, "\n");
        gw_buf_printf(out, "%s%.*s\n", len ? "    " : "", (int)len, line);
        line += len + (line[len] == '\n');
    }
    gw_buf_text(out, driver ? "  }; };" : "  }; } );");
    gw_buf_free(&options);
}

static void add_descriptor(struct gw_buf *out, const struct gw_plugin_loaded *plugin,
                           const char *sha256)
{
    const struct gw_plugin *d = &plugin->descriptor;
    const struct {
        const char *label, *text;
    } lines[] = { { "id", d->id },
                  { "version", d->version },
                  { "vendor", d->vendor },
                  { "licence", d->license },
                  { "url", d->url },
                  { "file", plugin->facts.path },
                  { "sha256", sha256 },
                  { "runs", plugin->isolated ? "in a process of its own" : "within godwit" } };

    gw_buf_printf(out, "%s%s%s\n", plugin->name, d->summary[0] ? ": " : "", d->summary);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (lines[i].text && lines[i].text[0])
            gw_buf_printf(out, "  %-10s %s\n", lines[i].label, lines[i].text);
    gw_buf_printf(out, "  %-10s ", "kinds");
    add_kinds(out, plugin->facts.kinds);
    gw_buf_printf(out, "\n  %-10s %u.%u\n  %-10s", "abi", plugin->facts.abi_major,
                  plugin->facts.abi_minor, "provides");
    for (const struct gw_provides *p = d->provides; p && p->id; p++)
        gw_buf_printf(out, " %s", p->id);
    gw_buf_char(out, '\n');
}

static const char *type_word(uint32_t type)
{
    static const char *const words[] = { [GW_BOOL] = "bool",
                                         [GW_INT] = "int",
                                         [GW_REAL] = "real",
                                         [GW_TEXT] = "text",
                                         [GW_TIME] = "time" };
    return words[type]; /* the loader lets no other through */
}

/* One event an option, for programs: people have read the template. */
static void emit_options(struct gw_cli *cli, const struct gw_plugin_loaded *plugin)
{
    for (uint32_t i = 0; i < plugin->descriptor.n_options; i++) {
        struct gw_option option;
        gw_option_at(&plugin->descriptor, i, &option);
        const bool bounded = option.min != option.max;
        struct gw_field fields[] = {
            gw_field_text("plugin", plugin->name),
            gw_field_text("key", option.key),
            gw_field_text("takes", type_word(option.type)),
            gw_field_text("default", option.flags & GW_OPT_SECRET ? NULL : option.fallback),
            gw_field_text("choices", option.choices),
            gw_field_text("env", option.env),
            gw_field_text("doc", option.doc),
            gw_field_bool("required", option.flags & GW_OPT_REQUIRED),
            gw_field_bool("secret", option.flags & GW_OPT_SECRET),
            gw_field_bool("deprecated", option.flags & GW_OPT_DEPRECATED),
            gw_field_int("min", option.min),
            gw_field_int("max", option.max),
        };
        const size_t n = sizeof fields / sizeof fields[0];
        gw_emit(&cli->events, GW_LEVEL_DATA, "plugin.option", fields, bounded ? n : n - 2, "%s",
                "");
    }
}

static int emit_info(struct gw_cli *cli, struct gw_registry *registry, struct gw_fault *fault)
{
    const struct gw_plugin_loaded *plugin;
    struct gw_buf text = GW_BUF_TEXT;
    struct gw_plugin_facts facts;

    int code = gw_registry_describe(registry, gw_cli_word(cli, 0), &plugin, fault);
    if (!code)
        code = gw_plugin_inspect(&facts, plugin->facts.path, fault);
    if (code)
        return code;
    const struct gw_plugin *d = &plugin->descriptor;
    add_descriptor(&text, plugin, facts.sha256);
    if (d->n_options)
        add_options(&text, plugin);
    while (text.len && text.data[text.len - 1] == '\n')
        text.data[--text.len] = '\0';
    gw_emit(&cli->events, GW_LEVEL_DATA, "plugin",
            GW_FIELDS(gw_field_text("name", plugin->name), gw_field_text("id", d->id),
                      gw_field_text("version", d->version), gw_field_text("vendor", d->vendor),
                      gw_field_text("license", d->license),
                      gw_field_text("path", plugin->facts.path),
                      gw_field_text("sha256", facts.sha256), gw_field_int("options", d->n_options),
                      gw_field_bool("isolated", plugin->isolated)),
            "%s", gw_buf_str(&text));
    gw_buf_free(&text);
    if (gw_cli_has(cli, GW_ARG_JSON))
        emit_options(cli, plugin);
    return GW_DONE;
}

static int run_info(struct gw_cli *cli, struct gw_fault *fault)
{
    return gw_with_registry(cli, emit_info, fault);
}

const struct gw_command gw_command_plugin_info = {
    .name = "plugin info",
    .words = "NAME",
    .least = 1,
    .most = 1,
    .summary = "load a plugin and show what it is and which options it takes",
    .example = "godwit plugin info sqlite",
    .run = run_info,
};

/* ---- inspect ---- */

static void emit_report(struct gw_cli *cli, const struct gw_plugin_report *report)
{
    const struct gw_plugin_facts *facts = &report->facts;
    const char *needed = gw_buf_str(&report->needed), *runpath = gw_buf_str(&report->runpath);
    struct gw_buf kinds = GW_BUF_TEXT, text = GW_BUF_TEXT;

    add_kinds(&kinds, facts->kinds);
    gw_buf_printf(&text, "file     %s\nbytes    %lld\nsha256   %s\n", facts->path, facts->bytes,
                  facts->sha256);
    if (report->note)
        gw_buf_printf(&text, "note     abi %u.%u, %s\n", facts->abi_major, facts->abi_minor,
                      kinds.len ? gw_buf_str(&kinds) : "no kind that is known");
    else
        gw_buf_text(&text, "note     none\n");
    gw_buf_printf(&text, "needs    %s\nrunpath  %s", needed[0] ? needed : "-",
                  runpath[0] ? runpath : "-");
    gw_emit(&cli->events, GW_LEVEL_DATA, "plugin",
            GW_FIELDS(gw_field_text("path", facts->path), gw_field_int("bytes", facts->bytes),
                      gw_field_text("sha256", facts->sha256),
                      gw_field_int("abi_major", facts->abi_major),
                      gw_field_int("abi_minor", facts->abi_minor),
                      gw_field_list("kinds", gw_buf_str(&kinds)), gw_field_list("needs", needed),
                      gw_field_text("runpath", runpath[0] ? runpath : NULL),
                      gw_field_int("refusals", (int64_t)report->n_refusals)),
            "%s", gw_buf_str(&text));
    gw_buf_free(&kinds);
    gw_buf_free(&text);
}

static int run_inspect(struct gw_cli *cli, struct gw_fault *fault)
{
    struct gw_plugin_report report;

    int code = gw_plugin_report(&report, gw_cli_word(cli, 0), fault);
    if (!code)
        emit_report(cli, &report);
    for (size_t i = 0; !code && i < report.n_refusals; i++)
        gw_emit(&cli->events, GW_LEVEL_DATA, "plugin.refusal",
                GW_FIELDS(gw_field_text("reason", report.refusals[i].message),
                          gw_field_text("hint", report.refusals[i].hint)),
                "refused  %s\n         %s", report.refusals[i].message, report.refusals[i].hint);
    if (!code && report.n_refusals) {
        code = gw_fail(fault, GW_PLUGIN_REFUSED, "'%.400s' would not be loaded", report.facts.path);
        gw_hint(fault, "the lines that begin with 'refused' say why, and what to do");
    }
    gw_plugin_report_free(&report);
    return code;
}

const struct gw_command gw_command_plugin_inspect = {
    .name = "plugin inspect",
    .words = "FILE",
    .least = 1,
    .most = 1,
    .summary = "check a plugin's file without running any of its code",
    .about = "Safe on a stranger's file: it is read, never loaded. Exit 11 if it would be refused, "
             "with\n"
             "every reason for it.",
    .example = "godwit plugin inspect ./plugins/my_check.so",
    .run = run_inspect,
};
