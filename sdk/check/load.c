/* SPDX-License-Identifier: 0BSD */
#include "check.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* Length of the character at s, of which `left` bytes are there; 0 if it is none (RFC 3629). */
static size_t character(const unsigned char *s, size_t left)
{
    static const struct {
        unsigned char lead, lead_last, second, second_last;
        size_t len;
    } forms[] = {
        { 0x01, 0x7F, 0x00, 0x00, 1 }, { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
        { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
        { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
    };
    size_t i = 0;
    while (i < CHECK_COUNT(forms) && (s[0] < forms[i].lead || s[0] > forms[i].lead_last))
        i++;
    if (i == CHECK_COUNT(forms) || forms[i].len > left)
        return 0;
    if (forms[i].len > 1 && (s[1] < forms[i].second || s[1] > forms[i].second_last))
        return 0;
    for (size_t k = 2; k < forms[i].len; k++)
        if ((s[k] & 0xC0) != 0x80)
            return 0;
    return forms[i].len;
}

bool check_utf8(const char *text, size_t len)
{
    size_t at = 0, n = 1;
    while (at < len && n) {
        n = character((const unsigned char *)text + at, len - at);
        at += n;
    }
    return at == len;
}

static uint32_t copy_table(void *out, size_t room, const void *theirs)
{
    uint32_t size;
    memcpy(&size, theirs, sizeof size);
    memset(out, 0, room);
    memcpy(out, theirs, size < room ? size : room);
    return size;
}

static const struct kind {
    const char *id;
    uint32_t kind;
    size_t offset, size; /* of its table in struct check_plugin */
} kinds[] = {
    { GW_VALIDATOR, GW_KIND_VALIDATOR, offsetof(struct check_plugin, validator),
      sizeof(struct gw_validator) },
    { GW_BACKUP, GW_KIND_BACKUP, offsetof(struct check_plugin, backup), sizeof(struct gw_backup) },
    { GW_HOOK, GW_KIND_HOOK, offsetof(struct check_plugin, hook), sizeof(struct gw_hook) },
    { GW_DRIVER, GW_KIND_DRIVER, offsetof(struct check_plugin, driver), sizeof(struct gw_driver) },
};

static bool take_interfaces(struct check *check)
{
    struct check_plugin *plugin = &check->plugin;
    const struct gw_provides *provides = plugin->descriptor.provides;

    for (size_t n = 0; provides && provides[n].id; n++) {
        if (n == 64) {
            check_fail(check, "the list of interfaces does not end with { 0, 0 }");
            return false;
        }
        if (!provides[n].vtable) {
            check_fail(check, "interface '%.60s' has no table", provides[n].id);
            return false;
        }
        for (size_t k = 0; k < CHECK_COUNT(kinds); k++)
            if (strcmp(provides[n].id, kinds[k].id) == 0) {
                copy_table((char *)plugin + kinds[k].offset, kinds[k].size, provides[n].vtable);
                plugin->kinds |= kinds[k].kind;
            }
    }
    if (!plugin->kinds)
        check_fail(check, "provides no interface that this godwit knows");
    return plugin->kinds != 0;
}

bool check_load(struct check *check)
{
    const struct gw_plugin *(*entry)(void);

    memcpy(check->verdict->entry, "dlopen", sizeof "dlopen");
    void *object = dlopen(check->settings->file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!object) {
        check_fail(check, "cannot be loaded: %s", dlerror());
        return false;
    }
    void *symbol = dlsym(object, "godwit_plugin_v1");
    if (!symbol) {
        check_fail(check, "exports no 'godwit_plugin_v1': use GW_PLUGIN() once");
        return false;
    }
    memcpy(&entry, &symbol, sizeof entry);
    memcpy(check->verdict->entry, "godwit_plugin_v1", sizeof "godwit_plugin_v1");
    check->plugin.theirs = entry();
    check->verdict->entry[0] = '\0';
    if (!check->plugin.theirs) {
        check_fail(check, "godwit_plugin_v1() returned no descriptor");
        return false;
    }
    uint32_t size = copy_table(&check->plugin.descriptor, sizeof check->plugin.descriptor,
                               check->plugin.theirs);
    if (size < offsetof(struct gw_plugin, init) || size > 65536) {
        check_fail(check, "the struct_size of its descriptor is %u: set it to sizeof", size);
        return false;
    }
    if (!take_interfaces(check))
        return false;
    check->verdict->kinds = check->plugin.kinds;
    return true;
}

/* ---- options ---- */

void check_option(const struct gw_plugin *plugin, uint32_t i, struct gw_option *out)
{
    size_t stride = plugin->option_size;
    memset(out, 0, sizeof *out);
    memcpy(out, (const char *)plugin->options + i * stride,
           stride < sizeof *out ? stride : sizeof *out);
}

static bool duration(const char *text, int64_t *out)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = { { "ns", 1 },
                  { "us", 1000 },
                  { "ms", 1000000 },
                  { "s", 1000000000 },
                  { "m", INT64_C(60000000000) },
                  { "h", INT64_C(3600000000000) },
                  { "d", INT64_C(86400000000000) } };
    char *end;
    long long number = strtoll(text, &end, 10);
    *out = 0;
    if (end == text || number < 0)
        return false;
    for (size_t i = 0; i < CHECK_COUNT(units); i++)
        if (strcmp(end, units[i].unit) == 0)
            return !__builtin_mul_overflow(number, units[i].ns, out);
    return number == 0 && !*end;
}

static bool chosen(const char *choices, const char *text)
{
    size_t len = strlen(text);
    while (choices) {
        if (strcspn(choices, "|") == len && strncmp(choices, text, len) == 0)
            return true;
        choices = strchr(choices, '|');
        choices += choices != NULL;
    }
    return false;
}

bool check_coerce(const struct gw_option *option, const char *text, struct gw_cell *out)
{
    char *end = NULL;
    bool bounded = option->min != option->max;

    *out = (struct gw_cell){ .kind = option->type };
    switch (option->type) {
    case GW_BOOL:
        out->v.i = strcmp(text, "true") == 0;
        return out->v.i || strcmp(text, "false") == 0;
    case GW_INT:
        out->v.i = strtoll(text, &end, 10);
        break;
    case GW_TIME:
        if (!duration(text, &out->v.i))
            return false;
        break;
    case GW_REAL:
        out->v.f = strtod(text, &end);
        return end != text && !*end;
    case GW_TEXT:
        out->v.s = (struct gw_str){ text, strlen(text) };
        return !option->choices || chosen(option->choices, text);
    default:
        return false;
    }
    return (!end || (end != text && !*end)) &&
           (!bounded || (out->v.i >= option->min && out->v.i <= option->max));
}
