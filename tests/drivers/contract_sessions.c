/* SPDX-License-Identifier: Apache-2.0 */
/* The contract, continued: several sessions, cancelling, the lock, recovery. */
#include "contract.h"

#include "cmocka_all.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct dialect *dialect;
static struct plugin plugin;

enum {
    TX = GW_RUN_TX,
    RELAXED = GW_RUN_TX | GW_RUN_RELAXED
};

static void open_with(struct connection *out, uint64_t flags)
{
    gw_status status =
        connection_open(out, &plugin, &(struct opening){ .url = dialect->url(), .flags = flags });
    if (status != GW_OK)
        fail_msg("open: %s", out->call.message);
}

static void open_new(struct connection *out)
{
    open_with(out, GW_OPEN_CREATE);
    assert_int_equal(run_user(out, dialect->create_parent), GW_OK);
}

/* ---- cancelling ---- */

static void test_cancel_stops_a_statement(void **state)
{
    struct connection c;
    (void)state;
    open_new(&c);
    c.call.stop_after = 5; /* the statement is under way by then */
    assert_int_equal(
        run(&c, &(struct unit){ .flags = TX,
                                .statement_flags = GW_STMT_USER,
                                .sql = { "INSERT INTO parent (id, name) VALUES (1, 'a')",
                                         dialect->slow } }),
        GW_E_CANCELLED);
    assert_int_equal(c.call.n_done, 1);
    c.call.stop_after = 0;
    expect_rows(&c, "SELECT count(*) FROM parent", "0\n");
    assert_int_equal(run_user(&c, "INSERT INTO parent (id, name) VALUES (1, 'a')"), GW_OK);
    connection_close(&c);
}

static sem_t running;

static void tell_running(int look)
{
    if (look == 5)
        sem_post(&running);
}

static void *interrupt_when_running(void *payload)
{
    struct connection *c = payload;
    sem_wait(&running);
    c->plugin->driver->interrupt(c->conn);
    return NULL;
}

static void test_interrupt_from_another_thread(void **state)
{
    struct connection c;
    pthread_t thread;
    (void)state;
    open_new(&c);
    sem_init(&running, 0, 0);
    c.call.on_look = tell_running;
    assert_int_equal(pthread_create(&thread, NULL, interrupt_when_running, &c), 0);
    assert_int_equal(query(&c, dialect->slow), GW_E_CANCELLED);
    pthread_join(thread, NULL);
    c.call.on_look = NULL;
    expect_rows(&c, "SELECT 1", "1\n");
    connection_close(&c);
}

/* ---- the migration lock ---- */

static void test_lock_excludes_another_session(void **state)
{
    struct connection a, b;
    (void)state;
    open_new(&a);
    open_with(&b, 0);
    assert_int_equal(holds(&a), GW_E_FENCED);
    assert_int_equal(lock(&a), GW_OK);
    assert_int_equal(holds(&a), GW_OK);
    assert_int_equal(lock(&b), GW_E_LOCKED);
    assert_true(b.call.flags & GW_ERR_RETRYABLE);
    assert_int_equal(holds(&b), GW_E_FENCED);
    assert_int_equal(unlock(&a), GW_OK);
    assert_int_equal(holds(&a), GW_E_FENCED);
    assert_int_equal(lock(&b), GW_OK);
    connection_close(&b); /* frees it */
    assert_int_equal(lock(&a), GW_OK);
    connection_close(&a);
}

/* A process that takes the lock and waits to be killed. *named: its session, as info() calls it. */
static pid_t lock_in_child(char *named, size_t room)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork_child();
    if (child == 0) {
        struct connection c;
        bool ok =
            connection_open(&c, &plugin, &(struct opening){ .url = dialect->url() }) == GW_OK &&
            lock(&c) == GW_OK;
        const char *name = ok ? info(&c, "connection") : "";
        if (write(ready[1], name, strlen(name)) >= 0)
            close(ready[1]);
        for (;;)
            pause();
    }
    close(ready[1]);
    ssize_t n, used = 0;
    while ((n = read(ready[0], named + used, room - 1 - (size_t)used)) > 0)
        used += n;
    named[used] = '\0';
    close(ready[0]);
    assert_true(used > 0);
    return child;
}

/* A server notices the end of its client, or of a session, on its own time. */
static gw_status lock_soon(struct connection *c)
{
    enum {
        TRIES = 2000,
        PAUSE_MS = 5
    };
    gw_status status = lock(c);
    for (int i = 0; status == GW_E_LOCKED && i < TRIES; i++) {
        poll(NULL, 0, PAUSE_MS);
        status = lock(c);
    }
    return status;
}

static void test_lock_ends_with_its_process(void **state)
{
    struct connection c;
    char named[256];
    (void)state;
    open_new(&c);
    pid_t child = lock_in_child(named, sizeof named);
    assert_int_equal(lock(&c), GW_E_LOCKED);
    kill_child(child);
    assert_int_equal(lock_soon(&c), GW_OK);
    assert_int_equal(holds(&c), GW_OK);
    connection_close(&c);
}

static void test_terminate_ends_a_session(void **state)
{
    struct connection c;
    char named[256];
    (void)state;
    if (!plugin.recover)
        skip();
    open_new(&c);
    pid_t child = lock_in_child(named, sizeof named);
    assert_int_equal(lock(&c), GW_E_LOCKED);
    gw_status status = terminate(&c, named);
    if (status == GW_E_UNSUPPORTED) { /* an old kernel */
        kill_child(child);
        connection_close(&c);
        skip();
    }
    assert_int_equal(status, GW_OK);
    assert_int_equal(lock(&c), GW_OK);
    kill_child(child); /* where ending a session does not end its process */
    assert_int_equal(terminate(&c, named), GW_OK);
    assert_int_equal(terminate(&c, "no such session"), GW_E_ARGUMENT);
    connection_close(&c);
}

