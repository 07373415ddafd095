/* SPDX-License-Identifier: Apache-2.0 */
#include "connect.h"

#include "wire.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 100,
    PARAMETERS = 16
};
static const int64_t second_ns = 1000000000;
static const char url_hint[] =
    "write postgresql://USER@HOST:PORT/DATABASE, or host=... dbname=..., and encode @ : / in a "
    "password as %40 %3A %2F";

/* ---- secrets ---- */

static gw_status add_secret(struct postgres_session *session, const char *text, size_t len)
{
    enum {
        SHORTEST = 3 /* of less, hiding it would only spoil the message */
    };
    if (len < SHORTEST)
        return GW_OK;
    const char *copy = gw_arena_copy(&session->arena, text, len);
    return copy && gw_vec_push(&session->secrets, copy) ? GW_OK : postgres_fail_memory(session);
}

/* A password with @ : or / in it that is not encoded cuts the URL elsewhere than its author thinks, and libpq then
 * shows the pieces as a host or a port. So each piece of what may be meant as one is a secret. */
static gw_status add_pieces(struct postgres_session *session)
{
    const char *from = strstr(session->url, "://");
    const char *to = from ? strrchr(from, '@') : NULL;
    gw_status status = GW_OK;
    if (!to)
        return GW_OK;
    from += 3;
    from += strcspn(from, ":@");
    while (from < to && status == GW_OK) {
        from += strspn(from, ":@/?#");
        size_t len = strcspn(from, ":@/?#");
        if (from + len > to)
            break;
        status = add_secret(session, from, len);
        from += len;
    }
    return status;
}

static gw_status add_option_secrets(struct postgres_session *session,
                                    const PQconninfoOption *options)
{
    gw_status status = add_pieces(session);
    for (; options && options->keyword && status == GW_OK; options++)
        if (options->val && *options->dispchar == '*')
            status = add_secret(session, options->val, strlen(options->val));
    return status;
}

/* ---- what the user gave ---- */

static gw_status fail_url(struct postgres_session *session, const char *why)
{
    return postgres_fail(session, GW_E_ARGUMENT, url_hint, "database.url %s", why);
}

static gw_status read_url(struct postgres_session *session, bool *keepalive)
{
    char *ignored = NULL; /* it may show the password */
    PQconninfoOption *options = PQconninfoParse(session->url, &ignored);
    PQfreemem(ignored);
    *keepalive = true;
    if (!options)
        return fail_url(session, "is neither a URL nor keyword=value settings that libpq reads");
    for (const PQconninfoOption *option = options; option->keyword; option++)
        if (option->val && strncmp(option->keyword, "keepalives", 10) == 0)
            *keepalive = false;
    gw_status status = add_option_secrets(session, options);
    PQconninfoFree(options);
    return status;
}

/* Keywords before dbname are defaults, those behind it have the last word. */
struct parameters {
    const char *keys[PARAMETERS], *values[PARAMETERS];
    int n;
};

static void add(struct parameters *parameters, const char *key, const char *value)
{
    parameters->keys[parameters->n] = key;
    parameters->values[parameters->n++] = value;
}

static PGconn *start(const struct postgres_session *session, bool keepalive, const char *name)
{
    struct parameters parameters = { .n = 0 };
    if (keepalive) { /* a server that is gone is noticed within a minute */
        add(&parameters, "keepalives_idle", "30");
        add(&parameters, "keepalives_interval", "10");
        add(&parameters, "keepalives_count", "3");
    }
    add(&parameters, "fallback_application_name", "godwit");
    add(&parameters, "dbname", session->url);
    add(&parameters, "client_encoding", "UTF8");
    if (name) {
        const char *address = PQhostaddr(session->db), *host = PQhost(session->db);
        add(&parameters, "host", host);
        add(&parameters, "hostaddr", host && *host == '/' ? NULL : address);
        add(&parameters, "port", PQport(session->db));
        add(&parameters, "application_name", name);
    }
    return PQconnectStartParams(parameters.keys, parameters.values, 1);
}

PGconn *postgres_connect_again(const struct postgres_session *session)
{
    return start(session, false, "godwit watch");
}

/* ---- failures ---- */

