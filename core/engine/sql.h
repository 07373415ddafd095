/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's own statements: portable SQL, arguments ?1..?n in ascending order, each once. */
#ifndef GW_ENGINE_SQL_H
#define GW_ENGINE_SQL_H

#include "base/arena.h"
#include <godwit/driver.h>
#include <string.h>

enum gw_sql {
    GW_SQL_EPOCH,  /* -> layout, epoch, owner */
    GW_SQL_IDS,    /* -> id, sha256 */
    GW_SQL_ROWS,   /* -> every column but down */
    GW_SQL_ROW,    /* id -> the same */
    GW_SQL_TOKENS, /* id -> token_sha256 */
    GW_SQL_DOWN,   /* id -> codec, down */
    GW_SQL_RECORD, /* insert a revision */
    GW_SQL_FORGET, /* delete one by id */
    GW_SQL_FORGET_ALL,
    GW_SQL_DURATION, /* of one, by id */
    GW_SQL_REPAIR,   /* new text, by id */
    GW_SQL_GUARD,    /* epoch -> true, or the lock is not ours any more */
    GW_SQL_DOING,    /* doing, epoch: the same, and says what is being done */
    GW_SQL_OWNER,    /* -> epoch, owner, host, pid, since, connection, command, doing */
    GW_SQL_OWN,      /* take: epoch + 1, if it still is the one we read */
    GW_SQL_DISOWN,   /* release */
    GW_SQL_JOURNAL,  /* -> all rows, in order */
    GW_SQL_JOURNAL_ADD,
    GW_SQL_JOURNAL_STATE,  /* state and fingerprint of one row */
    GW_SQL_JOURNAL_DROP,   /* one row */
    GW_SQL_JOURNAL_STRIKE, /* all rows */
    GW_SQL_JOURNAL_CLEAR,  /* all rows of a revision and direction */
    GW_SQL_AUDIT,
    GW_SQLS
};

static inline struct gw_cell gw_cell_text(const char *text)
{
    return (struct gw_cell){ .kind = GW_TEXT, .v.s = { text, strlen(text) } };
}

static inline struct gw_cell gw_cell_int(int64_t number)
{
    return (struct gw_cell){ .kind = GW_INT, .v.i = number };
}

static inline struct gw_cell gw_cell_blob(const void *bytes, size_t len)
{
    return (struct gw_cell){ .kind = bytes ? GW_BLOB : GW_NULL, .v.s = { bytes, len } };
}

/* The text of a cell in arena ("" unless it is text), NULL when out of memory. */
static inline const char *gw_cell_copy(struct gw_arena *arena, const struct gw_cell *cell)
{
    return cell->kind == GW_TEXT ? gw_arena_copy(arena, cell->v.s.ptr, cell->v.s.len)
                                 : gw_arena_copy(arena, "", 0);
}

static inline int64_t gw_cell_number(const struct gw_cell *cell)
{
    return cell->kind == GW_INT || cell->kind == GW_BOOL ? cell->v.i : 0;
}

#endif
