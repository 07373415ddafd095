/* SPDX-License-Identifier: Apache-2.0 */
/* MariaDB runs a block of statements without a procedure around it: what the engine writes before and after each
 * statement of a migration goes in one round trip. MySQL has no such thing. The statements are the engine's own, so
 * that no splitter has to be trusted; those of a migration are sent each by itself. */
#include "block.h"

#include "lexer.h"
#include "setup.h"
#include "wire.h"

#include <stdlib.h>

enum {
    INTERRUPTED = 1317 /* ER_QUERY_INTERRUPTED */
};

static const char otherwise[] = " THEN SIGNAL SQLSTATE '45000'; END IF;\n";

/* What a block may hold: one statement that changes or reads rows, and ends nothing. */
static bool is_plain(const struct my_session *session, const struct gw_statement *statement)
{
    struct my_lexer lexer = MY_LEXER(statement->sql, my_modes_now(session));
    const bool expects = statement->flags & GW_STMT_EXPECT_TRUE;
    if (statement->flags & GW_STMT_USER || my_lex_next(&lexer) != MY_T_WORD ||
        !my_lex_among(&lexer, expects ? "SELECT" : "INSERT UPDATE DELETE"))
        return false;
    for (enum my_token token; (token = my_lex_next(&lexer)) != MY_T_END;)
        if (my_lex_mark(&lexer, ';'))
            return false;
    return true;
}

/* How many rows it changes is asked for where it does not go without saying. */
static bool counts(const struct gw_statement *statement)
{
    return !(statement->flags & (GW_STMT_ONE_ROW | GW_STMT_EXPECT_TRUE));
}

bool my_block_find(const struct my_session *session, const struct gw_run *run, uint32_t index,
                   struct my_block *out)
{
    *out = (struct my_block){ .statements = run->statements + index };
    if (!session->mariadb || session->db->server_status & SERVER_STATUS_IN_TRANS)
        return false;
    while (out->n < MY_BLOCK_MOST && index + out->n < run->n_statements &&
           is_plain(session, &out->statements[out->n])) {
        out->affected[out->n] = out->statements[out->n].flags & GW_STMT_ONE_ROW ? 1 : -1;
        out->n++;
    }
    /* Where a COMMIT has to be agreed upon with other nodes, it can fail on the way, and goes by itself. */
    out->commits = index + out->n == run->n_statements && !session->row_lock;
    return out->n > 0;
}

static gw_status add_statement(struct my_session *session, const struct gw_statement *statement,
                               uint32_t number, struct gw_buf *out)
{
    const bool expects = statement->flags & GW_STMT_EXPECT_TRUE;
    if (expects)
        gw_buf_text(out, "IF NOT COALESCE((");
    gw_status status = my_render(session, statement, out);
    gw_buf_text(out, expects ? "), FALSE)" : ";\n");
    if (expects)
        gw_buf_text(out, otherwise);
    else if (statement->flags & GW_STMT_ONE_ROW)
        gw_buf_printf(out, "IF ROW_COUNT() <> 1%s", otherwise);
    else
        gw_buf_printf(out, "SET n%u = ROW_COUNT();\n", number);
    return status;
}

static void add_counts(struct gw_buf *out, const char *before, const struct my_block *block,
                       const char *behind)
{
    const char *separator = before;
    for (uint32_t i = 0; i < block->n; i++)
        if (counts(&block->statements[i])) {
            gw_buf_printf(out, "%sn%u", separator, i);
            separator = ", ";
        }
    if (separator != before)
        gw_buf_text(out, behind);
}

