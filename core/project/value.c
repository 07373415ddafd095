/* SPDX-License-Identifier: Apache-2.0 */
#include "project/reader.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"

#include <ctype.h>
#include <libconfig.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a text must look like ---- */

bool gw_plugin_name_valid(const char *name)
{
    enum {
        PLUGIN_NAME_MOST = 64
    };
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return len > 0 && len <= PLUGIN_NAME_MOST && !name[len] && name[0] != '_' && name[0] != '-';
}

int gw_choice_find(const char *choices, const char *word)
{
    size_t len = strlen(word);
    for (int i = 0;; i++) {
        size_t one = strcspn(choices, "|");
        if (one == len && memcmp(choices, word, len) == 0)
            return i;
        if (!choices[one])
            return -1;
        choices += one + 1;
    }
}

/* What a text must be, by the type of its key; the rest is free. */
static bool name_fits(const struct gw_key *key, const char *text)
{
    (void)key;
    return gw_plugin_name_valid(text);
}

static bool choice_fits(const struct gw_key *key, const char *text)
{
    return gw_choice_find(key->choices, text) >= 0;
}

static bool duration_fits(const struct gw_key *key, const char *text)
{
    int64_t ns;
    (void)key;
    return gw_text_duration(text, strlen(text), &ns);
}

/* "64M", "2G": no plugin lives in less than a megabyte. */
static bool read_size(const char *text, int64_t *bytes)
{
    char *end;
    long long number = strtoll(text, &end, 10);
    int shift = *end == 'M' ? 20 : 30;

    if (text[0] < '1' || text[0] > '9' || number > 1 << 20 || (*end != 'M' && *end != 'G') ||
        end[1])
        return false;
    *bytes = (int64_t)number << shift;
    return true;
}

static bool size_fits(const struct gw_key *key, const char *text)
{
    int64_t bytes;
    (void)key;
    return read_size(text, &bytes);
}

static bool object_fits(const struct gw_key *key, const char *text)
{
    (void)key;
    return strchr(text, '/') != NULL;
}

static bool sha256_fits(const struct gw_key *key, const char *text)
{
    struct gw_hash hash;
    (void)key;
    return gw_hash_parse(&hash, text, strlen(text)) == 0;
}

static bool public_fits(const struct gw_key *key, const char *text)
{
    struct gw_hash hash;
    (void)key;
    return gw_key_parse(&hash, text, strlen(text)) == 0;
}

/* What stands before the name and behind it is what finds a placeholder: neither can be empty. */
static bool form_fits(const struct gw_key *key, const char *text)
{
    const char *name = strstr(text, "name");
    (void)key;
    return strcmp(text, "off") == 0 || (name && name > text && name[strlen("name")]);
}

static const struct rule {
    bool (*fits)(const struct gw_key *key, const char *text);
    const char *mistake; /* behind the text */
    const char *hint;    /* NULL: the choices */
} rules[] = {
    [GW_KEY_NAME] = { name_fits, "is not the name of a plugin",
                      "names are made of a-z, 0-9, '-' and '_'" },
    [GW_KEY_CHOICE] = { choice_fits, "is not a choice", NULL },
    [GW_KEY_ORDINAL] = { choice_fits, "is not a choice", NULL },
    [GW_KEY_DURATION] = { duration_fits, "is not a duration",
                          "write a number and its unit, as in 250ms, 10s, 2m or 1h" },
    [GW_KEY_SIZE] = { size_fits, "is not a size", "write a number and its unit, as in 256M or 2G" },
    [GW_KEY_OBJECT] = { object_fits, "is a bare name, and nothing is searched for",
                        "write its folder too, as in ./plugins/my_check.so" },
    [GW_KEY_FORM] = { form_fits, "is no form of a placeholder",
                      "write what stands around the name, as in \"@{name}\", or \"off\"" },
    [GW_KEY_SHA256] = { sha256_fits, "is not a sha256",
                        "`sha256sum FILE` prints it: 64 hex digits" },
    [GW_KEY_PUBLIC] = { public_fits, "is not an Ed25519 public key",
                        "write its 32 bytes as 64 hex digits or in base64" },
};

