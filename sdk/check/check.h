/* SPDX-License-Identifier: 0BSD */
/* godwit-plugin-check: the parts of a run. Each case runs in a process of its own, in which the plugin is
 * loaded for it alone; what it finds goes through memory that both processes share. */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <godwit/backup.h>
#include <godwit/driver.h>
#include <godwit/driver_progress.h>
#include <godwit/driver_recover.h>
#include <godwit/hook.h>
#include <godwit/plugin.h>
#include <godwit/validator.h>
#include <stdbool.h>

#define CHECK_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define CHECK_COUNT(table) (sizeof(table) / sizeof(table)[0])

/* What the command line says. */
struct check_settings {
    const char *file;
    const char *url;            /* of a real database, for drivers; NULL: none */
    const char *only;           /* cases whose name begins so; NULL: all */
    const char *const *options; /* "KEY=VALUE" */
    size_t n_options;
    int timeout_ms; /* of one case */
    bool json;
};

enum check_state {
    CHECK_RUNNING = 0, /* as the child leaves it if it ends in the middle */
    CHECK_PASSED,
    CHECK_FAILED,
    CHECK_SKIPPED
};

/* Shared with the parent, who believes none of it. */
struct check_verdict {
    int state;
    uint32_t kinds;
    char entry[64];    /* the plugin's function that runs, or is run; "" outside of one */
    char reason[1024]; /* the first failure, or why it is skipped */
};

/* A plugin, loaded. */
struct check_plugin {
    const struct gw_plugin *theirs;
    struct gw_plugin descriptor; /* copies, zero-filled */
    struct gw_validator validator;
    struct gw_backup backup;
    struct gw_hook hook;
    struct gw_driver driver;
    uint32_t kinds; /* GW_KIND_* that it provides */
};

enum check_values { /* what options are given */
    CHECK_DEFAULTS,
    CHECK_MINIMUM,
    CHECK_MAXIMUM,
    CHECK_NOTHING, /* GW_NULL for each */
    CHECK_VALUES
};

/* One case, in its own process. */
struct check {
    const struct check_settings *settings;
    struct check_verdict *verdict;
    struct check_plugin plugin;
    struct gw_cell *cells; /* of options, n_options of the schema */
    const char *folder;    /* empty, its own */
    bool bare;             /* the host has no services */
    bool broken;           /* its services fail */
};

struct check_case {
    const char *name;
    const char *what;
    uint32_t kinds; /* that it is for */
    bool live;      /* a driver needs --url for it */
    bool gate;      /* if it fails, the cases behind it are left out */
    void (*run)(struct check *);
};
extern const struct check_case check_cases[]; /* ends with a NULL name */

/* Records the first failure of the case. */
void check_fail(struct check *check, const char *format, ...) CHECK_PRINTF(2, 3);
void check_skip(struct check *check, const char *why);
bool check_failed(const struct check *check);

/* ---- load.c ---- */
bool check_load(struct check *check);
/* The ith option of the schema, whatever its stride. */
void check_option(const struct gw_plugin *plugin, uint32_t i, struct gw_option *out);
/* A text of the default or of the command line, as the host would turn it into a cell. */
bool check_coerce(const struct gw_option *option, const char *text, struct gw_cell *out);
bool check_utf8(const char *text, size_t len);

/* ---- runner.c ---- */
/* 0 all cases passed, 1 some did not, 2 nothing could be run. */
int check_run(const struct check_settings *settings);

#endif
