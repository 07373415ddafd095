/* SPDX-License-Identifier: 0BSD */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LONG_TEXT = 65536
};

/* ---- options ---- */

static const char *given(const struct check *check, const char *key)
{
    const char *value = NULL;
    size_t len = strlen(key);
    for (size_t i = 0; i < check->settings->n_options; i++)
        if (strncmp(check->settings->options[i], key, len) == 0 &&
            check->settings->options[i][len] == '=')
            value = check->settings->options[i] + len + 1;
    return value;
}

static struct gw_str long_text(void)
{
    static char text[LONG_TEXT + 1];
    memset(text, 'x', LONG_TEXT);
    return (struct gw_str){ text, LONG_TEXT };
}

static struct gw_str path_in(const struct check *check)
{
    static char path[128];
    int n = snprintf(path, sizeof path, "%s/option", check->folder);
    return (struct gw_str){ path, (size_t)n };
}

/* One of "a|b|c", NUL-terminated. */
static struct gw_str choice(const char *choices, bool last)
{
    static char text[256];
    const char *from = last && strrchr(choices, '|') ? strrchr(choices, '|') + 1 : choices;
    int n = snprintf(text, sizeof text, "%.*s", (int)strcspn(from, "|"), from);
    return (struct gw_str){ text, (size_t)n };
}

static struct gw_cell extreme(const struct check *check, const struct gw_option *option, bool most)
{
    struct gw_cell cell = { .kind = option->type };
    bool bounded = option->min != option->max;

    switch (option->type) {
    case GW_BOOL:
        cell.v.i = most;
        break;
    case GW_TIME:
    case GW_INT:
        cell.v.i = bounded ? (most ? option->max : option->min)
                   : most  ? INT64_MAX
                           : (option->type == GW_TIME ? 0 : INT64_MIN);
        break;
    case GW_REAL:
        cell.v.f = most ? 1.7976931348623157e308 : -1.7976931348623157e308;
        break;
    default:
        if (option->choices)
            cell.v.s = choice(option->choices, most);
        else if (option->flags & GW_OPT_PATH)
            cell.v.s = path_in(check);
        else
            cell.v.s = most ? long_text() : (struct gw_str){ "", 0 };
    }
    return cell;
}

/* A required option that nobody gave: something of its kind. */
static struct gw_cell some(const struct check *check, const struct gw_option *option)
{
    if (option->type == GW_TEXT && !option->choices && !(option->flags & GW_OPT_PATH))
        return (struct gw_cell){ .kind = GW_TEXT, .v.s = GW_S("check") };
    return extreme(check, option, false);
}

bool check_fill(struct check *check, enum check_values values)
{
    const struct gw_plugin *descriptor = &check->plugin.descriptor;

    free(check->cells);
    check->cells = calloc(descriptor->n_options + 1, sizeof *check->cells);
    if (!check->cells) {
        check_fail(check, "out of memory");
        return false;
    }
    for (uint32_t i = 0; i < descriptor->n_options; i++) {
        struct gw_option option;
        check_option(descriptor, i, &option);
        const char *text = given(check, option.key);
        if (text && values != CHECK_NOTHING) {
            if (!check_coerce(&option, text, &check->cells[i])) {
                check_fail(check, "--option %s=%s is not what the plugin's schema takes",
                           option.key, text);
                return false;
            }
        } else if (values == CHECK_MINIMUM || values == CHECK_MAXIMUM)
            check->cells[i] = extreme(check, &option, values == CHECK_MAXIMUM);
        else if (values == CHECK_DEFAULTS && option.fallback)
            check_coerce(&option, option.fallback, &check->cells[i]);
        else if (values == CHECK_DEFAULTS && (option.flags & GW_OPT_REQUIRED))
            check->cells[i] = some(check, &option);
    }
    return true;
}

/* ---- open and close ---- */

static struct gw_setup setup_of(const struct check *check)
{
    return (struct gw_setup){ .struct_size = sizeof(struct gw_setup),
                              .n_options = check->plugin.descriptor.n_options,
                              .options = check->cells,
                              .name = GW_S("check"),
                              .folder = { check->folder, strlen(check->folder) } };
}

