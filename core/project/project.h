/* SPDX-License-Identifier: Apache-2.0 */
/* plugins.conf -> one typed, validated project. libconfig stays inside this folder. */
#ifndef GW_PROJECT_PROJECT_H
#define GW_PROJECT_PROJECT_H

#include "base/arena.h"
#include "base/buf.h"
#include <godwit/base.h>
#include <stdbool.h>

/* A value as written in the file, for the plugin that owns the key to coerce. */
struct gw_setting {
    const char *key;
    struct gw_cell value; /* GW_BOOL, GW_INT, GW_REAL or GW_TEXT */
    unsigned line;        /* 0: not from the file */
    bool from_env;        /* ${NAME} took part: never shown */
};

struct gw_settings {
    struct gw_setting *at;
    size_t n;
};

struct gw_texts {
    struct gw_str *at; /* each ends with a NUL */
    size_t n;
};

struct gw_plugin_entry { /* one of plugins = ( ... ) */
    const char *name;
    const char *path; /* absolute; NULL: bundled, found by name */
    /* Pins: what the file must be. NULL: none. */
    const char *sha256;      /* 64 hex digits */
    const char *public_key;  /* Ed25519: 64 hex digits or base64 */
    const char *signature;   /* absolute path of a detached signature; NULL: path with ".sig" */
    const char *isolate;     /* "process", "none" or NULL */
    int64_t timeout_ns;      /* 0: not set */
    int64_t memory;          /* bytes that a process of its own may have; 0: not set */
    struct gw_texts secrets; /* names that it may ask for */
    struct gw_settings options;
    unsigned line;
};

enum gw_durability {
    GW_DURABLE_RUN,     /* each revision atomic, the run durable when it ends */
    GW_DURABLE_REVISION /* each revision durable before the next begins */
};

/* One line of `config show`. */
struct gw_project_value {
    const char *key;    /* "database.url", "plugins.webhook.options.url" */
    const char *shown;  /* secrets replaced; NULL: not set */
    const char *source; /* "plugins.conf:3", "plugins.conf:3 and the environment", "default" */
};

struct gw_project {
    struct gw_arena arena;   /* owns everything below */
    const char *file;        /* path of plugins.conf as found; NULL: built-in defaults, no file */
    bool named;              /* the caller named that file: --config or GODWIT_CONFIG */
    const char *folder;      /* of that file; relative paths count from here. "." if none */
    const char *environment; /* NULL: none chosen */
    struct {
        const char *backend; /* "sqlite" */
        const char *url;     /* ${} resolved; may hold a password: never print, use url_shown */
        const char *url_shown;
        struct gw_texts session;    /* SQL for each session */
        struct gw_settings options; /* for the driver plugin */
        unsigned line;
    } database;
    struct {
        const char *directory;   /* openable from the working directory */
        const char *schema;      /* NULL: none configured */
        const char *format;      /* NULL: detect */
        struct gw_texts ignore;  /* patterns of files and folders that are passed over */
        struct gw_settings vars; /* text; placeholders of migration files */
        const char
            *placeholders; /* Flyway's files: "off", or "name" and what stands around it; NULL:
                                     "${name}" */
    } migrations;
    struct {
        enum gw_durability durability; /* default run */
        int64_t lock_wait_ns;          /* how long to wait for the migration lock; default 10 s */
        const char *state_schema; /* where the state tables live; NULL: the database's default */
    } engine;
    struct {
        bool require_pins; /* a plugin that is not bundled needs a pin */
    } plugin_policy;
    struct gw_plugin_entry *plugins;
    size_t n_plugins;
    const char *editor;              /* GODWIT_EDITOR, VISUAL or EDITOR; "vi" */
    struct gw_project_value *values; /* every effective value, in the order of the documentation */
    size_t n_values;
};

struct gw_project_where {
    const char *config; /* --config, NULL: GODWIT_CONFIG, then upwards from the working directory */
    const char *environment; /* --environment, NULL: GODWIT_ENVIRONMENT */
};

/* What the chosen environment says wins key by key: text and lists as a whole, options and vars by their own
 * keys, plugins by name. Naming another database.backend there also drops url, session and options of the
 * database outside of it: they were written for the other one.
 * GW_USAGE on any mistake, with file and line. *out is to be freed in any case. */
int gw_project_load(struct gw_project *out, const struct gw_project_where *where,
                    struct gw_fault *fault);
/* The same from text, for tests and fuzzing; name stands for the file in messages. */
int gw_project_parse(struct gw_project *out, const char *text, size_t len, const char *name,
                     const char *environment, struct gw_fault *fault);
void gw_project_free(struct gw_project *project);

/* One line a value: key, value, where it came from. No secret. */
void gw_project_show(struct gw_buf *out, const struct gw_project *project);

/* path if it is absolute, else below folder made absolute; in arena, NULL when out of memory. A folder that
 * does not exist is left as it is: whoever opens the path says so. */
const char *gw_path_absolute(struct gw_arena *arena, const char *folder, const char *path);

/* Names of plugins, and so database.backend: [a-z0-9][a-z0-9_-]*, at most 64 bytes. */
bool gw_plugin_name_valid(const char *name);
/* Does a key of that name mostly hold a secret ("password", "api_key", ...)? Without regard to case. */
bool gw_name_is_secret(const char *name, size_t len);
/* A copy of url in arena without its secrets; NULL when out of memory. written is url as it stands in the
 * file, with ${NAME} in it, or NULL if nothing of it came from the environment. */
const char *gw_url_shown(struct gw_arena *arena, const char *url, const char *written);

#endif
