/* SPDX-License-Identifier: 0BSD */
#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MANY_FIELDS = 10000,
    LONG_TEXT = 1 << 20
};

static void handle(struct check *check, void *self, const char *type, uint64_t flags,
                   const struct gw_field *fields, uint32_t n, const struct check_how *how)
{
    const struct gw_event event = { .struct_size = sizeof event,
                                    .n_fields = n,
                                    .flags = flags,
                                    .type = { type, strlen(type) },
                                    .run_id = GW_S("0190c8f2-7d2b-7c3e-8f00-5a1b2c3d4e5f"),
                                    .time_ns = INT64_C(1729000000000000000),
                                    .fields = fields };
    struct gw_call *call = check_begin(check, "handle");
    check_how_to(call, how);
    check_end(call, check->plugin.hook.handle(call, self, &event));
}

static const struct gw_field odd[] = {
    { GW_S("revision"), { GW_TEXT, 0, { .s = GW_S("7b15fd9db179") } } },
    { GW_S(""), { GW_NULL, 0, { 0 } } },
    { GW_S("ok"), { GW_BOOL, 0, { .i = 1 } } },
    { GW_S("count"), { GW_INT, 0, { .i = INT64_MIN } } },
    { GW_S("ratio"), { GW_REAL, 0, { .f = -0.0 } } },
    { GW_S("bytes"), { GW_BLOB, 0, { .s = GW_S("\0\xff") } } },
    { GW_S("at"), { GW_TIME, 0, { .i = INT64_MAX } } },
    { GW_S("later"), { 99, 0, { .i = 7 } } }, /* a kind of a later release */
};

void check_exercise_hook(struct check *check, void *self, const struct check_how *how)
{
    const char *const *patterns = check->plugin.hook.events;
    for (size_t i = 0; patterns && patterns[i] && i < 64; i++) {
        char type[128];
        snprintf(type, sizeof type, "%s", patterns[i]);
        size_t len = strlen(type);
        if (len && type[len - 1] == '*')
            snprintf(type + len - 1, sizeof type - len + 1, "%s", "begin");
        handle(check, self, type, 0, odd, 1, how);
        handle(check, self, type, GW_EVENT_GATE, odd, 1, how);
    }
}

static void with_events(struct check *check, struct check_instance *instance, const void *payload)
{
    struct gw_field *many = calloc(MANY_FIELDS, sizeof *many);
    char *text = malloc(LONG_TEXT + 1);
    (void)payload;
    if (instance->kind == GW_KIND_HOOK && many && text) {
        memset(text, 'x', LONG_TEXT);
        text[LONG_TEXT] = '\0';
        for (size_t i = 0; i < MANY_FIELDS; i++)
            many[i] = odd[i % CHECK_COUNT(odd)];
        many[0].val = (struct gw_cell){ .kind = GW_TEXT, .v.s = { text, LONG_TEXT } };
        handle(check, instance->self, "deploy.begin", 0, odd, CHECK_COUNT(odd), &CHECK_USUAL);
        handle(check, instance->self, "deploy.begin", 0, NULL, 0, &CHECK_USUAL);
        handle(check, instance->self, "deploy.begin", 0, many, MANY_FIELDS, &CHECK_USUAL);
        handle(check, instance->self, "a.type.of.a.later.release", GW_EVENT_GATE, odd, 1,
               &CHECK_USUAL);
        handle(check, instance->self, "", 0, NULL, 0, &CHECK_USUAL);
        handle(check, instance->self, text, 0, NULL, 0, &CHECK_USUAL);
    }
    free(many);
    free(text);
}

void check_case_events(struct check *check)
{
    check_each(check, with_events, NULL);
}
