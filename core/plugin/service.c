/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/service.h"

#include "base/buf.h"
#include "plugin/registry.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct gw_str str_of(const char *text)
{
    return (struct gw_str){ text, strlen(text) };
}

__attribute__((format(printf, 4, 5))) static gw_status
refuse(struct gw_call *call, gw_status code, const char *hint, const char *format, ...)
{
    char message[700];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    const struct gw_error error = {
        .struct_size = sizeof error, .code = code, .message = str_of(message), .hint = str_of(hint)
    };
    return gw_host_table.fail(call, &error);
}

/* What a receiver returned, as the service returns it. */
static gw_status passed_on(gw_status says)
{
    return says == GW_STOP ? GW_OK : says;
}

static gw_status no_database(struct gw_call *call)
{
    return refuse(call, GW_E_UNSUPPORTED, "",
                  "plugin '%s' asked for the database, and there is none in this call",
                  call->plugin);
}

/* ---- session ---- */

static gw_status session_query(struct gw_call *call, struct gw_str sql, const struct gw_cell *args,
                               uint32_t n_args, const struct gw_rows_into *into)
{
    struct gw_services *services = call ? call->services : NULL;
    if (!services || !services->query)
        return no_database(call);
    return passed_on(services->query(services, call, sql, args, n_args, into));
}

static gw_status session_quote(struct gw_call *call, struct gw_str name,
                               const struct gw_text_into *into)
{
    struct gw_services *services = call ? call->services : NULL;
    if (!services || !services->quote)
        return no_database(call);
    return passed_on(services->quote(services, call, name, into));
}

static gw_status session_info(struct gw_call *call, const struct gw_fields_into *into)
{
    struct gw_services *services = call ? call->services : NULL;
    if (!services || !services->info)
        return no_database(call);
    return passed_on(services->info(services, call, into));
}

/* ---- migrations ---- */

static gw_status no_migrations(struct gw_call *call)
{
    return refuse(call, GW_E_UNSUPPORTED, "",
                  "plugin '%s' asked for the migrations, and there are none in this call",
                  call->plugin);
}

static gw_status migrations_list(struct gw_call *call, const struct gw_migrations_into *into)
{
    struct gw_services *services = call ? call->services : NULL;
    if (!services || !services->list)
        return no_migrations(call);
    return passed_on(services->list(services, call, into));
}

static gw_status migrations_text(struct gw_call *call, struct gw_str revision, uint32_t which,
                                 const struct gw_text_into *into)
{
    struct gw_services *services = call ? call->services : NULL;
    if (!services || !services->text)
        return no_migrations(call);
    return passed_on(services->text(services, call, revision, which, into));
}

/* ---- secrets ---- */

#define DATABASE_URL "database.url"

static bool is(struct gw_str name, const char *text)
{
    return name.len == strlen(text) && memcmp(name.ptr, text, name.len) == 0;
}

/* What came with godwit may connect to the database of the project; all else is for plugins.conf to grant. */
static bool granted(const struct gw_plugin_loaded *plugin, struct gw_str name)
{
    const struct gw_plugin_entry *entry = plugin->entry;

    for (size_t i = 0; entry && i < entry->secrets.n; i++)
        if (is(name, entry->secrets.at[i].ptr))
            return true;
    return plugin->trust == GW_TRUST_BUNDLED && is(name, DATABASE_URL);
}

static gw_status give(struct gw_call *call, const char *secret, const struct gw_text_into *into)
{
    const size_t len = strlen(secret);
    char *copy = malloc(len + 1);
    if (!copy)
        return refuse(call, GW_E_NO_MEMORY, "", "out of memory");
    memcpy(copy, secret, len + 1);
    gw_status says = into->text(call, into->self, (struct gw_str){ copy, len });
    sodium_memzero(copy, len);
    free(copy);
    return passed_on(says);
}

static gw_status secrets_get(struct gw_call *call, struct gw_str name,
                             const struct gw_text_into *into)
{
    const struct gw_plugin_loaded *plugin = call ? call->to : NULL;
    char key[256];

    if (!plugin || !(plugin->descriptor.flags & GW_P_SECRETS))
        return refuse(call, GW_E_PERMISSION, "this is a fault in the plugin; tell its author",
                      "plugin '%s' asked for a secret without GW_P_SECRETS in its flags",
                      call ? call->plugin : "");
    if (name.len >= sizeof key || memchr(name.ptr, '\0', name.len) || !granted(plugin, name))
        return refuse(call, GW_E_PERMISSION,
                      "secrets = [ \"...\" ]; in its entry of plugins.conf grants it",
                      "plugin '%s' asked for the secret '%.*s', which is not granted to it",
                      plugin->name, name.len < 200 ? (int)name.len : 200, name.ptr);
    memcpy(key, name.ptr, name.len);
    key[name.len] = '\0';
    const char *secret = is(name, DATABASE_URL) ? plugin->project->database.url : getenv(key);
    if (!secret || !secret[0])
        return refuse(call, GW_E_ARGUMENT, "set it in the environment that godwit runs in",
                      "plugin '%s' needs the secret '%s', which is not set", plugin->name, key);
    return give(call, secret, into);
}

/* ---- by id ---- */

static const struct gw_host_session session = { sizeof session, 0, session_query, session_quote,
                                                session_info };
static const struct gw_host_migrations migrations = { sizeof migrations, 0, migrations_list,
                                                      migrations_text };
static const struct gw_host_secrets secrets = { sizeof secrets, 0, secrets_get };

const void *gw_service_table(const char *id)
{
    static const struct {
        const char *id;
        const void *table;
    } services[] = { { GW_HOST_SESSION, &session },
                     { GW_HOST_MIGRATIONS, &migrations },
                     { GW_HOST_SECRETS, &secrets } };
    for (size_t i = 0; id && i < sizeof services / sizeof services[0]; i++)
        if (strcmp(services[i].id, id) == 0)
            return services[i].table;
    return NULL;
}

void gw_services_end(struct gw_services *services)
{
    if (services && services->end)
        services->end(services);
}
