/* SPDX-License-Identifier: Apache-2.0 */
/* `-- godwit:set NAME=VALUE`: a variable of the session for one unit. The server keeps what it was in a user variable, so
 * that its type stays. */
#include "base/text.h"
#include "setup.h"
#include "wire.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is(struct gw_str text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.ptr, word, text.len) == 0;
}

static bool plain_name(struct gw_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!memchr("abcdefghijklmnopqrstuvwxyz0123456789_", name.ptr[i] | 0x20, 37) &&
            name.ptr[i] != '_')
            return false;
    return name.len && name.len <= 64;
}

static bool is_number(struct gw_str text)
{
    size_t dots = 0;
    for (size_t i = 0; i < text.len; i++) {
        dots += text.ptr[i] == '.';
        if (text.ptr[i] != '.' && (text.ptr[i] < '0' || text.ptr[i] > '9'))
            return false;
    }
    return text.len && text.len < 20 && dots <= 1 && text.ptr[0] != '.';
}

static gw_status set_lock_timeout(struct my_session *session, struct gw_str value)
{
    int64_t ns;
    if (!gw_text_duration(value.ptr, value.len, &ns) || ns > INT64_C(31536000000000000))
        return my_fail(session, GW_E_ARGUMENT, NULL,
                       "setting 'lock_timeout' takes a duration such as 250ms, 5s or 2m");
    session->lock_timeout_ns = ns;
    int64_t seconds = ns < 1000000000 ? 1 : (ns + 999999999) / 1000000000;
    return my_command(session,
                      "SET @godwit_lock_wait = @@SESSION.lock_wait_timeout,"
                      " @godwit_innodb_wait = @@SESSION.innodb_lock_wait_timeout,"
                      " SESSION lock_wait_timeout = %lld, SESSION innodb_lock_wait_timeout = %lld",
                      (long long)seconds, (long long)seconds);
}

static gw_status set_warnings(struct my_session *session, struct gw_str value)
{
    if (!is(value, "fail") && !is(value, "log"))
        return my_fail(session, GW_E_ARGUMENT, NULL, "setting 'warnings' takes fail or log");
    session->strict = is(value, "fail");
    return GW_OK;
}

static gw_status set_variable(struct my_session *session, struct gw_str name, struct gw_str value)
{
    const struct gw_cell cell = { .kind = GW_TEXT, .v.s = value };
    const struct gw_statement argument = { .sql = GW_S("?1"), .args = &cell, .n_args = 1 };
    struct gw_buf text = GW_BUF_TEXT;
    gw_status status = GW_OK;
    if (is_number(value))
        gw_buf_add(&text, value.ptr, value.len);
    else
        status = my_render(session, &argument, &text);
    if (status == GW_OK)
        status = my_command(session, "SET @godwit_%.*s = @@SESSION.%.*s, SESSION %.*s = %s",
                            (int)name.len, name.ptr, (int)name.len, name.ptr, (int)name.len,
                            name.ptr, gw_buf_str(&text));
    gw_buf_free(&text);
    if (status == GW_OK)
        return GW_OK;
    if (status == GW_E_UNDEFINED || status == GW_E_UNSUPPORTED || status == GW_E_SYNTAX)
        session->failure.code = status = GW_E_ARGUMENT;
    my_fail_prefix(session, "setting '%.*s'", (int)name.len, name.ptr);
    return status;
}

gw_status my_settings_apply(struct my_session *session, const struct gw_run *run,
                            struct my_settings *out)
{
    gw_status status = GW_OK;
    *out = (struct my_settings){ .lock_timeout_ns = session->lock_timeout_ns };
    session->strict = session->fail_on_warnings;
    for (uint64_t i = 0; i < run->n_settings && status == GW_OK; i++) {
        struct gw_str name = run->settings[i].key, value = run->settings[i].val.v.s;
        if (run->settings[i].val.kind != GW_TEXT || !plain_name(name) || is(name, "autocommit"))
            status = my_fail(session, GW_E_ARGUMENT, NULL,
                             "setting '%.*s' is not one that a "
                             "migration can have",
                             name.len < 64 ? (int)name.len : 64, name.ptr);
        else if (is(name, "lock_timeout"))
            status = set_lock_timeout(session, value);
        else if (is(name, "warnings"))
            status = set_warnings(session, value);
        else
            status = set_variable(session, name, value);
        out->applied += status == GW_OK;
    }
    return status;
}

void my_settings_restore(struct my_session *session, const struct gw_run *run,
                         const struct my_settings *settings)
{
    session->lock_timeout_ns = settings->lock_timeout_ns;
    for (uint64_t i = settings->applied; i-- > 0;) {
        struct gw_str name = run->settings[i].key;
        char sql[256];
        if (is(name, "warnings"))
            continue;
        if (is(name, "lock_timeout"))
            snprintf(sql, sizeof sql,
                     "SET SESSION lock_wait_timeout = @godwit_lock_wait,"
                     " SESSION innodb_lock_wait_timeout = @godwit_innodb_wait");
        else
            snprintf(sql, sizeof sql, "SET SESSION %.*s = @godwit_%.*s", (int)name.len, name.ptr,
                     (int)name.len, name.ptr);
        my_try(session, sql);
    }
}