/* Before there is a session, libpq has texts only. */
static const struct {
    const char *part;
    gw_status status;
    const char *hint;
} texts[] = {
    { "password authentication failed", GW_E_CONNECT,
      "check the password: in PGPASSFILE, in a service file, or behind ${...} in database.url" },
    { "no password supplied", GW_E_CONNECT,
      "give the password in PGPASSFILE, in a service file, or behind ${...} in database.url" },
    { "no pg_hba.conf entry", GW_E_CONNECT,
      "the server lets no such user in from here: add a line to its pg_hba.conf, or connect with "
      "TLS" },
    { "authentication failed", GW_E_CONNECT, "check the user name, and pg_hba.conf on the server" },
    { "could not translate host name", GW_E_CONNECT, "check the host name in database.url" },
    { "does not support SSL", GW_E_CONNECT,
      "the server has no TLS: set it up there, or choose another sslmode" },
    { "certificate", GW_E_CONNECT, "check sslrootcert, sslcert and sslmode in database.url" },
    { "SSL", GW_E_CONNECT, "check sslmode and the certificates" },
    { "definition of service", GW_E_CONNECT, "check the service file (PGSERVICEFILE)" },
    { "session is read-only", GW_E_READ_ONLY, "no host of database.url may be written to" },
    { "too many clients", GW_E_CONNECT, "wait, or raise max_connections of the server" },
    { "remaining connection slots", GW_E_CONNECT, "wait, or raise max_connections of the server" },
    { "the database system is", GW_E_CONNECT, "the server starts or stops; wait, then run again" },
    { "role \"", GW_E_CONNECT, "create the role, or correct the user in database.url" },
};

static void copy_reason(const struct postgres_session *session, char *out, size_t room)
{
    const char *text = PQerrorMessage(session->db);
    const char *fatal = strstr(text, "FATAL:  ");
    snprintf(out, room, "%s", fatal ? fatal + strlen("FATAL:  ") : text);
    postgres_scrub(session, out);
    postgres_tidy(out);
    for (char *at = out; *at; at++)
        if (*at == '\n' || *at == '\t')
            *at = ' ';
}

static gw_status fail_connect(struct postgres_session *session)
{
    char reason[600], hint[300];
    copy_reason(session, reason, sizeof reason);
    if (strstr(reason, "database \"") && strstr(reason, "does not exist")) {
        snprintf(hint, sizeof hint, "create it with `createdb %.100s`, or correct database.url",
                 PQdb(session->db) ? PQdb(session->db) : "");
        return postgres_fail(session, GW_E_NOT_FOUND, hint, "%s", reason);
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strstr(reason, texts[i].part))
            return postgres_fail(session, texts[i].status, texts[i].hint, "cannot connect: %s",
                                 reason);
    return postgres_fail(session, GW_E_CONNECT,
                         "check that the server runs and listens there, and database.url",
                         "cannot connect: %s", reason);
}

/* ---- connecting ---- */

/* connect_timeout of the URL or the environment; libpq keeps it in its blocking calls alone. */
static int64_t patience_ns(const struct postgres_session *session)
{
    PQconninfoOption *options = PQconninfo(session->db);
    int64_t patience = session->connect_timeout_ns;
    int hosts = 1;
    for (const PQconninfoOption *option = options; option && option->keyword; option++) {
        if (!option->val)
            continue;
        if (strcmp(option->keyword, "connect_timeout") == 0) {
            long given = strtol(option->val, NULL, 10);
            patience = given > 0 ? (given < 2 ? 2 : given) * second_ns : INT64_MAX / 64;
        }
        for (const char *at = option->val; strcmp(option->keyword, "host") == 0 && *at; at++)
            hosts += *at == ',' && hosts < 16;
    }
    PQconninfoFree(options);
    return patience * hosts;
}

static gw_status poll_connect(struct postgres_session *session)
{
    const int64_t until = postgres_now_ns() + patience_ns(session);
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        struct pollfd socket = { .fd = PQsocket(session->db),
                                 .events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT };
        int ready = poll(&socket, 1, TICK_MS);
        if (postgres_stopped(session))
            return postgres_fail(session, GW_E_CANCELLED, NULL, "cancelled while connecting");
        if (ready <= 0 && postgres_now_ns() > until)
            return postgres_fail(session, GW_E_CONNECT,
                                 "check host and port, and the firewall between; connect_timeout "
                                 "says how long to wait",
                                 "the server does not answer");
        if (ready > 0)
            state = PQconnectPoll(session->db);
        if (state == PGRES_POLLING_FAILED)
            return fail_connect(session);
    }
    return GW_OK;
}

gw_status postgres_connect(struct postgres_session *session)
{
    bool keepalive;
    gw_status status = read_url(session, &keepalive);
    if (status != GW_OK)
        return status;
    session->db = start(session, keepalive, NULL);
    if (!session->db)
        return postgres_fail_memory(session);
    const char *password = PQpass(session->db);
    if (password)
        status = add_secret(session, password, strlen(password));
    if (status == GW_OK && PQstatus(session->db) == CONNECTION_BAD)
        status = fail_connect(session);
    return status == GW_OK ? poll_connect(session) : status;
}