/* One that ends in COMMIT leaves two marks, so that, if it was interrupted, it can be asked how far it came. */
static gw_status write_block(struct my_session *session, const struct my_block *block,
                             struct gw_buf *out)
{
    gw_status status = GW_OK;
    gw_buf_text(out, "BEGIN NOT ATOMIC\n");
    add_counts(out, "DECLARE ", block, " BIGINT;\n");
    gw_buf_text(out, "START TRANSACTION;\n");
    if (block->commits)
        gw_buf_printf(out, "SET @godwit_block = %u;\n", session->block);
    for (uint32_t i = 0; i < block->n && status == GW_OK; i++)
        status = add_statement(session, &block->statements[i], i, out);
    if (block->commits)
        gw_buf_printf(out, "COMMIT;\nSET @godwit_block = %u;\n", session->block + 1);
    else if (session->locked)
        gw_buf_printf(out, "IF NOT (IS_USED_LOCK('%s') <=> %llu)%s", session->lock_name,
                      (unsigned long long)session->id, otherwise);
    add_counts(out, "SELECT ", block, ";\n");
    gw_buf_text(out, "END");
    return status == GW_OK && out->failed ? my_fail_memory(session) : status;
}

static gw_status take_counts(struct my_session *session, MYSQL_RES *result, MYSQL_ROW row,
                             const unsigned long *lengths, void *payload)
{
    struct my_block *block = payload;
    unsigned column = 0;
    (void)session;
    (void)lengths;
    for (uint32_t i = 0; i < block->n && column < mysql_num_fields(result); i++)
        if (counts(&block->statements[i])) {
            block->affected[i] = row[column] ? strtoll(row[column], NULL, 10) : -1;
            column++;
        }
    return GW_OK;
}

/* A cancel that hit a block: it is done, it has done nothing, or the answer is not to be had. */
static gw_status settle(struct my_session *session)
{
    const struct my_failure kept = session->failure;
    char mark[32];
    session->failure.code = GW_OK;
    session->shielded = true;
    gw_status status = my_ask(session, mark, 1, sizeof mark, NULL, "SELECT @godwit_block");
    session->shielded = false;
    bool open = session->db->server_status & SERVER_STATUS_IN_TRANS;
    unsigned long at = strtoul(mark, NULL, 10);
    if (status == GW_OK && at == session->block + 1UL)
        return GW_OK;
    uint64_t lost = session->failure.flags & GW_ERR_CONN_LOST;
    session->failure = kept;
    session->failure.flags |= lost;
    if (status != GW_OK || (!open && at == session->block))
        session->failure.flags |= GW_ERR_UNKNOWN_OUTCOME;
    return kept.code;
}

/* A wait that was too long is not tried twice, and neither is what may have been committed. */
static bool says_it_all(const struct my_session *session)
{
    const struct my_failure *failure = &session->failure;
    return failure->flags & (GW_ERR_CONN_LOST | GW_ERR_RETRYABLE) ||
           failure->code == GW_E_CANCELLED || failure->code == GW_E_LOCKED ||
           failure->code == GW_E_NO_MEMORY;
}

static gw_status send_block(struct my_session *session, struct my_block *block, struct gw_str sql)
{
    const struct my_rows rows = { .row = take_counts, .payload = block };
    session->committing = block->commits;
    gw_status status = my_execute(session, sql, &rows, NULL);
    session->committing = false;
    session->checked = status == GW_OK && !block->commits;
    if (status != GW_OK && block->commits && session->failure.native == INTERRUPTED)
        status = settle(session);
    return status;
}

gw_status my_block_run(struct my_session *session, struct my_block *block, bool *done)
{
    struct gw_buf text = GW_BUF((size_t)1 << 31);

    *done = true;
    session->implicit = false;
    session->block += 2;
    gw_status status = my_database_select(session, true);
    if (status == GW_OK)
        status = write_block(session, block, &text);
    if (status == GW_OK)
        status = send_block(session, block, (struct gw_str){ gw_buf_str(&text), text.len });
    gw_buf_free(&text);
    if (status == GW_OK || says_it_all(session))
        return status;
    my_try(session, "ROLLBACK");
    session->failure = (struct my_failure){ 0 };
    *done = false;
    return GW_OK;
}