int gw_key_accept(struct gw_reader *reader, const config_setting_t *at, const struct gw_key *key,
                  const char *text, bool from_env)
{
    const size_t type = (size_t)key->type;
    const struct rule *rule = type < sizeof rules / sizeof rules[0] ? &rules[type] : NULL;
    const char *quote = from_env ? "" : "'";

    if (!text[0]) {
        gw_reader_fail(reader, at, "is empty");
        return gw_hint(reader->fault, "give it a value, or remove the line");
    }
    if (!rule || !rule->fits || rule->fits(key, text))
        return GW_DONE;
    gw_reader_fail(reader, at, "%s%.80s%s %s", quote,
                   from_env ? "the value from the environment" : text, quote, rule->mistake);
    if (rule->hint)
        return gw_hint(reader->fault, "%s", rule->hint);
    return gw_hint(reader->fault, "choose one of %s", key->choices);
}

/* ---- paths ---- */

static const char *path_from_folder(struct gw_reader *reader, const char *path)
{
    return gw_file_join(&reader->project->arena, reader->project->folder, path);
}

const char *gw_path_absolute(struct gw_arena *arena, const char *folder, const char *path)
{
    char *real = path[0] == '/' ? NULL : realpath(folder, NULL);
    const char *joined = gw_file_join(arena, real ? real : folder, path);
    free(real);
    return joined;
}

/* "scheme:...", ":memory:" and "key=value ..." are for the driver; anything else is a file name. */
static bool url_is_path(const char *url)
{
    size_t len = 0;
    while (isalnum((unsigned char)url[len]) || (len && strchr("+.-_", url[len]) && url[len]))
        len++;
    size_t next = len + strspn(url + len, " \t");
    return url[0] != ':' && !(len && (url[len] == ':' || url[next] == '='));
}

/* ---- one value ---- */

const char *gw_expanded_shown(struct gw_reader *reader, const struct gw_expanded *value)
{
    if (value->from_env)
        return "(from environment)";
    return gw_url_shown(&reader->project->arena, value->text, NULL);
}

int gw_value_note(struct gw_reader *reader, const char *prefix, const char *name, const char *shown,
                  const config_setting_t *at, bool from_env)
{
    struct gw_arena *arena = &reader->project->arena;
    struct gw_project_value value = {
        .key = gw_arena_printf(arena, "%s.%s", prefix, name),
        .shown = shown,
        .source =
            at ? gw_arena_printf(arena, "%s:%u%s", reader->name, config_setting_source_line(at),
                                 from_env ? " and the environment" : "")
               : "default",
    };
    if (!value.key || !value.source || !gw_vec_push(&reader->values, value))
        return gw_fail_memory(reader->fault);
    return GW_DONE;
}

static int store_url(struct gw_reader *reader, const config_setting_t *at,
                     const struct gw_expanded *value)
{
    struct gw_project *project = reader->project;
    const char *url =
        url_is_path(value->text) ? path_from_folder(reader, value->text) : value->text;
    if (!url)
        return gw_fail_memory(reader->fault);
    project->database.url = url;
    project->database.url_shown =
        gw_url_shown(&project->arena, url, value->from_env ? config_setting_get_string(at) : NULL);
    return project->database.url_shown ? GW_DONE : gw_fail_memory(reader->fault);
}

static int store(struct gw_reader *reader, const struct gw_key *key, const config_setting_t *at,
                 const struct gw_expanded *value, void *place)
{
    const char *text = value->text;
    switch (key->type) {
    case GW_KEY_URL:
        return store_url(reader, at, value);
    case GW_KEY_ORDINAL:
        *(unsigned *)place = (unsigned)gw_choice_find(key->choices, text);
        return GW_DONE;
    case GW_KEY_DURATION:
        gw_text_duration(text, strlen(text), place);
        return GW_DONE;
    case GW_KEY_SIZE:
        read_size(text, place);
        return GW_DONE;
    case GW_KEY_PATH:
        text = path_from_folder(reader, text);
        break;
    case GW_KEY_BOOL:
        *(bool *)place = strcmp(text, "true") == 0;
        return GW_DONE;
    case GW_KEY_ABSOLUTE:
    case GW_KEY_OBJECT:
        text = gw_path_absolute(&reader->project->arena, reader->project->folder, text);
        break;
    default:
        break;
    }
    *(const char **)place = text;
    return text ? GW_DONE : gw_fail_memory(reader->fault);
}

static const char *value_shown(struct gw_reader *reader, const struct gw_key *key,
                               const struct gw_expanded *value, const void *place)
{
    if (key->type == GW_KEY_URL)
        return reader->project->database.url_shown;
    if (!value->from_env &&
        (key->type == GW_KEY_PATH || key->type == GW_KEY_ABSOLUTE || key->type == GW_KEY_OBJECT))
        return *(const char *const *)place;
    return gw_expanded_shown(reader, value);
}

