/* SPDX-License-Identifier: Apache-2.0 */
/* Backups across the border: every byte, in order, both ways; and a sink that has had enough. */
#include "isolate_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    FILES = 2
};

static struct archive { /* what a backup has said, and what a restore is given */
    char names[FILES][160];
    struct gw_buf bytes[FILES];
    size_t n_files;
    size_t total;
    size_t refuse_at; /* bytes in all, from which on write() says `says`; 0: never */
    gw_status says;
    size_t after; /* calls of write() after that */
    size_t reading, at;
    char locator[100];
} archive;

static void empty(void)
{
    gw_buf_free(&archive.bytes[0]);
    gw_buf_free(&archive.bytes[1]);
    memset(&archive, 0, sizeof archive);
    archive.bytes[0] = archive.bytes[1] = GW_BUF((size_t)1 << 30);
}

static gw_status sink_file(struct gw_call *call, struct gw_str name, struct gw_str media)
{
    (void)call;
    assert_true(archive.n_files < FILES);
    snprintf(archive.names[archive.n_files++], sizeof archive.names[0], "%s %s", name.ptr,
             media.ptr);
    return GW_OK;
}

static gw_status sink_write(struct gw_call *call, struct gw_str bytes)
{
    archive.total += bytes.len;
    gw_buf_add(&archive.bytes[archive.n_files - 1], bytes.ptr, bytes.len);
    if (!archive.refuse_at || archive.total < archive.refuse_at)
        return GW_OK;
    archive.after++;
    if (archive.says < 0) {
        const struct gw_error error = { .struct_size = sizeof error,
                                        .code = archive.says,
                                        .message = GW_S("the disk is full") };
        return (gw_host_table.fail)(call, &error); /* cmocka has a macro of that name */
    }
    return archive.says;
}

static gw_status sink_artifact(struct gw_call *call, const struct gw_artifact *artifact)
{
    (void)call;
    snprintf(archive.locator, sizeof archive.locator, "%s %s %d %d", artifact->locator.ptr,
             artifact->meta.ptr, (int)artifact->bytes, (int)artifact->created_ns);
    return GW_OK;
}

static gw_status source_next(struct gw_call *call, struct gw_str *name)
{
    static const char *const names[] = { "one.bin", "two.txt" };
    (void)call;
    archive.at = 0;
    if (archive.reading == FILES)
        return GW_STOP;
    *name = (struct gw_str){ names[archive.reading], strlen(names[archive.reading]) };
    archive.reading++;
    return GW_OK;
}

static gw_status source_read(struct gw_call *call, void *into, size_t room, size_t *got)
{
    const struct gw_buf *bytes = &archive.bytes[archive.reading - 1];
    size_t left = bytes->len - archive.at;
    (void)call;
    *got = left < room ? left : room;
    if (archive.refuse_at && archive.at >= archive.refuse_at) {
        const struct gw_error error = { .struct_size = sizeof error,
                                        .code = GW_E_IO,
                                        .message = GW_S("the disk is gone") };
        return (gw_host_table.fail)(call, &error);
    }
    if (*got)
        memcpy(into, bytes->data + archive.at, *got);
    archive.at += *got;
    return GW_OK;
}

static const struct gw_backup_out out = { sizeof out, 0, sink_file, sink_write, sink_artifact };
static const struct gw_backup_in in = { sizeof in, 0, source_next, source_read };

static int take(struct worker *worker, const char *database)
{
    const struct gw_target target = { .struct_size = sizeof target,
                                      .dialect = GW_S("sqlite"),
                                      .database = { database, strlen(database) } };
    struct gw_call call = worker_call(worker);
    return worker_end(worker, &call, worker->backup.take(&call, worker->self, &target, &out),
                      "take");
}

static int restore(struct worker *worker)
{
    const struct gw_target target = { .struct_size = sizeof target, .database = GW_S("app") };
    struct gw_call call = worker_call(worker);
    return worker_end(worker, &call,
                      worker->backup.restore(&call, worker->self, &in, NULL, &target), "restore");
}

/* ---- both ways ---- */

