/* SPDX-License-Identifier: Apache-2.0 */
#include "event/consumer.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct jsonl {
    struct gw_consumer consumer;
    FILE *out;
    int verbosity;
};

/* Any bytes as a JSON string. What is not UTF-8, and NUL, which many readers refuse, becomes U+FFFD. */
static json_t *json_of(const char *text, size_t len)
{
    struct gw_buf valid = GW_BUF(SIZE_MAX / 2);

    size_t good = gw_text_valid(text, len);
    if (good == len)
        return json_stringn_nocheck(text, len);
    for (;;) {
        gw_buf_add(&valid, text, good);
        if (good == len)
            break;
        gw_buf_text(&valid, "\xEF\xBF\xBD");
        text += good + 1;
        len -= good + 1;
        good = gw_text_valid(text, len);
    }
    json_t *json = valid.failed ? NULL : json_stringn_nocheck(valid.data, valid.len);
    gw_buf_free(&valid);
    return json;
}

static json_t *json_list(struct gw_str words)
{
    json_t *list = json_array();
    for (size_t at = 0; at < words.len;) {
        const char *space = memchr(words.ptr + at, ' ', words.len - at);
        size_t end = space ? (size_t)(space - words.ptr) : words.len;
        if (end > at)
            json_array_append_new(list, json_of(words.ptr + at, end - at));
        at = end + 1;
    }
    return list;
}

static json_t *json_time(int64_t ns)
{
    enum {
        TO_THE_SECOND = 19
    }; /* "2024-10-14T14:30:22" */
    char seconds[GW_TIME_TEXT], text[GW_TIME_TEXT + 8];
    gw_time_text(seconds, ns);
    snprintf(text, sizeof text, "%.*s.%06dZ", TO_THE_SECOND, seconds, (int)(ns / 1000 % 1000000));
    return json_string(text);
}

static json_t *json_cell(const struct gw_cell *cell)
{
    switch (cell->kind) {
    case GW_BOOL:
        return json_boolean(cell->v.i != 0);
    case GW_INT:
        return json_integer(cell->v.i);
    case GW_REAL:
        return json_real(cell->v.f); /* NULL for NaN and infinities, which JSON has not */
    case GW_TIME:
        return json_time(cell->v.i);
    case GW_TEXT:
    case GW_BLOB:
        return cell->flags & GW_FIELD_LIST ? json_list(cell->v.s)
                                           : json_of(cell->v.s.ptr, cell->v.s.len);
    default:
        return json_null();
    }
}

/* Steals value; null stands for what could not be made. */
static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new_nocheck(object, key, value ? value : json_null());
}

static json_t *json_event(const struct gw_event *event)
{
    json_t *object = json_object();
    if (!object)
        return NULL;
    put(object, "type", json_of(event->type, strlen(event->type)));
    put(object, "level", json_string(gw_level_name(event->level)));
    put(object, "time", json_time(event->time_ns));
    put(object, "run", json_of(event->run, strlen(event->run)));
    for (size_t i = 0; i < event->n_fields; i++) {
        char key[64]; /* our own keys are short names */
        const struct gw_str *name = &event->fields[i].key;
        if (name->len >= sizeof key || gw_text_valid(name->ptr, name->len) != name->len)
            continue;
        memcpy(key, name->ptr, name->len);
        key[name->len] = '\0';
        put(object, key, json_cell(&event->fields[i].val));
    }
    if (event->text[0] && !json_object_get(object, "text"))
        put(object, "text", json_of(event->text, strlen(event->text)));
    return object;
}

static void jsonl_take(struct gw_consumer *consumer, const struct gw_event *event)
{
    struct jsonl *jsonl = (struct jsonl *)consumer;

    if ((event->level == GW_LEVEL_DEBUG && jsonl->verbosity < 2) ||
        (event->level == GW_LEVEL_DETAIL && jsonl->verbosity < 1))
        return;
    json_t *object = json_event(event);
    /* ASCII alone: control characters that hide in UTF-8 reach no terminal as such. */
    char *line = object ? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    if (line) {
        fputs(line, jsonl->out);
        fputc('\n', jsonl->out);
    } else {
        fputs(
            "{\"type\":\"failed\",\"level\":\"error\",\"code\":1,\"message\":\"out of memory\"}\n",
            jsonl->out);
    }
    if (event->level != GW_LEVEL_DATA) /* whoever reads along waits for it */
        fflush(jsonl->out);
    free(line);
    json_decref(object);
}

static void jsonl_close(struct gw_consumer *consumer)
{
    struct jsonl *jsonl = (struct jsonl *)consumer;
    fflush(jsonl->out);
    free(jsonl);
}

struct gw_consumer *gw_jsonl_new(FILE *out, int verbosity)
{
    struct jsonl *jsonl = calloc(1, sizeof *jsonl);
    if (!jsonl)
        return NULL;
    *jsonl = (struct jsonl){ .consumer = { jsonl_take, jsonl_close },
                             .out = out,
                             .verbosity = verbosity };
    return &jsonl->consumer;
}
