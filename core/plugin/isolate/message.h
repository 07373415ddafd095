/* SPDX-License-Identifier: Apache-2.0 */
/* The messages between godwit and the process of a plugin: what each frame's payload holds. Every gw_put_... has its
 * gw_take_..., which both sides use; texts and arrays of what was taken lie in the payload and in the arena.
 *
 *   godwit                         plugin
 *   HELLO                       -> READY | REFUSED
 *   INIT, OPEN, CHECK, ...      -> (LOG | PROGRESS | question)* RETURN
 *   answer to a question        <- FINDING, FILE, ..., QUERY, ...
 *   ROWS, TEXT, ... of a query  -> TAKEN
 *   CANCEL, REFUSED_SINK at any time
 */
#ifndef GW_PLUGIN_ISOLATE_MESSAGE_H
#define GW_PLUGIN_ISOLATE_MESSAGE_H

#include "base/arena.h"
#include "plugin/call.h"
#include "plugin/hook_abi.h"
#include "plugin/isolate/frame.h"
#include <godwit/backup.h>
#include <godwit/host_migrations.h>
#include <godwit/plugin.h>
#include <godwit/validator.h>

enum gw_message {
    /* from godwit: calls */
    GW_MSG_HELLO = 1,
    GW_MSG_INIT,
    GW_MSG_FINI,
    GW_MSG_OPEN,
    GW_MSG_CLOSE,
    GW_MSG_CHECK,
    GW_MSG_HANDLE,
    GW_MSG_TAKE,
    GW_MSG_RESTORE,
    GW_MSG_VERIFY,
    GW_MSG_DISCARD,
    /* from godwit: during a call */
    GW_MSG_CANCEL = 32, /* int: GW_E_CANCELLED or GW_E_TIMEOUT */
    GW_MSG_SINK_SAYS,   /* int: what a sink returned that the plugin did not wait for */
    GW_MSG_ANSWER,      /* int: status of what was asked; NEXT_FILE: and the name */
    GW_MSG_DATA,        /* raw: bytes of a READ */
    GW_MSG_COLUMNS,     /* of a QUERY */
    GW_MSG_ROWS,        /* count of rows, then each as cells */
    GW_MSG_FIELDS,      /* of an INFO */
    GW_MSG_MIGRATIONS,  /* count of migrations */
    GW_MSG_TEXT,        /* bytes: a piece */
    /* from the plugin */
    GW_MSG_READY = 64,
    GW_MSG_REFUSED, /* int, text, text: code, message and hint of a fault */
    GW_MSG_RETURN,  /* int; with a negative one: error or nothing */
    GW_MSG_LOG,
    GW_MSG_PROGRESS,
    /* from the plugin: questions that it waits for */
    GW_MSG_FINDING = 96,
    GW_MSG_FILE,
    GW_MSG_ARTIFACT,
    GW_MSG_NEXT_FILE,
    GW_MSG_READ, /* word: room */
    GW_MSG_QUERY,
    GW_MSG_QUOTE,
    GW_MSG_INFO,
    GW_MSG_LIST,
    GW_MSG_MIGRATION_TEXT,
    GW_MSG_SECRET,
    GW_MSG_TAKEN, /* int: what the receiver returned for a COLUMNS, ROWS, ... */
    GW_MSG_WRITE  /* raw: bytes of a backup's file; nobody waits for an answer */
};

enum {
    GW_PROTOCOL = 1,
    GW_TEXT_SHORT = 1024,      /* names, ids */
    GW_TEXT_LONG = 65536,      /* messages, hints, locators */
    GW_TEXT_HUGE = 8 << 20,    /* SQL of a plugin, what an artifact remembers */
    GW_ENTRIES_MOST = 1 << 20, /* of any list */
    GW_CHUNK = 256 << 10       /* bytes of a backup in one frame: what a processor's cache holds */
};

struct gw_hello {            /* what the process of a plugin has to know before it loads it */
    const char *name, *path; /* path: for messages; the bytes are on GW_HOST_IMAGE */
    int64_t parent;          /* process number */
    int64_t memory;          /* bytes of address space; 0: no limit */
    int64_t cpu_s, files;
    uint32_t kinds;
    uint16_t abi_major, abi_minor;
};
void gw_put_hello(struct gw_buf *out, const struct gw_hello *hello);
void gw_take_hello(struct gw_items *items, struct gw_hello *out);

/* Only what the vtables of this godwit have; the slots that are there as bits. */
enum {
    GW_SLOT_OPEN = 1 << 0,
    GW_SLOT_CLOSE = 1 << 1,
    GW_SLOT_CHECK = 1 << 2,
    GW_SLOT_HANDLE = 1 << 3,
    GW_SLOT_TAKE = 1 << 4,
    GW_SLOT_RESTORE = 1 << 5,
    GW_SLOT_VERIFY = 1 << 6,
    GW_SLOT_DISCARD = 1 << 7
};
struct gw_described {        /* a plugin as its process tells of it */
    struct gw_plugin plugin; /* texts, options; provides: ids with NULL vtables; no init, no fini */
    struct gw_validator validator; /* phases, rules; struct_size 0: none */
    struct gw_backup backup;       /* caps */
    struct gw_hook hook;           /* events */
    uint32_t slots[3];             /* of these three */
};
void gw_put_described(struct gw_buf *out, const struct gw_described *plugin);
void gw_take_described(struct gw_items *items, struct gw_arena *arena, struct gw_described *out);

void gw_put_cells(struct gw_buf *out, const struct gw_cell *cells, uint32_t n);
const struct gw_cell *gw_take_cells(struct gw_items *items, struct gw_arena *arena, uint32_t *n);
void gw_put_fields(struct gw_buf *out, const struct gw_field *fields, uint32_t n);
const struct gw_field *gw_take_fields(struct gw_items *items, struct gw_arena *arena, uint32_t *n);
void gw_put_columns(struct gw_buf *out, const struct gw_column *columns, uint32_t n);
const struct gw_column *gw_take_columns(struct gw_items *items, struct gw_arena *arena,
                                        uint32_t *n);

/* The failure that was recorded in call, or nothing. */
void gw_put_error(struct gw_buf *out, const struct gw_call *call);
bool gw_take_error(struct gw_items *items, struct gw_error *out);

void gw_put_setup(struct gw_buf *out, const struct gw_setup *setup);
void gw_take_setup(struct gw_items *items, struct gw_arena *arena, struct gw_setup *out);
void gw_put_subject(struct gw_buf *out, const struct gw_subject *subject);
void gw_take_subject(struct gw_items *items, struct gw_arena *arena, struct gw_subject *out);
void gw_put_finding(struct gw_buf *out, const struct gw_finding *finding);
void gw_take_finding(struct gw_items *items, struct gw_finding *out);
void gw_put_event(struct gw_buf *out, const struct gw_hook_event *event);
void gw_take_event(struct gw_items *items, struct gw_arena *arena, struct gw_hook_event *out);
void gw_put_target(struct gw_buf *out, const struct gw_target *target);
void gw_take_target(struct gw_items *items, struct gw_arena *arena, struct gw_target *out);
void gw_put_artifact(struct gw_buf *out, const struct gw_artifact *artifact);
void gw_take_artifact(struct gw_items *items, struct gw_artifact *out);
void gw_put_migration(struct gw_buf *out, const struct gw_migration *migration);
void gw_take_migration(struct gw_items *items, struct gw_arena *arena, struct gw_migration *out);

#endif
