/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/state.h"

#include "migration/formats/format.h"
#include "migration/plan.h"
#include "migration/script.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void ids_free(struct gw_state_ids *ids)
{
    gw_buf_free(&ids->bytes);
    ids->ready = false;
}

void gw_state_free(struct gw_state *state)
{
    ids_free(&state->ids);
    gw_vec_free(&state->changed);
    gw_vec_free(&state->reworded);
    gw_arena_free(&state->arena);
}

/* ---- do the tables exist, and at which epoch ---- */

struct epoch_row {
    bool found, owned;
    int64_t layout, epoch;
};

static int epoch_take(void *payload, const struct gw_cell *cells, uint32_t n,
                      struct gw_fault *fault)
{
    struct epoch_row *row = payload;
    (void)fault;
    if (n == 3)
        *row = (struct epoch_row){ true, cells[2].kind == GW_TEXT && cells[2].v.s.len,
                                   gw_cell_number(&cells[0]), gw_cell_number(&cells[1]) };
    return GW_STOP;
}

int gw_state_look(struct gw_state *state, struct gw_session *session, struct gw_fault *fault)
{
    struct epoch_row row = { 0 };
    state->exists = false;
    if (!session->conn) /* an absent database, opened to read */
        return GW_DONE;
    const struct gw_query query = { state->sql[GW_SQL_EPOCH], NULL, 0, 3, epoch_take, &row };
    int code = gw_session_query(session, &query, fault);
    if (code && session->status == GW_E_UNDEFINED) {
        *fault = (struct gw_fault){ 0 };
        return GW_DONE;
    }
    if (code)
        return code;
    if (row.layout > GW_STATE_LAYOUT) {
        gw_fail(fault, GW_USAGE,
                "the state tables have layout %" PRId64 "; this godwit knows layouts up to %d",
                row.layout, GW_STATE_LAYOUT);
        return gw_hint(fault, "use the newer godwit that wrote them");
    }
    state->exists = row.found;
    state->epoch = row.epoch;
    state->owned = row.owned;
    return GW_DONE;
}

int gw_state_create(struct gw_state *state, struct gw_session *session, struct gw_fault *fault)
{
    struct gw_statement statements[GW_STATE_STATEMENTS];
    for (size_t i = 0; i < GW_STATE_STATEMENTS; i++)
        statements[i] =
            (struct gw_statement){ .sql = { state->tables[i], strlen(state->tables[i]) } };
    const struct gw_run run = { .struct_size = sizeof run,
                                .n_statements = GW_STATE_STATEMENTS,
                                .flags = GW_RUN_TX | GW_RUN_RELAXED,
                                .statements = statements };
    int code = gw_session_run(session, &run, NULL, GW_UNCHANGED, fault);
    if (code)
        return gw_fault_prefix(fault, "cannot create the state tables");
    return gw_state_look(state, session, fault);
}

/* ---- what is applied ---- */

struct load {
    struct gw_state *state;
    const struct gw_history *history;
    uint8_t *applied;
    struct gw_arena *arena;
    GW_VEC(const char *) unknown;
    GW_VEC(uint32_t) differing;
};

static int load_take(void *payload, const struct gw_cell *cells, uint32_t n, struct gw_fault *fault)
{
    struct load *load = payload;
    if (n != 2 || cells[0].kind != GW_TEXT)
        return gw_fail(fault, GW_UNCHANGED, "the table %s does not hold what it should",
                       load->state->revision);
    load->state->n_applied++;
    uint32_t at = gw_map_get(&load->history->ids, cells[0].v.s.ptr, cells[0].v.s.len);
    if (at == GW_MAP_NONE) {
        const char *id = gw_cell_copy(load->arena, &cells[0]);
        return id && gw_vec_push(&load->unknown, id) ? GW_DONE : gw_fail_memory(fault);
    }
    const struct gw_revision *revision = &load->history->at[at];
    struct gw_hash stored;
    load->applied[at] = GW_APPLIED;
    if (revision->flags & GW_REV_GHOST)
        return GW_DONE;
    if (cells[1].kind == GW_TEXT &&
        gw_hash_parse(&stored, cells[1].v.s.ptr, cells[1].v.s.len) == 0 &&
        memcmp(&stored, &revision->sha256, sizeof stored) == 0)
        return GW_DONE;
    if (revision->kind != GW_KIND_VERSIONED) {
        load->applied[at] = GW_APPLIED_CHANGED;
        return GW_DONE;
    }
    return gw_vec_push(&load->differing, at) ? GW_DONE : gw_fail_memory(fault);
}

