/* SPDX-License-Identifier: Apache-2.0 */
#include "guard.h"

#include "pragma.h"
#include "touched.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The first refusal of a statement is the one that counts. */
__attribute__((format(printf, 3, 4))) static int refuse(struct sqlite_guard *guard,
                                                        const char *hint, const char *format, ...)
{
    va_list args;
    if (guard->message[0])
        return SQLITE_DENY;
    va_start(args, format);
    vsnprintf(guard->message, sizeof guard->message, format, args);
    va_end(args);
    guard->hint = hint;
    return SQLITE_DENY;
}

static bool is_state_table(const char *name)
{
    return name && strncasecmp(name, "godwit_", 7) == 0;
}

static int guard_transaction(struct sqlite_guard *guard, const char *operation)
{
    return refuse(guard,
                  guard->transaction
                      ? "remove it: a migration already runs in a transaction of its own"
                      : "remove it: each statement of a no-transaction section commits by itself",
                  "'%s' is refused in a migration", operation);
}

static int guard_savepoint(struct sqlite_guard *guard, const char *name)
{
    if (name && strncasecmp(name, "godwit", 6) == 0)
        return refuse(guard, "choose another name",
                      "the savepoint name '%.64s' is reserved: it begins with 'godwit'", name);
    if (guard->transaction)
        return SQLITE_OK;
    return refuse(guard, "remove it, or let the section run in a transaction",
                  "a savepoint is refused in a section that says no-transaction");
}

static void copy_lower(char *out, size_t room, const char *from)
{
    size_t n = 0;
    for (; from[n] && n + 1 < room; n++)
        out[n] = (char)tolower((unsigned char)from[n]);
    out[n] = '\0';
}

static int guard_pragma(struct sqlite_guard *guard, const char *name, const char *value)
{
    char lower_name[64], lower_value[64];
    const char *why;

    copy_lower(lower_name, sizeof lower_name, name);
    copy_lower(lower_value, sizeof lower_value, value ? value : "");
    enum sqlite_pragma_policy policy =
        sqlite_pragma_policy(lower_name, value ? lower_value : NULL, &why);
    if (policy == SQLITE_PRAGMA_REFUSED)
        return refuse(guard, "remove it; what a session needs goes into database.session",
                      "'PRAGMA %s' is refused in a migration: %s", lower_name, why);
    if (policy == SQLITE_PRAGMA_ALONE && guard->transaction)
        return refuse(guard, "put it into a section that says no-transaction",
                      "'PRAGMA %s' does not work inside a transaction", lower_name);
    return SQLITE_OK;
}

static int guard_attach(struct sqlite_guard *guard, const char *file)
{
    /* VACUUM attaches a nameless temporary file; VACUUM INTO attaches its target. */
    if (guard->vacuum && file && !*file)
        return SQLITE_OK;
    return refuse(guard, "a migration sees its own database only", "'%s' is refused in a migration",
                  guard->vacuum ? "VACUUM INTO" : "ATTACH");
}

static int guard_detach(struct sqlite_guard *guard)
{
    if (guard->vacuum)
        return SQLITE_OK;
    return refuse(guard, "a migration sees its own database only",
                  "'DETACH' is refused in a migration");
}

static int guard_function(struct sqlite_guard *guard, const char *name)
{
    if (!name || strcasecmp(name, "load_extension") != 0)
        return SQLITE_OK;
    return refuse(guard, "remove the call: a migration may not load code",
                  "'load_extension()' is refused in a migration");
}

static int guard_tables(struct sqlite_guard *guard, const char *first, const char *second)
{
    if (guard->vacuum)
        return SQLITE_OK;
    if (!is_state_table(first) && !is_state_table(second))
        return SQLITE_OK;
    return refuse(
        guard, "`godwit stamp`, `repair` and `mark-done` change the history",
        "a migration may not change '%.64s': names that begin with 'godwit_' belong to the "
        "migration history",
        is_state_table(first) ? first : second);
}

/* Which of the arguments are names of objects that the action changes. */
static const struct {
    int action;
    bool first, second;
} changes[] = {
    { SQLITE_ALTER_TABLE, false, true },
    { SQLITE_CREATE_INDEX, true, true },
    { SQLITE_CREATE_TABLE, true, false },
    { SQLITE_CREATE_TEMP_INDEX, true, true },
    { SQLITE_CREATE_TEMP_TABLE, true, false },
    { SQLITE_CREATE_TEMP_TRIGGER, true, true },
    { SQLITE_CREATE_TEMP_VIEW, true, false },
    { SQLITE_CREATE_TRIGGER, true, true },
    { SQLITE_CREATE_VIEW, true, false },
    { SQLITE_CREATE_VTABLE, true, false },
    { SQLITE_DELETE, true, false },
    { SQLITE_DROP_INDEX, true, true },
    { SQLITE_DROP_TABLE, true, false },
    { SQLITE_DROP_TEMP_INDEX, true, true },
    { SQLITE_DROP_TEMP_TABLE, true, false },
    { SQLITE_DROP_TEMP_TRIGGER, true, true },
    { SQLITE_DROP_TEMP_VIEW, true, false },
    { SQLITE_DROP_TRIGGER, true, true },
    { SQLITE_DROP_VIEW, true, false },
    { SQLITE_DROP_VTABLE, true, false },
    { SQLITE_INSERT, true, false },
    { SQLITE_UPDATE, true, false },
};

static int guard_change(struct sqlite_guard *guard, int action, const char *first,
                        const char *second)
{
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        if (changes[i].action == action)
            return guard_tables(guard, changes[i].first ? first : NULL,
                                changes[i].second ? second : NULL);
    return SQLITE_OK;
}

static int guard_ask(void *payload, int action, const char *first, const char *second,
                     const char *database, const char *trigger)
{
    struct sqlite_session *session = payload;
    struct sqlite_guard *guard = &session->guard;
    (void)database;
    (void)trigger;
    if (!guard->active)
        return SQLITE_OK;
    sqlite_touched_note(&session->touched, action, first, second);
    if (action == SQLITE_CREATE_TABLE || action == SQLITE_ALTER_TABLE)
        session->group.without_keys = false;
    switch (action) {
    case SQLITE_TRANSACTION:
        /* VACUUM begins and commits a transaction of its own. */
        return guard->vacuum ? SQLITE_OK : guard_transaction(guard, first);
    case SQLITE_SAVEPOINT:
        return guard_savepoint(guard, second);
    case SQLITE_PRAGMA:
        return guard_pragma(guard, first, second);
    case SQLITE_ATTACH:
        return guard_attach(guard, first);
    case SQLITE_DETACH:
        return guard_detach(guard);
    case SQLITE_FUNCTION:
        return guard_function(guard, second);
    default:
        return guard_change(guard, action, first, second);
    }
}

int sqlite_guard_install(struct sqlite_session *session)
{
    return sqlite3_set_authorizer(session->db, guard_ask, session);
}
