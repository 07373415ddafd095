/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/program.h"

#include "base/text.h"

#include <string.h>

void gw_program_free(struct gw_program *program)
{
    gw_vec_free(&program->statements);
    gw_vec_free(&program->units);
}

const char *gw_class_name(uint32_t class_)
{
    static const char *const names[] = { "T", "A", "P", "N" };
    return names[class_ & GW_CLASS_MASK];
}

const char *gw_program_class(const struct gw_program *program)
{
    uint32_t strictest = GW_CLASS_T;
    for (size_t i = 0; i < program->statements.len && program->journalled; i++)
        if (program->statements.at[i].class_ > strictest)
            strictest = program->statements.at[i].class_;
    return gw_class_name(strictest);
}

struct making {
    struct gw_program *program;
    struct gw_session *session;
    const struct gw_script *script;
    const struct gw_segment *segment;
    size_t counted; /* bytes of the segment whose lines are in `line` */
    unsigned line;
    bool first;    /* the next statement is the segment's first */
    bool inside;   /* between the file's own BEGIN and COMMIT */
    bool split_tx; /* the file has transactions of its own */
    bool commits;  /* a COMMIT without a BEGIN came just before */
    unsigned begin_line;
    uint32_t group; /* first statement of the unit under way */
    gw_refusal_take
        *take; /* what is refused goes there, and the rest is looked at; NULL: it ends the making */
    void *payload;
};

static int settle(const struct making *making, int code, struct gw_fault *fault)
{
    if (code != GW_USAGE || !making->take)
        return code;
    making->take(making->payload, fault);
    *fault = (struct gw_fault){ 0 };
    return GW_DONE;
}

static int refuse(const struct making *making, struct gw_fault *fault, const char *what,
                  const char *remedy)
{
    gw_fail(fault, GW_USAGE, "%s:%u: %s", making->script->file, making->line, what);
    return gw_hint(fault, "%s", remedy);
}

/* Only the driver knows why it refuses; it says so when asked to run the statement, which it never does. Not in a
 * transaction, which a session that only reads may not even begin. */
static int refuse_statement(const struct making *making, const char *sql, size_t len,
                            struct gw_fault *fault)
{
    const struct gw_statement statement = { { sql, len }, NULL, 0, GW_STMT_USER };
    const struct gw_run run = { .struct_size = sizeof run,
                                .n_statements = 1,
                                .statements = &statement };
    if (!making->session->conn)
        return refuse(making, fault, "this driver lets no migration run this statement",
                      "remove it, or do it outside of migrations");
    gw_session_run(making->session, &run, NULL, GW_USAGE, fault);
    if (!fault->code)
        return gw_fail(fault, GW_INTERNAL, "plugin '%s' ran a statement that it says it refuses",
                       making->session->project->database.backend);
    fault->code = GW_USAGE;
    return gw_fault_prefix(fault, "%s:%u", making->script->file, making->line);
}

static bool push_unit(struct gw_program *program, uint32_t first, uint32_t n, bool transaction)
{
    return n == 0 || gw_vec_push(&program->units, (struct gw_unit){ first, n, transaction });
}

/* Ends the unit under way: what came since its start happens together. */
static bool close_group(struct making *making)
{
    uint32_t end = (uint32_t)making->program->statements.len;
    bool done = push_unit(making->program, making->group, end - making->group, true);
    making->group = end;
    return done;
}

/* What stands between a COMMIT without a BEGIN and the next statement is two transactions, where the author thought
 * of one that is open all the time; behind the last statement it means nothing. */
static bool commit_before(struct making *making)
{
    if (!making->commits)
        return true;
    making->commits = false;
    making->split_tx = true;
    return close_group(making);
}

static int take_begin(struct making *making, struct gw_fault *fault)
{
    making->commits = false;
    if (making->inside)
        return refuse(making, fault, "begins a transaction inside a transaction",
                      "remove one BEGIN; savepoints are allowed");
    making->inside = true;
    making->split_tx = true;
    making->begin_line = making->line;
    return close_group(making) ? GW_DONE : gw_fail_memory(fault);
}

static int take_commit(struct making *making, struct gw_fault *fault)
{
    if (!making->inside && making->script->mixes) {
        making->commits = true; /* as the tool that it was written for has it */
        return GW_DONE;
    }
    if (!making->inside)
        return refuse(making, fault, "commits a transaction that it did not begin",
                      "remove the COMMIT, or add the BEGIN that belongs to it");
    making->inside = false;
    return close_group(making) ? GW_DONE : gw_fail_memory(fault);
}