enum {
    IDS_COLUMNS = 2
};
#define IDS_MOST ((size_t)64 << 20) /* more is read when it is needed, row by row */

static int fetch_take(void *payload, const struct gw_cell *cells, uint32_t n,
                      struct gw_fault *fault)
{
    struct gw_state_ids *ids = payload;
    (void)fault;
    ids->ready = n == IDS_COLUMNS;
    for (uint32_t i = 0; i < n && ids->ready; i++) {
        const struct gw_str text = cells[i].kind == GW_TEXT ? cells[i].v.s : (struct gw_str){ 0 };
        gw_buf_add(&ids->bytes, (const char *)&text.len, sizeof text.len);
        gw_buf_add(&ids->bytes, text.ptr, text.len);
        /* What should not be there is for the load to find. */
        ids->ready = cells[i].kind == GW_TEXT && !ids->bytes.failed;
    }
    return ids->ready ? GW_DONE : GW_STOP;
}

int gw_state_fetch(struct gw_state *state, struct gw_session *session, struct gw_fault *fault)
{
    struct gw_state_ids *ids = &state->ids;

    ids_free(ids);
    int code = gw_state_look(state, session, fault);
    if (code || !session->conn)
        return code;
    ids->bytes = GW_BUF(IDS_MOST);
    ids->ready = true;
    const struct gw_query query = { state->sql[GW_SQL_IDS], NULL, 0, IDS_COLUMNS, fetch_take, ids };
    if (state->exists)
        code = gw_session_query(session, &query, fault);
    if (code || !ids->ready)
        ids_free(ids);
    return code;
}

static int take_fetched(struct load *load, struct gw_fault *fault)
{
    struct gw_state_ids *ids = &load->state->ids;
    const char *at = gw_buf_str(&ids->bytes), *end = at + ids->bytes.len;
    int code = GW_DONE;
    while (at < end && !code) {
        struct gw_cell cells[IDS_COLUMNS];
        for (size_t i = 0; i < IDS_COLUMNS; i++) {
            cells[i] = (struct gw_cell){ .kind = GW_TEXT };
            memcpy(&cells[i].v.s.len, at, sizeof cells[i].v.s.len);
            cells[i].v.s.ptr = at + sizeof cells[i].v.s.len;
            at = cells[i].v.s.ptr + cells[i].v.s.len;
        }
        code = load_take(load, cells, IDS_COLUMNS, fault);
    }
    ids_free(ids);
    return code;
}

static int load_ids(struct load *load, struct gw_session *session, struct gw_fault *fault)
{
    load->state->n_applied = 0;
    load->unknown.len = 0;
    load->differing.len = 0;
    load->applied = gw_arena_alloc(load->arena, (size_t)load->history->n + 1);
    if (!load->applied)
        return gw_fail_memory(fault);
    if (load->state->ids.ready)
        return take_fetched(load, fault);
    if (!load->state->exists)
        return GW_DONE;
    const struct gw_query query = {
        load->state->sql[GW_SQL_IDS], NULL, 0, IDS_COLUMNS, load_take, load
    };
    return gw_session_query(session, &query, fault);
}

/* ---- rows ---- */

struct rows {
    gw_applied_take *take;
    void *payload;
};

