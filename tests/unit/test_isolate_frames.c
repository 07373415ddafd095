/* SPDX-License-Identifier: Apache-2.0 */
/* The frames between godwit and a plugin's process: what is written is what is read, and nothing else is. */
#include "plugin/isolate/message.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_heads(void **state)
{
    const struct gw_frame frame = { 0x1234, 1, 0xDEADBEEF, { NULL, 5 } };
    char bytes[GW_FRAME_HEAD + 5] = { 0 };
    struct gw_frame read;
    (void)state;
    gw_frame_head(bytes, &frame);
    assert_memory_equal(bytes, "\5\0\0\0\x34\x12\1\0\xEF\xBE\xAD\xDE", GW_FRAME_HEAD);
    for (size_t len = 0; len < sizeof bytes; len++)
        assert_int_equal(gw_frame_read(&read, bytes, len), GW_FRAME_PART);
    assert_int_equal(gw_frame_read(&read, bytes, sizeof bytes), GW_FRAME_WHOLE);
    assert_int_equal(read.type, frame.type);
    assert_int_equal(read.flags, 1);
    assert_int_equal(read.id, frame.id);
    assert_int_equal(read.payload.len, 5);
    assert_ptr_equal(read.payload.ptr, bytes + GW_FRAME_HEAD);
    memcpy(bytes, "\1\0\0\1", 4); /* a byte more than the most */
    assert_int_equal(gw_frame_read(&read, bytes, GW_FRAME_HEAD), GW_FRAME_WRONG);
    memcpy(bytes, "\0\0\0\1", 4);
    assert_int_equal(gw_frame_read(&read, bytes, GW_FRAME_HEAD), GW_FRAME_PART);
}

static struct gw_items items_of(const struct gw_buf *buf)
{
    return gw_items_of((struct gw_str){ gw_buf_str(buf), buf->len });
}

static void test_items(void **state)
{
    struct gw_buf buf = GW_BUF_TEXT;
    (void)state;
    gw_put_int(&buf, INT64_MIN);
    gw_put_word(&buf, UINT64_MAX);
    gw_put_real(&buf, -0.5);
    gw_put_text(&buf, (struct gw_str)GW_S("gr\xC3\xBC\xC3\x9F"), 100);
    gw_put_string(&buf, NULL);
    gw_put_string(&buf, "");
    gw_put_bytes(&buf, (struct gw_str){ "\0\xFF", 2 });
    struct gw_items items = items_of(&buf);
    assert_true(gw_take_int(&items, INT64_MIN, 0) == INT64_MIN);
    assert_true(gw_take_word(&items) == UINT64_MAX);
    assert_true(gw_take_real(&items) == -0.5);
    assert_string_equal(gw_take_text(&items, 100).ptr, "gr\xC3\xBC\xC3\x9F");
    assert_null(gw_take_string(&items, 100));
    assert_string_equal(gw_take_string(&items, 100), "");
    assert_memory_equal(gw_take_bytes(&items, 2).ptr, "\0\xFF", 3);
    assert_true(gw_items_end(&items));

    /* Cut off anywhere, it is wrong, and never read beyond. */
    for (size_t len = 0; len < buf.len; len++) {
        char *exact = malloc(len + 1);
        memcpy(exact, buf.data, len);
        items = gw_items_of((struct gw_str){ exact, len });
        gw_take_int(&items, INT64_MIN, INT64_MAX);
        gw_take_word(&items);
        gw_take_real(&items);
        gw_take_text(&items, 100);
        gw_take_string(&items, 100);
        gw_take_string(&items, 100);
        gw_take_bytes(&items, 2);
        assert_false(gw_items_end(&items));
        free(exact);
    }
    gw_buf_free(&buf);
}

static void test_refused(void **state)
{
    struct gw_buf buf = GW_BUF_TEXT;
    (void)state;
    gw_put_int(&buf, 5);
    struct gw_items items = items_of(&buf);
    assert_int_equal(gw_take_int(&items, 6, 9), 0);
    assert_string_equal(items.wrong, "a number out of range");
    items = items_of(&buf);
    gw_take_word(&items);
    assert_false(gw_items_end(&items)); /* of another kind */
    items = items_of(&buf);
    assert_false(gw_items_end(&items));
    assert_string_equal(items.wrong, "more than it should");

    gw_buf_clear(&buf);
    gw_put_count(&buf, 1000); /* and nothing behind it */
    items = items_of(&buf);
    assert_int_equal(gw_take_count(&items, UINT32_MAX, 1), 0);
    assert_false(gw_items_end(&items));

    gw_buf_clear(&buf);
    gw_put_bytes(&buf, (struct gw_str)GW_S("text"));
    buf.data[0] = 't';
    items = items_of(&buf);
    assert_string_equal(gw_take_text(&items, 4).ptr, "text");
    items = items_of(&buf);
    assert_string_equal(gw_take_text(&items, 3).ptr, "");
    assert_false(gw_items_end(&items));
    buf.data[5] = '\xFF';
    items = items_of(&buf);
    gw_take_text(&items, 4);
    assert_string_equal(items.wrong, "a text that is not valid UTF-8");
    buf.data[buf.len - 1] = 'x'; /* the NUL behind it */
    items = items_of(&buf);
    gw_take_text(&items, 4);
    assert_string_equal(items.wrong, "a length out of range");
    gw_buf_free(&buf);
}

