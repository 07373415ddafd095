/* SPDX-License-Identifier: 0BSD */
#include "cases.h"

#include <stdlib.h>
#include <string.h>

/* ---- without a server ---- */

static gw_status split(struct check *check, struct gw_str script, uint64_t *n)
{
    struct gw_call *call = check_begin(check, "split");
    call->length = script.len;
    call->sink_says = GW_STOP; /* never: it only counts */
    call->sink_from = UINT64_MAX;
    gw_status status =
        check_end(call, check->plugin.driver.split(call, NULL, script, &check_split_out));
    if (n)
        *n = call->pieces;
    return status;
}

void check_case_split(struct check *check)
{
    static const struct {
        struct gw_str script;
        uint64_t n;
    } known[] = { { GW_S(""), 0 },
                  { GW_S(" \n -- only a comment\n"), 0 },
                  { GW_S("SELECT 1"), 1 },
                  { GW_S("SELECT 1; SELECT ';' ; "), 2 } };
    uint64_t n;

    if (check_init(check))
        return;
    for (size_t i = 0; i < CHECK_COUNT(known); i++)
        if (split(check, known[i].script, &n) == GW_OK && n != known[i].n)
            check_fail(check, "split() finds %llu statements in '%s', not %llu",
                       (unsigned long long)n, known[i].script.ptr, (unsigned long long)known[i].n);
    for (size_t i = 0; i < check_n_inputs; i++) {
        struct gw_str input = check_input(i);
        if (input.ptr)
            split(check, input, NULL);
        free((char *)input.ptr);
    }
    check_fini(check);
}

static gw_status quote(struct check *check, uint32_t kind, struct gw_str text, uint64_t *length)
{
    struct gw_call *call = check_begin(check, "quote");
    gw_status status =
        check_end(call, check->plugin.driver.quote(call, NULL, kind, text, &check_text_out));
    *length = call->length;
    return status;
}

void check_case_quote(struct check *check)
{
    static const struct gw_str texts[] = {
        GW_S("name"), GW_S(""),         GW_S("it's \"so\" `quoted` [here] \\'"),
        GW_S("a\0b"), GW_S("\xff\xc0"), GW_S("-- /* */ $$ ;\n"),
    };
    uint64_t length;

    if (check_init(check))
        return;
    for (size_t i = 0; i < CHECK_COUNT(texts); i++)
        for (uint32_t kind = GW_QUOTE_NAME; kind <= GW_QUOTE_TEXT; kind++)
            if (quote(check, kind, texts[i], &length) == GW_OK && length < texts[i].len + 1)
                check_fail(check, "quote() makes '%s' shorter", texts[i].ptr);
    if (quote(check, 99, texts[0], &length) == GW_OK)
        check_fail(check, "quote() accepts a kind that does not exist");
    check_fini(check);
}

/* A database that is not there, and URLs that are none: a failure with a text, or an open that can be closed. */
void check_case_absent(struct check *check)
{
    struct check_instance instance;
    gw_status status;

    if (check_init(check) || !check_fill(check, CHECK_DEFAULTS))
        return;
    for (int i = 0; i < 3; i++)
        if (check_open(check, GW_KIND_DRIVER, &instance, &status))
            check_close(check, &instance);
    check_fini(check);
}

/* ---- with one ---- */

static gw_status info(struct check *check, void *conn, const struct check_how *how)
{
    struct gw_call *call = check_begin(check, "info");
    check_how_to(call, how);
    return check_end(call, check->plugin.driver.info(call, conn, &check_fields_out));
}

static gw_status query(struct check *check, void *conn, struct gw_str sql,
                       const struct check_how *how)
{
    const struct gw_statement statement = { .sql = sql };
    struct gw_call *call = check_begin(check, "query");
    check_how_to(call, how);
    return check_end(call, check->plugin.driver.query(call, conn, &statement, &check_rows_out));
}

static gw_status with_name(struct check *check, void *conn, const char *entry,
                           gw_status (*function)(struct gw_call *, void *, struct gw_str))
{
    struct gw_call *call = check_begin(check, entry);
    return check_end(call, function(call, conn, (struct gw_str)GW_S("check")));
}

void check_exercise_driver(struct check *check, void *conn, const struct check_how *how)
{
    const struct gw_driver *driver = &check->plugin.driver;
    const bool usual = how->stop_after_ms == CHECK_NEVER && !how->sink_says;

    gw_status answered = info(check, conn, how);
    if (!answered)
        answered = query(check, conn, (struct gw_str)GW_S("SELECT 1"), how);
    if (usual && answered < 0)
        check_fail(check, "info() or query('SELECT 1') fails: %d", (int)answered);
    if (query(check, conn, (struct gw_str)GW_S("SELECT nonsense FROM nowhere"), how) == GW_OK &&
        usual)
        check_fail(check, "query() of a table that does not exist succeeds");
    if (!usual)
        return;
    gw_status locked = with_name(check, conn, "lock", driver->lock);
    if (locked == GW_OK) {
        if (with_name(check, conn, "holds", driver->holds) != GW_OK)
            check_fail(check, "holds() denies a lock that lock() has just given");
        with_name(check, conn, "unlock", driver->unlock);
    }
    driver->interrupt(conn); /* between calls: nothing happens, and nothing stays of it */
    if (query(check, conn, (struct gw_str)GW_S("SELECT 1"), how) < 0)
        check_fail(check, "an interrupt() between calls breaks the next one");
}