static int rows_take(void *payload, const struct gw_cell *cells, uint32_t n, struct gw_fault *fault)
{
    const struct rows *rows = payload;
    struct gw_arena arena = { 0 };
    const char *text[16];
    int code = GW_DONE;

    if (n != 16)
        return gw_fail(fault, GW_UNCHANGED, "a revision row has %" PRIu32 " columns, not 16", n);
    for (uint32_t i = 0; i < n && !code; i++)
        if (!(text[i] = gw_cell_copy(&arena, &cells[i])))
            code = gw_fail_memory(fault);
    if (!code) {
        const struct gw_applied_row row = {
            .id = text[0],
            .title = text[1],
            .parents = text[2],
            .depends = text[3],
            .labels = text[4],
            .sha256 = text[5],
            .token_sha256 = text[6],
            .applied_at = text[7],
            .applied_by = text[8],
            .host = text[9],
            .tool = text[10],
            .run = text[11],
            .how = text[12],
            .duration_ns = gw_cell_number(&cells[13]),
            .has_down = text[14][0] != '\0',
            .repeatable = strcmp(text[15], "repeatable") == 0,
            .baseline = strcmp(text[15], "baseline") == 0,
        };
        code = rows->take(rows->payload, &row, fault);
    }
    gw_arena_free(&arena);
    return code;
}

int gw_state_rows(struct gw_state *state, struct gw_session *session, gw_applied_take *take,
                  void *payload, struct gw_fault *fault)
{
    struct rows rows = { take, payload };
    if (!state->exists)
        return GW_DONE;
    const struct gw_query query = { state->sql[GW_SQL_ROWS], NULL, 0, 16, rows_take, &rows };
    return gw_session_query(session, &query, fault);
}

/* ---- ghosts: applied, but no file says so ---- */

struct ghost_list {
    struct gw_arena *arena;
    struct gw_ghost *at;
    size_t n;
};

static int ghost_take(void *payload, const struct gw_applied_row *row, struct gw_fault *fault)
{
    struct ghost_list *list = payload;
    struct gw_ghost *ghost = &list->at[list->n++];
    *ghost = (struct gw_ghost){
        .id = gw_arena_string(list->arena, row->id),
        .title = gw_arena_string(list->arena, row->title),
        .parents = gw_arena_string(list->arena, row->parents),
        .depends = gw_arena_string(list->arena, row->depends),
        .labels = gw_arena_string(list->arena, row->labels),
        .has_down = row->has_down,
        .repeatable = row->repeatable,
        .baseline = row->baseline,
    };
    return ghost->id && ghost->title && ghost->parents && ghost->depends && ghost->labels
               ? GW_STOP /* there is room for one row of each id, whatever the database says */
               : gw_fail_memory(fault);
}

static int load_ghosts(struct load *load, struct gw_session *session, struct gw_history *history,
                       struct gw_fault *fault)
{
    struct ghost_list list = { .arena = load->arena };
    struct rows rows = { ghost_take, &list };

    list.at = gw_arena_array(load->arena, load->unknown.len, sizeof *list.at);
    if (!list.at)
        return gw_fail_memory(fault);
    for (size_t i = 0; i < load->unknown.len; i++) {
        const struct gw_cell id = gw_cell_text(load->unknown.at[i]);
        size_t before = list.n;
        const struct gw_query query = {
            load->state->sql[GW_SQL_ROW], &id, 1, 16, rows_take, &rows
        };
        int code = gw_session_query(session, &query, fault);
        if (code)
            return code;
        if (list.n == before) /* gone meanwhile: another runner reverted it */
            continue;
    }
    load->state->n_ghosts += (uint32_t)list.n;
    return gw_history_add_ghosts(history, list.at, list.n, fault);
}

/* ---- files that changed after they were applied ---- */

struct tokens {
    bool same;
    struct gw_hash now;
};

