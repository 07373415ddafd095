/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for a lock of another process, and stopping a statement: SQLite asks us in both cases. */
#include "statement.h"

#include <time.h>

enum {
    /* of SQLite's virtual machine between two looks at the cancel flag: some 20 us */
    OPERATIONS = 1000,
    REPORT_EVERY = 1000 /* looks between two reports of progress */
};

static const int64_t milliseconds = 1000000;
static const int64_t tell_after_ns = 1000000000;

/* Grows to 100 ms, each time with up to half of it less, so that waiting processes do not march in step. */
static int64_t pause_ns(struct sqlite_session *session, int attempt)
{
    static const uint8_t steps_ms[] = { 1, 2, 5, 10, 20, 40, 70, 100 };
    size_t at = (size_t)attempt < sizeof steps_ms ? (size_t)attempt : sizeof steps_ms - 1;
    int64_t most = steps_ms[at] * milliseconds;
    uint32_t random = 0;
    sqlite3_randomness((int)sizeof random, &random);
    int64_t pause = most - (int64_t)(random % (uint64_t)(most / 2 + 1));
    int64_t left = session->wait_until_ns - sqlite_now_ns();
    return pause < left ? pause : left;
}

static void tell_blockers(struct sqlite_session *session)
{
    char who[300] = "";
    session->wait_told = true;
    sqlite_blockers(session, who, sizeof who);
    sqlite_log(session, GW_LOG_INFO, "waiting for the lock of '%s'%s%s", session->path,
               *who ? ", held by " : "", who);
}

static int wait_busy(void *payload, int attempt)
{
    struct sqlite_session *session = payload;
    int64_t now = sqlite_now_ns();
    if (attempt == 0) {
        session->wait_until_ns = now + session->patience_ns;
        session->wait_told = false;
    }
    if (now >= session->wait_until_ns || sqlite_stopped(session))
        return 0;
    if (!session->wait_told && session->call &&
        now >= session->wait_until_ns - session->patience_ns + tell_after_ns)
        tell_blockers(session);
    int64_t pause = pause_ns(session, attempt);
    if (pause > 0) {
        const struct timespec time = { 0, (long)pause };
        nanosleep(&time, NULL);
    }
    return 1;
}

static int wait_progress(void *payload)
{
    static const struct gw_str what = GW_S("steps of SQLite's virtual machine");
    struct sqlite_session *session = payload;
    if (session->shielded || !session->call)
        return 0;
    if (++session->ticks % REPORT_EVERY == 0 && GW_HAS(session->host, progress))
        session->host->progress(session->call, session->ticks * OPERATIONS, 0, what);
    return sqlite_stopped(session);
}

void sqlite_wait_install(struct sqlite_session *session)
{
    sqlite3_busy_handler(session->db, wait_busy, session);
    sqlite3_progress_handler(session->db, OPERATIONS, wait_progress, session);
}
