/* SPDX-License-Identifier: 0BSD */
/* What the host gives to a plugin. */
#ifndef GODWIT_HOST_H
#define GODWIT_HOST_H

#include <godwit/base.h>
#include <godwit/status.h>

GW_C_BEGIN

/* One call from host to plugin: error slot, log scope, deadline, cancel flag. Opaque, owned by the
 * host, valid until the call returns, and to be passed to every host function during it. */
struct gw_call;

/* gw_error.flags */
enum {
    GW_ERR_RETRYABLE = 1 << 0, /* the same call may succeed later */
    /* more than the failed unit was undone: relaxed units before it are gone too */
    GW_ERR_TX_ABORTED = 1 << 1,
    GW_ERR_CONN_LOST = 1 << 2,
    GW_ERR_UNKNOWN_OUTCOME = 1 << 3 /* the commit was under way; only the database knows */
};

struct gw_error {
    uint32_t struct_size;
    gw_status code;
    char sqlstate[8]; /* NUL-terminated; empty where the database has none */
    int64_t native;   /* the database's own number; 0 if it has none */
    uint64_t flags;
    uint64_t begin; /* byte range in the text that failed; begin == end == 0 if unknown */
    uint64_t end;
    struct gw_str message; /* lower case, no full stop; never a secret */
    struct gw_str detail;
    struct gw_str hint; /* what the user can do */
};

enum {
    GW_LOG_DEBUG = 0,
    GW_LOG_INFO = 1,
    GW_LOG_WARN = 2,
    GW_LOG_ERROR = 3
};

struct gw_host {
    uint32_t struct_size;
    uint16_t abi_major;
    uint16_t abi_minor;
    struct gw_str program; /* "godwit" */
    struct gw_str version;
    /* Writes one line to the event stream. The text is copied. */
    void (*log)(struct gw_call *, int32_t level, struct gw_str text);
    /* Records why this call fails; copies; returns error->code, so `return host->fail(call, &e);`.
     * A failure that returns without it is reported as the plugin's fault. */
    gw_status (*fail)(struct gw_call *, const struct gw_error *error);
    /* Non-zero once the call is cancelled or past its deadline. Cheap: poll it. */
    int32_t (*stopped)(struct gw_call *);
    /* How far a long piece of work is; total 0 if unknown. Cheap: the host thins it out. */
    void (*progress)(struct gw_call *, uint64_t done, uint64_t total, struct gw_str what);
    /* A further service by id, or NULL. */
    const void *(*service)(const struct gw_host *, const char *id);
};

GW_C_END

#endif