static int tokens_take(void *payload, const struct gw_cell *cells, uint32_t n,
                       struct gw_fault *fault)
{
    struct tokens *tokens = payload;
    struct gw_hash stored;
    (void)fault;
    tokens->same = n == 1 && cells[0].kind == GW_TEXT &&
                   gw_hash_parse(&stored, cells[0].v.s.ptr, cells[0].v.s.len) == 0 &&
                   memcmp(&stored, &tokens->now, sizeof stored) == 0;
    return GW_STOP;
}

static int load_difference(struct load *load, struct gw_session *session, uint32_t at,
                           struct gw_fault *fault)
{
    struct gw_state *state = load->state;
    struct gw_fault unreadable = { 0 };
    struct tokens tokens = { 0 };
    struct gw_script script;

    /* A file that cannot be read any more has changed for certain. */
    if (gw_script_read(&script, load->history, at, GW_UP, session->driver.dialect, &unreadable) ==
        GW_DONE) {
        const struct gw_cell id = gw_cell_text(load->history->at[at].id);
        tokens.now = script.token_sha256;
        const struct gw_query query = {
            state->sql[GW_SQL_TOKENS], &id, 1, 1, tokens_take, &tokens
        };
        int code = gw_session_query(session, &query, fault);
        if (code) {
            gw_script_free(&script);
            return code;
        }
    }
    gw_script_free(&script);
    bool kept = tokens.same ? gw_vec_push(&state->reworded, at) : gw_vec_push(&state->changed, at);
    return kept ? GW_DONE : gw_fail_memory(fault);
}

/* No tables of ours, but the bookkeeping of the tool whose files these are: running everything again would
 * collide with what that tool did. */
static int foreign_take(void *payload, const struct gw_cell *cells, uint32_t n,
                        struct gw_fault *fault)
{
    (void)cells;
    (void)n;
    (void)fault;
    *(bool *)payload = true;
    return GW_STOP;
}

static int look_foreign(struct gw_state *state, struct gw_session *session,
                        const struct gw_format *format, struct gw_fault *fault)
{
    struct gw_buf sql = GW_BUF_TEXT;
    bool found = false;

    state->foreign[0] = '\0';
    if (state->exists || !session->conn || !format || !format->bookkeeping)
        return GW_DONE;
    gw_buf_text(&sql, "SELECT 1 FROM ");
    int code = gw_session_quote(session, GW_QUOTE_NAME, format->bookkeeping,
                                strlen(format->bookkeeping), &sql, fault);
    if (!code)
        code = gw_session_query(
            session, &(struct gw_query){ gw_buf_str(&sql), NULL, 0, 1, foreign_take, &found },
            fault);
    if (code && session->status == GW_E_UNDEFINED) {
        *fault = (struct gw_fault){ 0 };
        code = GW_DONE;
    }
    if (found)
        snprintf(state->foreign, sizeof state->foreign, "%s", format->name);
    gw_buf_free(&sql);
    return code;
}

int gw_state_load(struct gw_state *state, struct gw_session *session, struct gw_history *history,
                  uint8_t **applied, struct gw_arena *arena, struct gw_fault *fault)
{
    struct load load = { .state = state, .history = history, .arena = arena };

    state->changed.len = 0;
    state->reworded.len = 0;
    int code = state->ids.ready ? GW_DONE : gw_state_look(state, session, fault);
    if (!code)
        code = look_foreign(state, session, history->format, fault);
    if (!code)
        code = load_ids(&load, session, fault);
    if (!code && load.unknown.len) {
        code = load_ghosts(&load, session, history, fault);
        if (!code) /* indices have changed */
            code = load_ids(&load, session, fault);
    }
    for (size_t i = 0; i < load.differing.len && !code; i++)
        code = load_difference(&load, session, load.differing.at[i], fault);
    *applied = load.applied;
    gw_vec_free(&load.unknown);
    gw_vec_free(&load.differing);
    return code;
}
