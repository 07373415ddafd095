/* SPDX-License-Identifier: Apache-2.0 */
/* database.url: mysql://user:password@host:port/database?parameter=value&... */
#ifndef MYSQL_URL_H
#define MYSQL_URL_H

#include "base/arena.h"

#include <godwit/driver.h>

enum my_tls {
    MY_TLS_DISABLED,
    MY_TLS_PREFERRED,
    MY_TLS_REQUIRED,
    MY_TLS_VERIFY_CA,
    MY_TLS_VERIFY_IDENTITY
};

struct my_target { /* NULL where the URL is silent; in the arena given */
    const char *user, *password, *host, *database;
    const char *socket, *ssl_ca, *ssl_cert, *ssl_key, *charset, *default_file, *default_group;
    unsigned port;
    unsigned connect_timeout; /* seconds */
    enum my_tls tls;
};

/* The text of a failure never holds a part of the URL but a parameter's name: the rest may be a password. */
gw_status my_url_read(struct gw_call *call, const struct gw_host *host, struct gw_str url,
                      struct gw_arena *arena, struct my_target *out);

#endif