/* Where DDL commits by itself, what a file's own BEGIN ... COMMIT holds of it does too. */
static bool tx_ddl(const struct making *making)
{
    return making->session->driver.caps & GW_CAP_TX_DDL;
}

static int check_class(const struct making *making, const struct gw_program_statement *statement,
                       struct gw_fault *fault)
{
    if (statement->class_ != GW_CLASS_T && making->session->shared)
        return refuse(making, fault,
                      "this statement needs a session of its own, and a pooler lends this one for"
                      " a transaction at a time",
                      "connect to the server itself, past the pooler, to run this migration");
    /* Files of other tools know no probe: such a statement runs, and a crash in it is for a person to look at. */
    if (statement->class_ == GW_CLASS_N && !statement->probe && !making->script->mixes)
        return refuse(
            making, fault, "the effect of this statement cannot be told after a crash (class N)",
            "split it into statements of one object each, or put `-- godwit:probe SELECT ...` "
            "before it, a query that is true once it took effect");
    bool own = statement->class_ == GW_CLASS_P || statement->class_ == GW_CLASS_N;
    if (own && making->inside && tx_ddl(making))
        return refuse(making, fault, "this statement cannot run inside a transaction",
                      "move it out of the file's own BEGIN ... COMMIT");
    return GW_DONE;
}

/* A file that is nothing but such a statement can only mean one thing, and some formats have no mark for it. Among
 * others, in a file that asks for a transaction, it is a mistake. */
static int check_company(struct making *making, struct gw_fault *fault)
{
    const struct gw_program *program = making->program;
    if (!making->script->transaction || making->script->mixes || !tx_ddl(making) ||
        program->statements.len <= 1)
        return GW_DONE;
    for (size_t i = 0; i < program->statements.len; i++) {
        const struct gw_program_statement *statement = &program->statements.at[i];
        if (statement->class_ != GW_CLASS_P && statement->class_ != GW_CLASS_N)
            continue;
        making->line = statement->line;
        int code =
            refuse(making, fault, "this statement cannot run inside a transaction",
                   "put `-- godwit:no-transaction` into the section, or give it a file of its own");
        if (settle(making, code, fault))
            return code;
    }
    return GW_DONE;
}

static int take_plain(struct making *making, size_t begin, size_t end, uint64_t flags,
                      struct gw_fault *fault)
{
    struct gw_program *program = making->program;
    struct gw_program_statement statement = {
        .sql = making->segment->sql + begin,
        .len = end - begin,
        .line = making->line,
        .class_ = (uint32_t)(flags & GW_CLASS_MASK),
        .setting = flags & GW_SPLIT_SETTING,
        .reading = flags & GW_SPLIT_READING,
        .assert_text = making->first ? making->segment->assert_text : NULL,
        .probe = making->first ? making->segment->probe : NULL,
    };
    making->first = false;
    gw_hash_of(&statement.sha256, statement.sql, statement.len);
    int code = check_class(making, &statement, fault);
    if (code)
        return code;
    if (program->statements.len >= UINT32_MAX - 1)
        return gw_fail(fault, GW_USAGE, "%s: too many statements", making->script->file);

    /* Alone: without a transaction around the file, or where the database commits by itself. */
    if (!commit_before(making))
        return gw_fail_memory(fault);
    bool alone = making->inside ? statement.class_ != GW_CLASS_T && !tx_ddl(making)
                                : statement.class_ != GW_CLASS_T || !making->script->transaction;
    if (alone && !close_group(making))
        return gw_fail_memory(fault);
    if (!gw_vec_push(&program->statements, statement))
        return gw_fail_memory(fault);
    if (!alone)
        return GW_DONE;
    making->group = (uint32_t)program->statements.len;
    return push_unit(program, making->group - 1, 1, statement.class_ == GW_CLASS_T)
               ? GW_DONE
               : gw_fail_memory(fault);
}

static int take_one(struct making *making, size_t begin, size_t end, uint64_t flags,
                    struct gw_fault *fault)
{
    if (flags & GW_SPLIT_REFUSED)
        return refuse_statement(making, making->segment->sql + begin, end - begin, fault);
    if (flags & GW_SPLIT_ROLLBACK)
        return refuse(making, fault, "a migration may not roll back",
                      "remove the ROLLBACK; a migration that fails is rolled back by itself");
    if (flags & GW_SPLIT_BEGIN)
        return take_begin(making, fault);
    if (flags & GW_SPLIT_COMMIT)
        return take_commit(making, fault);
    return take_plain(making, begin, end, flags, fault);
}

