/* SPDX-License-Identifier: Apache-2.0 */
/* The statement journal as a hostile database could hold it: rows of cells, written here as a JSON array of
 * arrays (a string with "\u0000" in front is a blob). What is accepted must be in order and in range. */
#include "engine/journal.h"

#include <assert.h>
#include <jansson.h>

enum {
    COLUMNS_MOST = 16
};

static struct gw_cell cell_of(const json_t *value)
{
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);

    if (text && len && text[0] == '\0')
        return (struct gw_cell){ .kind = GW_BLOB, .v.s = { text + 1, len - 1 } };
    if (text)
        return (struct gw_cell){ .kind = GW_TEXT, .v.s = { text, len } };
    if (json_is_integer(value))
        return (struct gw_cell){ .kind = GW_INT, .v.i = json_integer_value(value) };
    if (json_is_real(value))
        return (struct gw_cell){ .kind = GW_REAL, .v.f = json_real_value(value) };
    if (json_is_boolean(value))
        return (struct gw_cell){ .kind = GW_BOOL, .v.i = json_is_true(value) };
    return (struct gw_cell){ .kind = GW_NULL };
}

static void check(const struct gw_journal *journal)
{
    struct gw_buf text = GW_BUF_TEXT;
    uint32_t before = 0;

    for (size_t i = 0; i < journal->rows.len; i++) {
        const struct gw_journal_row *row = &journal->rows.at[i];
        assert(row->number > before && row->number <= row->total);
        assert(gw_journal_find(journal, row->number) == row);
        before = row->number;
    }
    assert(gw_journal_done(journal) <= journal->rows.len);
    gw_journal_text(&text, journal);
    gw_buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *rows = json_loadb((const char *)data, size, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    struct gw_journal journal = { 0 };
    struct gw_fault fault = { 0 };

    for (size_t i = 0; i < json_array_size(rows) && !fault.code; i++) {
        const json_t *row = json_array_get(rows, i);
        struct gw_cell cells[COLUMNS_MOST];
        size_t n = json_array_size(row) < COLUMNS_MOST ? json_array_size(row) : COLUMNS_MOST;
        for (size_t c = 0; c < n; c++)
            cells[c] = cell_of(json_array_get(row, c));
        gw_journal_take(&journal, cells, (uint32_t)n, &fault);
    }
    check(&journal);
    gw_journal_free(&journal);
    json_decref(rows);
    return 0;
}
