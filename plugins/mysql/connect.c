/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <errmsg.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static const unsigned side_timeout_s = 5;

/* The two libraries name the same wishes differently. */
#ifdef MARIADB_PACKAGE_VERSION
static void set_tls(MYSQL *db, const struct my_target *target)
{
    my_bool enforce = target->tls >= MY_TLS_REQUIRED;
    my_bool verify = target->tls >= MY_TLS_VERIFY_CA;
    if (target->tls == MY_TLS_DISABLED) {
        mysql_options(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
        return;
    }
    mysql_ssl_set(db, target->ssl_key, target->ssl_cert, target->ssl_ca, NULL, NULL);
    mysql_options(db, MYSQL_OPT_SSL_ENFORCE, &enforce);
    mysql_options(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

static void set_reconnect(MYSQL *db)
{
    my_bool off = 0;
    mysql_options(db, MYSQL_OPT_RECONNECT, &off);
}

static int socket_of(MYSQL *db)
{
    return (int)mysql_get_socket(db);
}
#else
static void set_tls(MYSQL *db, const struct my_target *target)
{
    static const unsigned modes[] = {
        [MY_TLS_DISABLED] = SSL_MODE_DISABLED,
        [MY_TLS_PREFERRED] = SSL_MODE_PREFERRED,
        [MY_TLS_REQUIRED] = SSL_MODE_REQUIRED,
        [MY_TLS_VERIFY_CA] = SSL_MODE_VERIFY_CA,
        [MY_TLS_VERIFY_IDENTITY] = SSL_MODE_VERIFY_IDENTITY,
    };
    mysql_options(db, MYSQL_OPT_SSL_KEY, target->ssl_key);
    mysql_options(db, MYSQL_OPT_SSL_CERT, target->ssl_cert);
    mysql_options(db, MYSQL_OPT_SSL_CA, target->ssl_ca);
    mysql_options(db, MYSQL_OPT_SSL_MODE, &modes[target->tls]);
}

static void set_reconnect(MYSQL *db)
{
    (void)db; /* off, unless it is switched on, which MySQL 8.0.34 warns of */
}

static int socket_of(MYSQL *db)
{
    return db->net.fd;
}
#endif

int my_socket_of(MYSQL *db)
{
    return socket_of(db);
}

/* A server that is gone without a word is noticed after a minute, not after hours. */
static void keep_alive(MYSQL *db)
{
    static const struct {
        int level, option, value;
    } options[] = {
        { SOL_SOCKET, SO_KEEPALIVE, 1 },          { IPPROTO_TCP, TCP_KEEPIDLE, 20 },
        { IPPROTO_TCP, TCP_KEEPINTVL, 10 },       { IPPROTO_TCP, TCP_KEEPCNT, 4 },
        { IPPROTO_TCP, TCP_USER_TIMEOUT, 60000 },
    };
    int fd = socket_of(db);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (setsockopt(fd, options[i].level, options[i].option, &options[i].value,
                       sizeof options[i].value))
            return; /* a unix socket */
}

static MYSQL *make(const struct my_session *session, bool side)
{
    const struct my_target *target = &session->target;
    unsigned no_local = 0;
    MYSQL *db = mysql_init(NULL);
    if (!db)
        return NULL;
    if (target->default_file)
        mysql_options(db, MYSQL_READ_DEFAULT_FILE, target->default_file);
    if (target->default_file || target->default_group)
        mysql_options(db, MYSQL_READ_DEFAULT_GROUP,
                      target->default_group ? target->default_group : "client");
    mysql_options(db, MYSQL_SET_CHARSET_NAME, target->charset ? target->charset : "utf8mb4");
    mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &target->connect_timeout);
    mysql_options(db, MYSQL_OPT_LOCAL_INFILE, &no_local);
    set_reconnect(db);
    set_tls(db, target);
    if (side) {
        mysql_options(db, MYSQL_OPT_READ_TIMEOUT, &side_timeout_s);
        mysql_options(db, MYSQL_OPT_WRITE_TIMEOUT, &side_timeout_s);
    }
    return db;
}

/* CLIENT_FOUND_ROWS: an UPDATE that finds its row as it is to be has still met exactly one row. */
static bool connect_now(const struct my_session *session, MYSQL *db)
{
    const struct my_target *target = &session->target;
    const char *host = target->host;
    if (!host && !target->default_file && !target->default_group)
        host = "localhost";
    return mysql_real_connect(db, host, target->user, target->password, target->database,
                              target->port, target->socket,
                              CLIENT_FOUND_ROWS | CLIENT_MULTI_RESULTS);
}

/* libmariadb goes on in the clear if the server has no TLS and its certificate need not be verified. */
static bool is_safe(const struct my_session *session, MYSQL *db)
{
    return session->target.tls < MY_TLS_REQUIRED || mysql_get_ssl_cipher(db);
}

MYSQL *my_connect(struct my_session *session)
{
    MYSQL *db = make(session, false);
    if (!db) {
        my_fail_memory(session);
        return NULL;
    }
    if (!connect_now(session, db)) {
        my_fail_server(session, db, (struct gw_str){ 0 });
        session->failure.flags &= ~(uint64_t)GW_ERR_CONN_LOST;
        mysql_close(db);
        return NULL;
    }
    if (!is_safe(session, db)) {
        my_fail(session, GW_E_CONNECT,
                "switch TLS on at the server, or set ssl_mode=preferred in database.url",
                "the server offers no TLS, and ssl_mode wants it");
        mysql_close(db);
        return NULL;
    }
    keep_alive(db);
    return db;
}

MYSQL *my_side(struct my_session *session)
{
    if (session->side && mysql_ping(session->side) == 0)
        return session->side;
    if (session->side)
        mysql_close(session->side);
    session->side = make(session, true);
    if (session->side &&
        (!connect_now(session, session->side) || !is_safe(session, session->side))) {
        mysql_close(session->side);
        session->side = NULL;
    }
    return session->side;
}

MYSQL_RES *my_side_query(struct my_session *session, const char *format, ...)
{
    char sql[2048];
    va_list args;
    MYSQL *side = my_side(session);
    va_start(args, format);
    int len = vsnprintf(sql, sizeof sql, format, args);
    va_end(args);
    if (!side || len < 0 || (size_t)len >= sizeof sql ||
        mysql_real_query(side, sql, (unsigned long)len))
        return NULL;
    return mysql_store_result(side);
}
