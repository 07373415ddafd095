/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/token.h"

#include <ctype.h>
#include <string.h>

struct fold {
    struct gw_buf *out;
    const char *at, *end;
    bool space;      /* white space was passed over */
    bool line_start; /* only white space since the last line end */
};

/* What was passed over before it counts as one space. */
static void put(struct fold *fold, const char *until)
{
    if (fold->space && fold->out->len)
        gw_buf_char(fold->out, ' ');
    fold->space = fold->line_start = false;
    gw_buf_add(fold->out, fold->at, (size_t)(until - fold->at));
    fold->at = until;
}

static bool starts(const struct fold *fold, const char *word)
{
    size_t len = strlen(word);
    return (size_t)(fold->end - fold->at) >= len && memcmp(fold->at, word, len) == 0;
}

static void skip_space(struct fold *fold)
{
    while (fold->at < fold->end && isspace((unsigned char)*fold->at))
        if (*fold->at++ == '\n')
            fold->line_start = true;
    fold->space = true;
}

static const char *line_end(const struct fold *fold)
{
    const char *end = memchr(fold->at, '\n', (size_t)(fold->end - fold->at));
    end = end ? end : fold->end;
    return end > fold->at && end[-1] == '\r' ? end - 1 : end;
}

/* Orders to a migration tool. */
static bool is_order(const char *text, const char *end)
{
    static const char *const orders[] = { "godwit:", "+goose", "migrate:", "no-transaction" };
    while (text < end && (*text == '-' || *text == ' ' || *text == '\t'))
        text++;
    size_t len = (size_t)(end - text);
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (len >= strlen(orders[i]) && strncasecmp(text, orders[i], strlen(orders[i])) == 0)
            return !(len >= 12 && strncasecmp(text, "godwit:allow", 12) == 0);
    return false;
}

/* "--" begins a comment everywhere, but in MySQL only before white space: what hangs on a word
 * there ("5--1") is kept. */
static void take_dashes(struct fold *fold)
{
    const char *end = line_end(fold);
    bool plain = fold->line_start || end - fold->at == 2 || isspace((unsigned char)fold->at[2]);
    if (fold->line_start && is_order(fold->at, end)) {
        gw_buf_char(fold->out, '\n');
        fold->space = false;
        put(fold, end);
        gw_buf_char(fold->out, '\n');
    } else if (plain) {
        fold->at = end;
        fold->space = true;
    } else
        put(fold, end);
}

static void take_block(struct fold *fold)
{
    size_t left = (size_t)(fold->end - fold->at);
    const char *close = memmem(fold->at + 2, left - 2, "*/", 2);
    const char *inner =
        close ? memmem(fold->at + 2, (size_t)(close - fold->at) - 2, "/*", 2) : NULL;
    if (!close || inner)
        put(fold, fold->end); /* nested in one dialect, not in another */
    else if (left > 2 && (fold->at[2] == '!' || fold->at[2] == '+' || fold->at[2] == 'M'))
        put(fold, close + 2);
    else {
        fold->at = close + 2;
        fold->space = true;
    }
}

static void take_quoted(struct fold *fold, char quote)
{
    const char *close = memchr(fold->at + 1, quote, (size_t)(fold->end - fold->at) - 1);
    bool escaped = close && close[-1] == '\\'; /* ends here in one dialect, not in another */
    put(fold, close && !escaped ? close + 1 : fold->end);
}

/* $$ or $tag$ up to the same again; any other dollar is plain text. */
static void take_dollar(struct fold *fold)
{
    const char *at = fold->at + 1;
    while (at < fold->end &&
           ((unsigned char)*at >= 0x80 || isalnum((unsigned char)*at) || *at == '_'))
        at++;
    if (at == fold->end || *at != '$' || isdigit((unsigned char)fold->at[1])) {
        put(fold, fold->at + 1);
        return;
    }
    size_t tag = (size_t)(at + 1 - fold->at);
    const char *close = memmem(at + 1, (size_t)(fold->end - at - 1), fold->at, tag);
    put(fold, close ? close + tag : fold->end);
}

static void take_plain(struct fold *fold)
{
    static const char special[] = " \t\r\n\f\v'\"`$-/#";
    const char *at = fold->at + 1;
    while (at < fold->end && !memchr(special, *at, sizeof special - 1)) /* NUL is plain, too */
        at++;
    put(fold, at);
}

void gw_token_fold(struct gw_buf *out, const char *text, size_t len)
{
    struct fold fold = { .out = out, .at = text, .end = text + len, .line_start = true };
    while (fold.at < fold.end) {
        char c = *fold.at;
        if (isspace((unsigned char)c))
            skip_space(&fold);
        else if (starts(&fold, "--"))
            take_dashes(&fold);
        else if (starts(&fold, "/*"))
            take_block(&fold);
        else if (c == '\'' || c == '"' || c == '`')
            take_quoted(&fold, c);
        else if (c == '$')
            take_dollar(&fold);
        else if (c == '#' && fold.line_start)
            put(&fold, line_end(&fold)); /* a comment in MySQL, an operator elsewhere */
        else
            take_plain(&fold);
    }
}
