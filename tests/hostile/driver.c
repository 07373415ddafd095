/* SPDX-License-Identifier: Apache-2.0 */
/* A driver that has SQLite's do its work, but for what HOSTILE asks it to do wrong; by definitions of the build, wrong
 * before any of its code runs. */
#include "deeds.h"
#include "shapes.h"

#include <dlfcn.h>
#include <godwit/driver.h>
#include <stdlib.h>
#include <string.h>

#ifndef NOTE_MAJOR
#define NOTE_MAJOR GW_ABI_MAJOR
#endif
#ifndef NOTE_MINOR
#define NOTE_MINOR 0
#endif

enum {
    CELLS = 20,
    WHOLE_REVISION = 16 /* columns */
};

static const struct gw_host *the_host;
static const struct gw_plugin *real;
static const struct gw_driver *sqlite;

void nobody_has_this(void);

__attribute__((constructor)) static void constructed(void)
{
    gw_status status;
#ifdef UNRESOLVED
    nobody_has_this();
#endif
    misbehave("constructor", NULL, NULL, &status);
}

/* ---- open, close, info ---- */

static gw_status driver_open(struct gw_call *call, const struct gw_open *open, void **conn)
{
    gw_status status;
    if (asked("open", "nothing"))
        return GW_OK;
    if (misbehave("open", the_host, call, &status)) {
        *conn = (void *)8;
        return status;
    }
    return sqlite->open(call, open, conn);
}

static void driver_close(void *conn)
{
    gw_status status;
    misbehave("close", the_host, NULL, &status);
    sqlite->close(conn);
}

static gw_status driver_info(struct gw_call *call, void *conn, const struct gw_fields_out *out)
{
    static char huge[1 << 20];
    struct gw_field field = { GW_S("database"), { .kind = GW_TEXT, .v.s = { NULL, 5 } } };
    gw_status status;

    if (misbehave("info", the_host, call, &status))
        return status;
    status = sqlite->info(call, conn, out);
    if (asked("info", "null_text"))
        return out->field(call, &field);
    if (asked("info", "null_key")) {
        field.key.ptr = NULL;
        return out->field(call, &field);
    }
    if (asked("info", "null_field"))
        return out->field(call, NULL);
    if (asked("info", "huge")) {
        memset(huge, '\xff', sizeof huge);
        field.val.v.s = (struct gw_str){ huge, sizeof huge };
        return out->field(call, &field);
    }
    return status;
}

/* ---- split ---- */

static gw_status driver_split(struct gw_call *call, void *conn, struct gw_str script,
                              const struct gw_split_out *out)
{
    gw_status status;
    if (misbehave("split", the_host, call, &status))
        return status;
    if (asked("split", "backwards"))
        return out->statement(call, script.len / 2, 1, 0);
    if (asked("split", "outside"))
        return out->statement(call, 0, script.len + 1, 0);
    if (asked("split", "far"))
        return out->statement(call, UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1, 0);
    if (asked("split", "overlap")) {
        out->statement(call, 0, 3, 0);
        out->statement(call, 1, 4, 0);
        /* and goes on, though it was told to stop */
        return out->statement(call, 4, UINT64_MAX, 0);
    }
    if (asked("split", "flags"))
        return out->statement(call, 0, script.len, UINT64_MAX);
    return sqlite->split(call, conn, script, out);
}

/* ---- run ---- */

/* "work" runs what a migration's author wrote, "run" what the host did: the epoch, the journal. */
static const char *kind_of(const struct gw_run *run)
{
    for (uint32_t i = 0; i < run->n_statements; i++)
        if (run->statements[i].flags & GW_STMT_USER)
            return "work";
    return "run";
}

static gw_status driver_run(struct gw_call *call, void *conn, const struct gw_run *run,
                            const struct gw_run_out *out)
{
    const char *kind = kind_of(run);
    gw_status status;

    if (misbehave(kind, the_host, call, &status))
        return status;
    if (asked(kind, "nothing"))
        return GW_OK;
    if (asked(kind, "range")) {
        out->done(call, UINT32_MAX, 1, 0);
        out->done(call, run->n_statements, -5, INT64_MIN);
        return GW_OK;
    }
    if (asked(kind, "lies")) {
        for (uint32_t i = 0; i < run->n_statements; i++)
            out->done(call, i, 1, 0);
        return GW_OK;
    }
    status = sqlite->run(call, conn, run, out);
    if (asked(kind, "twice"))
        out->done(call, 0, 1, 0);
    if (asked(kind, "fails_late") && status == GW_OK)
        return GW_E_IO;
    if (asked(kind, "exit_late"))
        exit(0);
    return status;
}

static gw_status driver_flush(struct gw_call *call, void *conn)
{
    gw_status status;
    return misbehave("flush", the_host, call, &status) ? status : sqlite->flush(call, conn);
}

/* ---- query ---- */

/* A row of n cells, each of them like `cell`. */
static gw_status give_row(struct gw_call *call, const struct gw_rows_out *out, struct gw_cell cell,
                          uint32_t n)
{
    struct gw_cell cells[CELLS];
    struct gw_column columns[CELLS];
    memset(columns, 0, sizeof columns);
    for (size_t i = 0; i < CELLS; i++)
        cells[i] = cell;
    out->columns(call, columns, n);
    out->row(call, cells, n);
    return out->row(call, cells, n); /* once more, whatever it was told */
}

/* Gives each whole row of a revision a thousand times. */
static const struct gw_rows_out *echoed;

static gw_status echo_columns(struct gw_call *call, const struct gw_column *columns, uint32_t n)
{
    return echoed->columns(call, columns, n);
}

static gw_status echo_row(struct gw_call *call, const struct gw_cell *cells, uint32_t n)
{
    for (int i = 0; i < 1000 && n == WHOLE_REVISION; i++)
        echoed->row(call, cells, n);
    return echoed->row(call, cells, n);
}

