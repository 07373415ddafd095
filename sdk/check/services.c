/* SPDX-License-Identifier: 0BSD */
/* The host's services: a small database that answers every question with one row, two migrations, and the
 * secret "database.url". Or none, or such that fail, as the case wants. */
#include "host.h"

#include <godwit/host_migrations.h>
#include <godwit/host_secrets.h>
#include <godwit/host_session.h>
#include <string.h>

static const struct check *followed;

void check_services_of(const struct check *check)
{
    followed = check;
}

static struct gw_str str(const char *text)
{
    return (struct gw_str){ text, strlen(text) };
}

/* A failure as a service has it: with its text. */
static bool refused(struct gw_call *call, const char *service, gw_status code)
{
    if (!check_in_call(call, service) || !followed->broken)
        return false;
    call->code = code;
    call->said = true;
    return true;
}

static gw_status passed_on(struct gw_call *call, gw_status status)
{
    if (status < 0 && !call->said) /* the receiver's own failure, without a text */
        check_fail(call->check, "a receiver returned %d without a text, in %s()", (int)status,
                   call->entry);
    return status == GW_STOP ? GW_OK : status;
}

static gw_status session_query(struct gw_call *call, struct gw_str sql, const struct gw_cell *args,
                               uint32_t n_args, const struct gw_rows_into *into)
{
    static const struct gw_column column = { GW_S("name"), GW_S("text") };
    static const struct gw_cell cell = { GW_TEXT, 0, { .s = GW_S("check") } };

    (void)args;
    (void)n_args;
    if (refused(call, "a query", GW_E_CONNECT))
        return GW_E_CONNECT;
    if (!sql.len || !check_utf8(sql.ptr, sql.len))
        check_fail(call->check, "a query that is empty or not valid UTF-8, in %s()", call->entry);
    gw_status status = into->columns ? into->columns(call, into->self, &column, 1) : GW_OK;
    return passed_on(call, status ? status : into->row(call, into->self, &cell, 1));
}

static gw_status session_quote(struct gw_call *call, struct gw_str name,
                               const struct gw_text_into *into)
{
    (void)name;
    if (refused(call, "quoting", GW_E_CONNECT))
        return GW_E_CONNECT;
    return passed_on(call, into->text(call, into->self, str("\"check\"")));
}

static gw_status session_info(struct gw_call *call, const struct gw_fields_into *into)
{
    static const struct gw_field field = { GW_S("dialect"),
                                           { GW_TEXT, 0, { .s = GW_S("sqlite") } } };
    if (refused(call, "a question", GW_E_CONNECT))
        return GW_E_CONNECT;
    return passed_on(call, into->field(call, into->self, &field));
}

static gw_status migrations_list(struct gw_call *call, const struct gw_migrations_into *into)
{
    static const struct gw_str parent = GW_S("aaaa00000001");
    struct gw_migration migration = { .struct_size = sizeof migration,
                                      .revision = parent,
                                      .title = str("first"),
                                      .file = str("migrations/first.sql") };
    if (refused(call, "a list", GW_E_IO))
        return GW_E_IO;
    gw_status status = into->migration(call, into->self, &migration);
    if (status)
        return passed_on(call, status);
    migration.revision = str("bbbb00000002");
    migration.parents = &parent;
    migration.n_parents = 1;
    migration.flags = GW_MIGRATION_HEAD | GW_MIGRATION_PENDING;
    return passed_on(call, into->migration(call, into->self, &migration));
}

static gw_status migrations_text(struct gw_call *call, struct gw_str revision, uint32_t which,
                                 const struct gw_text_into *into)
{
    (void)revision;
    if (refused(call, "a text", GW_E_IO))
        return GW_E_IO;
    return passed_on(call, into->text(call, into->self,
                                      str(which == GW_TEXT_DOWN ? "" : "CREATE TABLE t (x);")));
}

static gw_status secrets_get(struct gw_call *call, struct gw_str name,
                             const struct gw_text_into *into)
{
    const char *url = followed->settings->url;
    (void)name;
    if (refused(call, "a secret", GW_E_PERMISSION))
        return GW_E_PERMISSION;
    if (!(followed->plugin.descriptor.flags & GW_P_SECRETS))
        check_fail(call->check, "asks for a secret without GW_P_SECRETS in its flags");
    return passed_on(call, into->text(call, into->self, str(url ? url : "check://secret")));
}

static const struct gw_host_session session = { sizeof session, 0, session_query, session_quote,
                                                session_info };
static const struct gw_host_migrations migrations = { sizeof migrations, 0, migrations_list,
                                                      migrations_text };
static const struct gw_host_secrets secrets = { sizeof secrets, 0, secrets_get };

const void *check_service(const struct gw_host *host, const char *id)
{
    static const struct {
        const char *id;
        const void *table;
    } services[] = { { GW_HOST_SESSION, &session },
                     { GW_HOST_MIGRATIONS, &migrations },
                     { GW_HOST_SECRETS, &secrets } };
    (void)host;
    for (size_t i = 0; i < CHECK_COUNT(services) && !followed->bare; i++)
        if (strcmp(services[i].id, id) == 0)
            return services[i].table;
    return NULL;
}