static gw_status open_driver(struct check *check, struct gw_call *call, void **self)
{
    const char *url = check->settings->url;
    char absent[128];
    if (!url) {
        snprintf(absent, sizeof absent, "%s/absent/database", check->folder);
        url = absent;
    }
    struct gw_open how = { .struct_size = sizeof how,
                           .n_options = check->plugin.descriptor.n_options,
                           .flags = check->settings->url ? GW_OPEN_CREATE : GW_OPEN_READ_ONLY,
                           .url = { url, strlen(url) },
                           .options = check->cells };
    return check->plugin.driver.open(call, &how, self);
}

bool check_open(struct check *check, uint32_t kind, struct check_instance *out, gw_status *status)
{
    const struct check_plugin *plugin = &check->plugin;
    const struct gw_setup setup = setup_of(check);
    gw_status (*open)(struct gw_call *, const struct gw_setup *, void **) =
        kind == GW_KIND_VALIDATOR ? plugin->validator.open
        : kind == GW_KIND_BACKUP  ? plugin->backup.open
        : kind == GW_KIND_HOOK    ? plugin->hook.open
                                  : NULL;

    *out = (struct check_instance){ .kind = kind };
    *status = GW_OK;
    if (open || kind == GW_KIND_DRIVER) {
        struct gw_call *call = check_begin(check, "open");
        *status = open ? open(call, &setup, &out->self) : open_driver(check, call, &out->self);
        check_end(call, *status);
    }
    out->open = *status == GW_OK;
    return out->open;
}

void check_close(struct check *check, struct check_instance *instance)
{
    const struct check_plugin *plugin = &check->plugin;
    void (*close)(void *) = instance->kind == GW_KIND_VALIDATOR ? plugin->validator.close
                            : instance->kind == GW_KIND_BACKUP  ? plugin->backup.close
                            : instance->kind == GW_KIND_HOOK    ? plugin->hook.close
                                                                : plugin->driver.close;
    if (instance->open && close) {
        snprintf(check->verdict->entry, sizeof check->verdict->entry, "close");
        close(instance->self);
        check->verdict->entry[0] = '\0';
    }
    instance->open = false;
}

/* ---- init and fini ---- */

gw_status check_init(struct check *check)
{
    check_services_of(check);
    if (!check->plugin.descriptor.init)
        return GW_OK;
    struct gw_call *call = check_begin(check, "init");
    gw_status status = check_end(call, check->plugin.descriptor.init(call, &check_host));
    if (status < 0)
        check_fail(check, "init() failed: %s", call->message);
    return status;
}

void check_fini(struct check *check)
{
    if (!check->plugin.descriptor.fini)
        return;
    snprintf(check->verdict->entry, sizeof check->verdict->entry, "fini");
    check->plugin.descriptor.fini();
    check->verdict->entry[0] = '\0';
}

/* ---- the kinds alike ---- */

void check_how_to(struct gw_call *call, const struct check_how *how)
{
    call->stop_after_ms = how->stop_after_ms;
    call->sink_says = how->sink_says;
    call->sink_from = how->sink_from;
}

void check_exercise(struct check *check, struct check_instance *instance,
                    const struct check_how *how)
{
    static const struct {
        uint32_t kind;
        void (*run)(struct check *, void *, const struct check_how *);
    } kinds[] = { { GW_KIND_VALIDATOR, check_exercise_validator },
                  { GW_KIND_BACKUP, check_exercise_backup },
                  { GW_KIND_HOOK, check_exercise_hook },
                  { GW_KIND_DRIVER, check_exercise_driver } };
    for (size_t i = 0; i < CHECK_COUNT(kinds); i++)
        if (kinds[i].kind == instance->kind)
            kinds[i].run(check, instance->self, how);
}

void check_each(struct check *check,
                void (*use)(struct check *, struct check_instance *, const void *),
                const void *payload)
{
    if (check_init(check) || !check_fill(check, CHECK_DEFAULTS))
        return;
    for (uint32_t kind = GW_KIND_DRIVER; kind <= GW_KIND_HOOK; kind <<= 1) {
        struct check_instance instance;
        gw_status status;
        if (!(check->plugin.kinds & kind) || (kind == GW_KIND_DRIVER && !check->settings->url))
            continue;
        if (!check_open(check, kind, &instance, &status)) {
            check_fail(check,
                       "open() with the defaults failed (%d); if it needs options, give "
                       "--option KEY=VALUE",
                       (int)status);
            return;
        }
        use(check, &instance, payload);
        check_close(check, &instance);
    }
    check_fini(check);
}