static void test_waiting_for_a_lock_ends(void **state)
{
    struct connection a, b;
    (void)state;
    open_new(&a);
    open_with(&b, 0);
    assert_int_equal(
        run(&a, &(struct unit){ .flags = RELAXED,
                                .sql = { "INSERT INTO parent (id, name) VALUES (1, 'a')" } }),
        GW_OK);
    gw_status status =
        run(&b, &(struct unit){ .flags = TX,
                                .sql = { "UPDATE parent SET name = 'b' WHERE id = 1" },
                                .settings = { "lock_timeout", "20ms" } });
    assert_true(status == GW_OK ||
                status == GW_E_LOCKED); /* where readers see no relaxed unit: nothing waits */
    if (status == GW_E_LOCKED)
        assert_true(b.call.flags & GW_ERR_RETRYABLE);
    assert_int_equal(flush(&a), GW_OK);
    assert_int_equal(run_user(&b, "UPDATE parent SET name = 'c' WHERE id = 1"), GW_OK);
    connection_close(&b);
    connection_close(&a);
}

/* ---- recovery ---- */

static void test_fingerprint_follows_the_schema(void **state)
{
    struct connection c;
    static char before[TEXT_ROOM], after[TEXT_ROOM];
    (void)state;
    if (!plugin.recover)
        skip();
    open_new(&c);
    snprintf(before, sizeof before, "%s", fingerprint(&c));
    assert_int_equal(run_user(&c, "INSERT INTO parent (id, name) VALUES (1, 'a')"), GW_OK);
    assert_string_equal(fingerprint(&c), before);
    assert_int_equal(
        run(&c, &(struct unit){ .flags = TX, .sql = { "CREATE TABLE godwit_x (id INTEGER)" } }),
        GW_OK);
    assert_string_equal(fingerprint(&c), before);
    assert_int_equal(run_user(&c, dialect->create_child), GW_OK);
    snprintf(after, sizeof after, "%s", fingerprint(&c));
    assert_string_not_equal(after, before);
    assert_int_equal(run_user(&c, "DROP TABLE child"), GW_OK);
    assert_string_equal(fingerprint(&c), before);
    connection_close(&c);
}

/* ---- a snapshot ---- */

/* What one session wrote in between is seen after the end, and not before; a question that fails ends nothing. */
static void test_snapshot_sees_one_state(void **state)
{
    struct connection writer, reader;
    (void)state;
    if (!plugin.snapshot)
        skip();
    open_new(&writer);
    open_with(&reader, GW_OPEN_READ_ONLY);
    const struct gw_driver_snapshot *snapshot = plugin.snapshot;
    assert_int_equal(snapshot->begin(call_of(&reader), reader.conn), GW_OK);
    expect_rows(&reader, "SELECT count(*) FROM parent", "0\n");
    gw_status wrote = run_user(&writer, "INSERT INTO parent (id, name) VALUES (1, 'a')");
    if (wrote != GW_OK) /* readers keep writers out: they wait until the end */
        assert_int_equal(wrote, GW_E_LOCKED);
    expect_rows(&reader, "SELECT count(*) FROM parent", "0\n");
    assert_int_equal(query_args(&reader, "SELECT count(*) FROM parent", GW_STMT_USER, NULL, 0),
                     GW_OK);
    assert_string_equal(reader.call.text, "0\n");
    assert_int_equal(query(&reader, "SELECT x FROM nowhere"), GW_E_UNDEFINED);
    assert_int_equal(query(&reader, "SELECT count(*) FROM parent"), GW_OK);
    assert_true(query(&reader, "INSERT INTO parent (id, name) VALUES (2, 'b')") < 0);
    assert_int_equal(snapshot->end(call_of(&reader), reader.conn), GW_OK);
    assert_int_equal(snapshot->end(call_of(&reader), reader.conn), GW_OK);
    if (wrote != GW_OK)
        assert_int_equal(run_user(&writer, "INSERT INTO parent (id, name) VALUES (1, 'a')"), GW_OK);
    expect_rows(&reader, "SELECT count(*) FROM parent", "1\n");
    assert_int_equal(snapshot->begin(call_of(&reader), reader.conn), GW_OK);
    expect_rows(&reader, "SELECT count(*) FROM parent", "1\n");
    connection_close(&reader); /* without an end */
    assert_int_equal(run_user(&writer, "INSERT INTO parent (id, name) VALUES (3, 'c')"), GW_OK);
    connection_close(&writer);
}

#define CASE(name_) \
    { \
#name_, name_, contract_begin, contract_end, NULL \
    }

int contract_sessions_run(const struct dialect *of, const struct plugin *loaded)
{
    const struct CMUnitTest tests[] = {
        CASE(test_cancel_stops_a_statement),       CASE(test_interrupt_from_another_thread),
        CASE(test_lock_excludes_another_session),  CASE(test_lock_ends_with_its_process),
        CASE(test_terminate_ends_a_session),       CASE(test_waiting_for_a_lock_ends),
        CASE(test_fingerprint_follows_the_schema), CASE(test_snapshot_sees_one_state),
    };
    dialect = of;
    plugin = *loaded;
    return _cmocka_run_group_tests("contract: sessions", tests, sizeof tests / sizeof tests[0],
                                   NULL, NULL);
}
