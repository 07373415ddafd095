/* SPDX-License-Identifier: Apache-2.0 */
/* plugin list, info and inspect. Only info loads anything. */
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

static void emit_listing(struct gw_cli *cli, const struct gw_plugin_listing *listing, int width)
{
    struct gw_buf kinds = GW_BUF_TEXT, text = GW_BUF_TEXT;

    add_kinds(&kinds, listing->facts.kinds);
    gw_buf_printf(&text, "%-*s  %-9s  %-16s  ", width, listing->name,
                  kinds.len ? gw_buf_str(&kinds) : "-", listing->source);
    if (listing->fault.code)
        gw_buf_printf(&text, "refused: %s", listing->fault.message);
    else
        gw_buf_printf(&text, "abi %u.%u", listing->facts.abi_major, listing->facts.abi_minor);
    gw_emit(
        &cli->events, GW_LEVEL_DATA, "plugin",
        GW_FIELDS(gw_field_text("name", listing->name), gw_field_text("path", listing->path),
                  gw_field_text("source", listing->source),
                  gw_field_list("kinds", gw_buf_str(&kinds)),
                  gw_field_text("sha256", listing->facts.sha256),
                  gw_field_text("refused", listing->fault.code ? listing->fault.message : NULL)),
        "%s", gw_buf_str(&text));
    gw_buf_free(&kinds);
    gw_buf_free(&text);
}

static int emit_list(struct gw_cli *cli, struct gw_registry *registry, struct gw_fault *fault)
{
    struct gw_plugin_listing *listings;
    size_t n;
    int width = 0;

    int code = gw_registry_list(registry, &cli->arena, &listings, &n, fault);
    if (code)
        return code;
    for (size_t i = 0; i < n; i++)
        if ((int)strlen(listings[i].name) > width)
            width = (int)strlen(listings[i].name);
    for (size_t i = 0; i < n; i++)
        emit_listing(cli, &listings[i], width);
    if (n == 0)
        gw_emit(&cli->events, GW_LEVEL_INFO, "plugin.none", GW_NO_FIELDS, "no plugins found");
    return GW_DONE;
}

/* A project without its migrations: those may be broken, plugins do not care. */
static int with_registry(struct gw_cli *cli,
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
    return with_registry(cli, emit_list, fault);
}

const struct gw_command gw_command_plugin_list = {
    .name = "plugin list",
    .words = "",
    .summary = "list the bundled and the configured plugins; loads none",
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
    } lines[] = { { "id", d->id },         { "version", d->version },
                  { "vendor", d->vendor }, { "licence", d->license },
                  { "url", d->url },       { "file", plugin->facts.path },
                  { "sha256", sha256 } };

    gw_buf_printf(out, "%s: %s\n", plugin->name, d->summary ? d->summary : "");
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

static int emit_info(struct gw_cli *cli, struct gw_registry *registry, struct gw_fault *fault)
{
    const struct gw_plugin_loaded *plugin;
    struct gw_buf text = GW_BUF_TEXT;
    struct gw_plugin_facts facts;

    int code = gw_registry_load(registry, gw_cli_word(cli, 0), &plugin, fault);
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
                      gw_field_text("sha256", facts.sha256), gw_field_int("options", d->n_options)),
            "%s", gw_buf_str(&text));
    gw_buf_free(&text);
    return GW_DONE;
}

static int run_info(struct gw_cli *cli, struct gw_fault *fault)
{
    return with_registry(cli, emit_info, fault);
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

static int run_inspect(struct gw_cli *cli, struct gw_fault *fault)
{
    struct gw_buf kinds = GW_BUF_TEXT;
    struct gw_plugin_facts facts;

    int code = gw_plugin_inspect(&facts, gw_cli_word(cli, 0), fault);
    if (code)
        return code;
    add_kinds(&kinds, facts.kinds);
    gw_emit(&cli->events, GW_LEVEL_DATA, "plugin",
            GW_FIELDS(gw_field_text("path", facts.path), gw_field_int("bytes", facts.bytes),
                      gw_field_text("sha256", facts.sha256),
                      gw_field_int("abi_major", facts.abi_major),
                      gw_field_int("abi_minor", facts.abi_minor),
                      gw_field_list("kinds", gw_buf_str(&kinds))),
            "file    %s\nbytes   %lld\nsha256  %s\nabi     %u.%u\nkinds   %s", facts.path,
            facts.bytes, facts.sha256, facts.abi_major, facts.abi_minor, gw_buf_str(&kinds));
    gw_buf_free(&kinds);
    return GW_DONE;
}

const struct gw_command gw_command_plugin_inspect = {
    .name = "plugin inspect",
    .words = "FILE",
    .least = 1,
    .most = 1,
    .summary = "check a plugin's file without running any of its code",
    .about = "Safe on a stranger's file: it is read, never loaded.",
    .example = "godwit plugin inspect ./plugins/my_check.so",
    .run = run_inspect,
};