static void test_every_byte(void **state)
{
    static const char *const sizes[] = {
        "bytes = 0; chunk = 1;",
        "bytes = 3; chunk = 1;",
        "bytes = 1000003; chunk = 4096;",
        "bytes = 1000003; chunk = 300000;",
        "bytes = 30000001; chunk = 65536;",
        "bytes = 70000000; chunk = 20000000;",
    };
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct worker here, there;
        struct gw_buf copy = GW_BUF((size_t)1 << 30);
        char entry[200];

        snprintf(entry, sizeof entry, WITHIN "options = { %s };", sizes[i]);
        worker_open(&here, "worker", entry, GW_KIND_BACKUP);
        empty();
        assert_int_equal(take(&here, "app"), GW_DONE);
        gw_buf_add(&copy, archive.bytes[0].data, archive.bytes[0].len);

        snprintf(entry, sizeof entry, PROCESS "options = { %s };", sizes[i]);
        worker_open(&there, "worker", entry, GW_KIND_BACKUP);
        empty();
        assert_int_equal(take(&there, "app"), GW_DONE);
        assert_int_equal(archive.bytes[0].len, copy.len);
        assert_true(!copy.len || memcmp(archive.bytes[0].data, copy.data, copy.len) == 0);
        assert_string_equal(gw_buf_str(&archive.bytes[1]), "the end");
        assert_string_equal(archive.names[0], "one.bin application/octet-stream");
        assert_string_equal(archive.names[1], "two.txt text/plain");

        /* The plugin tells of what it has read by a hash of it. */
        char expected[20000];
        worker_said(&here);
        assert_int_equal(restore(&here), GW_DONE);
        snprintf(expected, sizeof expected, "%s", worker_said(&here));
        archive.reading = 0;
        worker_said(&there);
        assert_int_equal(restore(&there), GW_DONE);
        assert_string_equal(worker_said(&there), expected);
        assert_contains(expected, "file two.txt: 7 bytes");
        gw_buf_free(&copy);
        worker_close(&here);
        worker_close(&there);
    }
    empty();
}

/* ---- enough ---- */

static void test_sink_refuses(void **state)
{
    static const gw_status says[] = { GW_E_FULL, GW_STOP };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct worker worker;
        worker_open(&worker, "worker", PROCESS "options = { bytes = 400000000; chunk = 1000000; };",
                    GW_KIND_BACKUP);
        empty();
        archive.refuse_at = 5000000;
        archive.says = says[i];
        int code = take(&worker, "app");
        assert_int_equal(archive.after, 1); /* and it was asked no more */
        assert_int_equal(code, i ? GW_DONE : GW_INVALID);
        if (!i)
            assert_string_equal(worker.fault.message, "the disk is full");
        /* It lives, and works. */
        empty();
        assert_int_equal(take(&worker, "app"), GW_DONE);
        assert_int_equal(archive.total, 400000007);
        worker_close(&worker);
    }
    empty();
}

/* The sink says no to the very last piece, of which the plugin never hears. */
static void test_sink_refuses_late(void **state)
{
    struct worker worker;
    (void)state;
    worker_open(&worker, "worker", PROCESS "options = { bytes = 10; };", GW_KIND_BACKUP);
    empty();
    archive.refuse_at = 17;
    archive.says = GW_E_FULL;
    assert_int_equal(take(&worker, "app"), GW_INVALID);
    assert_string_equal(worker.fault.message, "the disk is full");
    worker_close(&worker);
    empty();
}

static void test_source_fails(void **state)
{
    struct worker worker;
    (void)state;
    worker_open(&worker, "worker", PROCESS "options = { bytes = 3000000; };", GW_KIND_BACKUP);
    empty();
    assert_int_equal(take(&worker, "app"), GW_DONE);
    archive.refuse_at = 1000000;
    assert_int_equal(restore(&worker), GW_INVALID);
    assert_string_equal(worker.fault.message, "the disk is gone");
    worker_close(&worker);
    empty();
}

/* ---- a strategy that keeps the bytes ---- */

static void test_keeps(void **state)
{
    struct gw_artifact artifact = { .struct_size = sizeof artifact,
                                    .locator = GW_S("vault/7"),
                                    .meta = GW_S("m") };
    const struct gw_target target = { .struct_size = sizeof target, .database = GW_S("app") };
    struct worker worker;
    (void)state;
    worker_open(&worker, "worker-keeps", PROCESS, GW_KIND_BACKUP);
    empty();
    assert_int_equal(worker.backup.caps, GW_BACKUP_KEEPS);
    assert_int_equal(take(&worker, "vault/7"), GW_DONE);
    assert_string_equal(archive.locator, "vault/7 again 1000 5");
    struct gw_call call = worker_call(&worker);
    assert_int_equal(worker.backup.verify(&call, worker.self, &artifact), GW_OK);
    assert_int_equal(worker.backup.discard(&call, worker.self, &artifact), GW_OK);
    assert_int_equal(worker.backup.restore(&call, worker.self, NULL, &artifact, &target), GW_OK);
    assert_contains(worker_said(&worker), "w: restores vault/7 m");
    artifact.locator = (struct gw_str)GW_S("bad");
    call = worker_call(&worker);
    worker_end(&worker, &call, worker.backup.verify(&call, worker.self, &artifact), "verify");
    assert_int_equal(worker.status, GW_E_CORRUPT);
    assert_string_equal(worker.fault.message, "'bad' is corrupt");
    worker_close(&worker);

    worker_open(&worker, "worker", PROCESS, GW_KIND_BACKUP);
    assert_null(worker.backup.verify);
    assert_null(worker.backup.discard);
    worker_close(&worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_sink_refuses),
        cmocka_unit_test(test_sink_refuses_late),
        cmocka_unit_test(test_source_fails),
        cmocka_unit_test(test_keeps),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
