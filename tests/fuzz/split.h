/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts as anybody can write them, for the driver whose entry is SPLIT_ENTRY. Statements must lie in order within the
 * script, each with something in it. SPLIT_AGAIN: what stands before a statement does not matter, so that it must be
 * one statement, of the same kind, when it is cut again. */
#ifndef FUZZ_SPLIT_H
#define FUZZ_SPLIT_H

#include <assert.h>
#include <godwit/driver.h>
#include <godwit/plugin.h>
#include <string.h>

struct gw_call {
    struct gw_str script;
    uint64_t end;
    uint64_t n;
    struct {
        uint64_t begin, end, flags;
    } first; /* of the statements */
};

const struct gw_plugin *SPLIT_ENTRY(void);

static gw_status fail(struct gw_call *call, const struct gw_error *error)
{
    (void)call;
    return error->code;
}

static const struct gw_host host = { .struct_size = sizeof host, .fail = fail };

static const struct gw_driver *driver(void)
{
    static const struct gw_driver *found;
    if (!found) {
        const struct gw_plugin *plugin = SPLIT_ENTRY();
        struct gw_call call = { 0 };
        assert(plugin->init(&call, &host) == GW_OK);
        found = plugin->provides[0].vtable;
    }
    return found;
}

static gw_status count(struct gw_call *call, uint64_t begin, uint64_t end, uint64_t flags)
{
    assert(begin < end && end <= call->script.len && begin >= call->end);
    call->end = end;
    if (!call->n++) {
        call->first.begin = begin;
        call->first.end = end;
        call->first.flags = flags;
    }
    return GW_OK;
}

static const struct gw_split_out counting = { sizeof counting, 0, count };

static gw_status cut_again(struct gw_call *call, uint64_t begin, uint64_t end, uint64_t flags)
{
    struct gw_call again = { .script = { call->script.ptr + begin, end - begin } };
    count(call, begin, end, flags);
    if (!SPLIT_AGAIN)
        return GW_OK;
    assert(driver()->split(&again, NULL, again.script, &counting) == GW_OK);
    assert(again.n == 1 && again.first.begin == 0 && again.first.end == end - begin);
    assert(again.first.flags == flags);
    return GW_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct gw_split_out out = { sizeof out, 0, cut_again };
    struct gw_call call = { .script = { (const char *)data, size } };
    assert(driver()->split(&call, NULL, call.script, &out) == GW_OK);
    return 0;
}

#endif