static int expand(struct gw_reader *reader, const struct gw_key *key, const config_setting_t *at,
                  struct gw_expanded *out)
{
    const char *text = config_setting_get_string(at);
    if (key->type != GW_KEY_FORM)
        return gw_expand(reader, at, text, out);
    *out = (struct gw_expanded){ .text = gw_arena_string(&reader->project->arena, text) };
    return out->text ? GW_DONE : gw_fail_memory(reader->fault);
}

int gw_value_read(struct gw_reader *reader, const struct gw_key *key, const config_setting_t *at,
                  const char *prefix, void *base)
{
    _Static_assert(sizeof(enum gw_durability) == sizeof(unsigned),
                   "GW_KEY_ORDINAL stores an unsigned");
    void *place = (char *)base + key->offset;
    struct gw_expanded value = { .text = key->fallback };
    int code = GW_DONE;

    if (at && key->type == GW_KEY_BOOL)
        value.text = config_setting_get_bool(at) ? "true" : "false";
    else if (at) {
        code = expand(reader, key, at, &value);
        if (!code)
            code = gw_key_accept(reader, at, key, value.text, value.from_env);
    }
    if (!code && value.text)
        code = store(reader, key, at, &value, place);
    if (code)
        return code;
    const char *shown = value.text ? value_shown(reader, key, &value, place) : NULL;
    if (value.text && !shown)
        return gw_fail_memory(reader->fault);
    return gw_value_note(reader, prefix, key->name, shown, at, value.from_env);
}

/* ---- options and vars ---- */

static int free_text(struct gw_reader *reader, const config_setting_t *at, struct gw_setting *out)
{
    struct gw_expanded value;
    int code = gw_expand(reader, at, config_setting_get_string(at), &value);
    if (code)
        return code;
    out->from_env = value.from_env;
    out->value = (struct gw_cell){ .kind = GW_TEXT, .v.s = { value.text, strlen(value.text) } };
    return GW_DONE;
}

static const char *setting_shown(struct gw_reader *reader, const struct gw_setting *setting)
{
    struct gw_arena *arena = &reader->project->arena;
    const struct gw_cell *cell = &setting->value;

    if (!setting->from_env && gw_name_is_secret(setting->key, strlen(setting->key)))
        return "***";
    switch (cell->kind) {
    case GW_BOOL:
        return cell->v.i ? "true" : "false";
    case GW_INT:
        return gw_arena_printf(arena, "%lld", (long long)cell->v.i);
    case GW_REAL:
        return gw_arena_printf(arena, "%.15g", cell->v.f);
    default:
        return gw_expanded_shown(reader, &(struct gw_expanded){ cell->v.s.ptr, setting->from_env });
    }
}

int gw_value_free(struct gw_reader *reader, const config_setting_t *at, const char *prefix,
                  struct gw_setting *out)
{
    int code = GW_DONE;

    *out = (struct gw_setting){ .key = gw_arena_string(&reader->project->arena,
                                                       config_setting_name(at)),
                                .line = config_setting_source_line(at) };
    if (!out->key)
        return gw_fail_memory(reader->fault);
    switch (config_setting_type(at)) {
    case CONFIG_TYPE_STRING:
        code = free_text(reader, at, out);
        break;
    case CONFIG_TYPE_BOOL:
        out->value = (struct gw_cell){ .kind = GW_BOOL, .v.i = config_setting_get_bool(at) != 0 };
        break;
    case CONFIG_TYPE_FLOAT:
        out->value = (struct gw_cell){ .kind = GW_REAL, .v.f = config_setting_get_float(at) };
        if (!isfinite(out->value.v.f))
            code = gw_reader_fail(reader, at, "is too large a number");
        break;
    case CONFIG_TYPE_INT:
        out->value = (struct gw_cell){ .kind = GW_INT, .v.i = config_setting_get_int(at) };
        break;
    default:
        out->value = (struct gw_cell){ .kind = GW_INT, .v.i = config_setting_get_int64(at) };
        break;
    }
    if (code)
        return code;
    const char *shown = setting_shown(reader, out);
    if (!shown)
        return gw_fail_memory(reader->fault);
    return gw_value_note(reader, prefix, out->key, shown, at, out->from_env);
}