static const char *cleaned(struct gw_buf *buf, const char *text, size_t len, size_t most)
{
    gw_buf_clear(buf);
    gw_put_text(buf, (struct gw_str){ text, len }, most);
    struct gw_items items = items_of(buf);
    struct gw_str taken = gw_take_text(&items, most);
    assert_true(gw_items_end(&items));
    return taken.ptr;
}

static void test_cleaned(void **state)
{
    struct gw_buf buf = GW_BUF_TEXT;
    (void)state;
    assert_string_equal(cleaned(&buf,
                                "a\xFF"
                                "b\0c",
                                5, 100),
                        "a\xEF\xBF\xBD"
                        "b\xEF\xBF\xBD"
                        "c");
    assert_string_equal(cleaned(&buf, "gr\xC3\xBC", 4, 3), "gr");
    assert_string_equal(cleaned(&buf, "\xFF\xFF\xFF", 3, 7), "\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_string_equal(cleaned(&buf, NULL, 9, 7), "");
    assert_string_equal(cleaned(&buf, "\xFF", 1, 2), "");
    gw_buf_free(&buf);
}

static void test_subject(void **state)
{
    const struct gw_span spans[] = { { 0, 3, 1 }, { 4, 8, 2 } };
    const struct gw_subject subject = { .struct_size = sizeof subject,
                                        .direction = GW_DIRECTION_DOWN,
                                        .phase = GW_PHASE_CLEAN,
                                        .flags = GW_SUBJECT_APPLIED,
                                        .revision = GW_S("abc"),
                                        .sql = { "x\0\xFF", 3 },
                                        .statements = spans,
                                        .n_statements = 2 };
    struct gw_buf buf = GW_BUF_TEXT;
    struct gw_arena arena = { 0 };
    struct gw_subject taken;
    (void)state;
    gw_put_subject(&buf, &subject);
    struct gw_items items = items_of(&buf);
    gw_take_subject(&items, &arena, &taken);
    assert_true(gw_items_end(&items));
    assert_int_equal(taken.direction, GW_DIRECTION_DOWN);
    assert_int_equal(taken.phase, GW_PHASE_CLEAN);
    assert_string_equal(taken.revision.ptr, "abc");
    assert_int_equal(taken.sql.len, 3);
    assert_memory_equal(taken.sql.ptr, "x\0\xFF", 4);
    assert_int_equal(taken.n_statements, 2);
    assert_int_equal(taken.statements[1].end, 8);
    gw_arena_free(&arena);
    gw_buf_free(&buf);
}

/* As an older plugin has it: shorter than ours. */
static void test_shorter_structs(void **state)
{
    struct gw_finding finding = { .struct_size = offsetof(struct gw_finding, url),
                                  .severity = GW_SEVERITY_ERROR,
                                  .rule = GW_S("a/b"),
                                  .message = GW_S("m"),
                                  .url = { (const char *)8, 1000 }, /* not its own any more */
                                  .begin = 7 };
    struct gw_buf buf = GW_BUF_TEXT;
    struct gw_finding taken;
    (void)state;
    gw_put_finding(&buf, &finding);
    struct gw_items items = items_of(&buf);
    gw_take_finding(&items, &taken);
    assert_true(gw_items_end(&items));
    assert_string_equal(taken.rule.ptr, "a/b");
    assert_int_equal(taken.url.len, 0);
    assert_int_equal(taken.begin, 0);
    gw_buf_free(&buf);
}

static void test_cells(void **state)
{
    const struct gw_cell cells[] = { { .kind = GW_NULL },
                                     { .kind = GW_BOOL, .v.i = 9 },
                                     { .kind = GW_INT, .v.i = INT64_MIN },
                                     { .kind = GW_REAL, .v.f = NAN },
                                     { .kind = GW_TEXT, .v.s = GW_S("t") },
                                     { .kind = GW_BLOB, .v.s = { "\0", 1 } },
                                     { .kind = 99 } };
    struct gw_buf buf = GW_BUF_TEXT;
    struct gw_arena arena = { 0 };
    uint32_t n;
    (void)state;
    gw_put_cells(&buf, cells, 7);
    struct gw_items items = items_of(&buf);
    const struct gw_cell *taken = gw_take_cells(&items, &arena, &n);
    assert_true(gw_items_end(&items));
    assert_int_equal(n, 7);
    assert_int_equal(taken[1].v.i, 1);
    assert_true(taken[2].v.i == INT64_MIN);
    assert_true(isnan(taken[3].v.f));
    assert_string_equal(taken[4].v.s.ptr, "t");
    assert_int_equal(taken[5].kind, GW_BLOB);
    assert_int_equal(taken[6].kind, GW_NULL);
    gw_arena_free(&arena);
    gw_buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),   cmocka_unit_test(test_items),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_cleaned),
        cmocka_unit_test(test_subject), cmocka_unit_test(test_shorter_structs),
        cmocka_unit_test(test_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