static int take_statement(void *payload, size_t begin, size_t end, uint64_t flags,
                          struct gw_fault *fault)
{
    struct making *making = payload;
    for (; making->counted < begin; making->counted++)
        making->line += making->segment->sql[making->counted] == '\n';
    return settle(making, take_one(making, begin, end, flags, fault), fault);
}

/* A file with transactions of its own means what is outside of them to commit by itself; session settings
 * around a single transaction do nothing alone, so they join it and the whole stays one unit. */
static void regroup(struct making *making)
{
    struct gw_program *program = making->program;
    uint32_t working = 0;

    for (size_t i = 0; i < program->units.len; i++) {
        const struct gw_unit *unit = &program->units.at[i];
        bool settings = unit->transaction;
        for (uint32_t s = unit->first; s < unit->first + unit->n; s++)
            settings = settings && program->statements.at[s].setting;
        working += !settings;
    }
    if (making->split_tx && working <= 1 && program->units.len) {
        bool transaction = true;
        for (size_t i = 0; i < program->units.len; i++)
            transaction = transaction && program->units.at[i].transaction;
        if (transaction) {
            program->units.at[0] = (struct gw_unit){ 0, (uint32_t)program->statements.len, true };
            program->units.len = 1;
        }
    }
    program->journalled =
        program->units.len > 1 || (program->units.len == 1 && !program->units.at[0].transaction);
}

struct whole {
    uint32_t n;
    size_t begin, end;
    uint64_t flags;
};

static int take_whole(void *payload, size_t begin, size_t end, uint64_t flags,
                      struct gw_fault *fault)
{
    struct whole *whole = payload;
    (void)fault;
    if (whole->n++ == 0)
        *whole = (struct whole){ 1, begin, end, flags };
    return GW_DONE;
}

/* statement ... end: where the driver would see several statements, the author knows better. */
static int make_whole(struct making *making, struct gw_fault *fault)
{
    const struct gw_segment *segment = making->segment;
    struct whole whole = { 0 };
    int code =
        gw_session_split(making->session, segment->sql, segment->len, take_whole, &whole, fault);
    if (code || whole.n == 0)
        return code;
    if (whole.n == 1)
        return take_statement(making, whole.begin, whole.end, whole.flags, fault);
    return take_statement(making, whole.begin, segment->len, GW_CLASS_T, fault);
}

static int make_segment(struct making *making, const struct gw_segment *segment,
                        struct gw_fault *fault)
{
    making->segment = segment;
    making->counted = 0;
    making->line = segment->line;
    making->first = true;
    return segment->whole ? make_whole(making, fault)
                          : gw_session_split(making->session, segment->sql, segment->len,
                                             take_statement, making, fault);
}

static int check_end(struct making *making, struct gw_fault *fault)
{
    if (!making->inside)
        return GW_DONE;
    making->line = making->begin_line;
    int code =
        refuse(making, fault, "begins a transaction that it never commits",
               "add the COMMIT, or remove the BEGIN: each migration runs in a transaction anyway");
    return settle(making, code, fault);
}

static int make(struct making *making, struct gw_fault *fault)
{
    const struct gw_script *script = making->script;
    int code = GW_DONE;

    *making->program = (struct gw_program){ .script = script };
    for (size_t i = 0; i < script->segments.len && !code; i++)
        code = make_segment(making, &script->segments.at[i], fault);
    if (!code)
        code = check_end(making, fault);
    if (!code && !close_group(making))
        code = gw_fail_memory(fault);
    if (code)
        return code;
    regroup(making);
    return check_company(making, fault);
}

int gw_program_make(struct gw_program *out, struct gw_session *session,
                    const struct gw_script *script, struct gw_fault *fault)
{
    struct making making = { .program = out, .session = session, .script = script };
    return make(&making, fault);
}

int gw_program_refusals(struct gw_session *session, const struct gw_script *script,
                        gw_refusal_take *take, void *payload, struct gw_fault *fault)
{
    struct gw_program program;
    struct making making = {
        .program = &program, .session = session, .script = script, .take = take, .payload = payload
    };
    int code = settle(&making, make(&making, fault), fault);
    gw_program_free(&program);
    return code;
}