static gw_status driver_query(struct gw_call *call, void *conn, const struct gw_statement *question,
                              const struct gw_rows_out *out)
{
    static const struct {
        const char *deed;
        struct gw_cell cell;
        uint32_t n; /* 0: as many as were asked for, more or less */
    } rows[] = {
        { "null_text", { .kind = GW_TEXT, .v.s = { NULL, 5 } }, 3 },
        { "null_blob", { .kind = GW_BLOB, .v.s = { NULL, SIZE_MAX } }, 2 },
        { "long_text", { .kind = GW_TEXT, .v.s = { "x", (size_t)1 << 62 } }, 3 },
        { "kind", { .kind = 99, .v.i = 1 }, 3 },
        { "few", { .kind = GW_INT, .v.i = 1 }, 1 },
        { "many", { .kind = GW_INT, .v.i = 1 }, CELLS },
        { "none", { .kind = GW_INT, .v.i = 1 }, 0 },
    };
    gw_status status;

    if (misbehave("query", the_host, call, &status))
        return status;
    if (asked("query", "null_cells")) {
        out->columns(call, NULL, 3);
        return out->row(call, NULL, 3);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (asked("query", rows[i].deed))
            return give_row(call, out, rows[i].cell, rows[i].n);
    static const struct gw_rows_out echo = { sizeof echo, 0, echo_columns, echo_row };
    echoed = out;
    return sqlite->query(call, conn, question, asked("query", "echo") ? &echo : out);
}

/* ---- lock, quote ---- */

static gw_status driver_lock(struct gw_call *call, void *conn, struct gw_str name)
{
    gw_status status;
    return misbehave("lock", the_host, call, &status) ? status : sqlite->lock(call, conn, name);
}

static gw_status driver_unlock(struct gw_call *call, void *conn, struct gw_str name)
{
    gw_status status;
    return misbehave("unlock", the_host, call, &status) ? status : sqlite->unlock(call, conn, name);
}

static gw_status driver_holds(struct gw_call *call, void *conn, struct gw_str name)
{
    gw_status status;
    return misbehave("holds", the_host, call, &status) ? status : sqlite->holds(call, conn, name);
}

static gw_status driver_quote(struct gw_call *call, void *conn, uint32_t kind, struct gw_str text,
                              const struct gw_text_out *out)
{
    static const char piece[1 << 16];
    gw_status status;

    if (misbehave("quote", the_host, call, &status))
        return status;
    if (asked("quote", "null_text"))
        return out->text(call, (struct gw_str){ NULL, 5 });
    for (int i = 0; asked("quote", "flood") && i < 1000; i++)
        out->text(call, (struct gw_str){ piece, sizeof piece });
    return sqlite->quote(call, conn, kind, text, out);
}

/* ---- what it says of itself ---- */

static gw_status driver_init(struct gw_call *call, const struct gw_host *host)
{
    gw_status status;
    the_host = host;
    return misbehave("init", host, call, &status) ? status : real->init(call, host);
}

static void driver_fini(void)
{
    gw_status status;
    misbehave("fini", the_host, NULL, &status);
}

static void wrap(struct shape *shape)
{
    struct gw_driver *driver = &shape->driver.driver;

    shape->plugin.plugin = *real;
    shape->plugin.plugin.id = "org.example.hostile";
    shape->plugin.plugin.abi_major = NOTE_MAJOR;
    shape->plugin.plugin.abi_minor = NOTE_MINOR;
    shape->plugin.plugin.init = driver_init;
    shape->plugin.plugin.fini = driver_fini;
    *driver = *sqlite;
    driver->open = driver_open;
    driver->close = driver_close;
    driver->info = driver_info;
    driver->split = driver_split;
    driver->run = driver_run;
    driver->flush = driver_flush;
    driver->query = driver_query;
    driver->lock = driver_lock;
    driver->unlock = driver_unlock;
    driver->holds = driver_holds;
    driver->quote = driver_quote;
    for (size_t i = 0; real->provides[i].id && i + 1 < SHAPE_INTERFACES; i++)
        shape->provides[i] = real->provides[i];
    shape->provides[0].vtable = driver;
    shape->plugin.plugin.provides = shape->provides;
}

#ifdef NO_ENTRY
#define godwit_plugin_v1 entry_of_another_name
GW_EXPORT const struct gw_plugin *godwit_plugin_v1(void);
#endif
const struct gw_plugin *godwit_plugin_v1(void)
{
    static struct shape shape;
    const struct gw_plugin *(*entry)(void);
    gw_status status;

    misbehave("entry", NULL, NULL, &status);
    if (asked("entry", "null"))
        return NULL;
    void *object = dlopen(getenv("HOSTILE_REAL"), RTLD_NOW | RTLD_LOCAL);
    void *symbol = object ? dlsym(object, "godwit_plugin_v1") : NULL;
    if (!symbol)
        return NULL;
    memcpy(&entry, &symbol, sizeof entry);
    real = entry();
    sqlite = real->provides[0].vtable;
    wrap(&shape);
    bend(&shape);
    return &shape.plugin.plugin;
}

#ifdef SECOND_EXPORT
GW_EXPORT const struct gw_plugin *godwit_plugin_v2(void);
GW_EXPORT const struct gw_plugin *godwit_plugin_v2(void)
{
    return NULL;
}
#endif

#ifndef NO_NOTE
__attribute__((section(GW_NOTE_SECTION), used, aligned(4))) static const struct gw_note note = {
    7, 12, GW_NOTE_TYPE, GW_NOTE_NAME, NOTE_MAJOR, NOTE_MINOR, GW_KIND_DRIVER, 0
};
#endif
