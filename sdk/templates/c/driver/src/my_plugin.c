/* SPDX-License-Identifier: 0BSD */
/* my-plugin: where a driver begins. It splits scripts at ';' outside of quotes and comments and it quotes;
 * open() refuses, and nothing behind it is reached, until you connect to your database there. */
#include <godwit/driver.h>
#include <godwit/sdk.h>

static const struct gw_host *the_host;

static gw_status plugin_init(struct gw_call *call, const struct gw_host *host)
{
    (void)call;
    the_host = host;
    return GW_OK;
}

static gw_status not_yet(struct gw_call *call, const char *entry)
{
    return gw_failf(the_host, call, GW_E_UNSUPPORTED, "src/my_plugin.c is the place",
                    "%s() does not speak to a database yet", entry);
}

/* ---- what needs no database ---- */

/* Where the quoted text or comment that begins at `at` ends; at itself if none begins there. */
static uint64_t skip(struct gw_str s, uint64_t at)
{
    const char c = s.ptr[at], next = at + 1 < s.len ? s.ptr[at + 1] : '\0';
    const char *closing = c == '\'' ? "'" : c == '"' ? "\"" : c == '`' ? "`" : NULL;
    size_t end;

    if (c == '-' && next == '-')
        closing = "\n";
    else if (c == '/' && next == '*')
        closing = "*/";
    if (!closing)
        return at;
    end = gw_str_find(s, closing, at + (c == '/' || c == '-' ? 2 : 1));
    return end < s.len ? end + strlen(closing) : s.len;
}

static int is_comment(struct gw_str s, uint64_t at)
{
    return s.ptr[at] == '-' || s.ptr[at] == '/';
}

static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static gw_status driver_split(struct gw_call *call, void *conn, struct gw_str script,
                              const struct gw_split_out *out)
{
    uint64_t at = 0, begin = 0, end = 0; /* [begin, end): the statement so far; empty: none */
    gw_status status = GW_OK;
    (void)conn;

    while (at < script.len && status == GW_OK) {
        const uint64_t behind = skip(script, at);
        const int ends = behind == at && script.ptr[at] == ';';
        const int counts =
            behind > at ? !is_comment(script, at) : !ends && !is_space(script.ptr[at]);
        const uint64_t next = behind > at ? behind : at + 1;
        if (counts) {
            begin = end ? begin : at;
            end = next;
        }
        if (ends && end) {
            status = out->statement(call, begin, end, GW_CLASS_A);
            end = 0;
        }
        at = next;
    }
    if (status == GW_OK && end)
        status = out->statement(call, begin, end, GW_CLASS_A);
    return gw_after(status);
}

static gw_status driver_quote(struct gw_call *call, void *conn, uint32_t kind, struct gw_str text,
                              const struct gw_text_out *out)
{
    const struct gw_str mark = gw_str_of(kind == GW_QUOTE_NAME ? "\"" : "'");
    size_t from = 0, at;
    gw_status status;
    (void)conn;

    if (kind != GW_QUOTE_NAME && kind != GW_QUOTE_TEXT)
        return gw_failf(the_host, call, GW_E_ARGUMENT, NULL, "unknown kind of quoting");
    if (text.len && memchr(text.ptr, '\0', text.len))
        return gw_failf(the_host, call, GW_E_ARGUMENT, NULL, "a NUL cannot be quoted");
    status = out->text(call, mark);
    while (status == GW_OK && (at = gw_str_find(text, mark.ptr, from)) < text.len) {
        const struct gw_str piece = { text.ptr + from, at + 1 - from };
        status = out->text(call, piece);
        if (status == GW_OK)
            status = out->text(call, mark); /* a quote is written twice */
        from = at + 1;
    }
    if (status == GW_OK) {
        const struct gw_str rest = { text.ptr + from, text.len - from };
        status = out->text(call, rest);
    }
    if (status == GW_OK)
        status = out->text(call, mark);
    return gw_after(status);
}

/* ---- what does ---- */

static gw_status driver_open(struct gw_call *call, const struct gw_open *how, void **conn)
{
    (void)how;
    (void)conn;
    return not_yet(call, "open");
}

static void driver_close(void *conn)
{
    (void)conn;
}

static gw_status driver_info(struct gw_call *call, void *conn, const struct gw_fields_out *out)
{
    (void)conn;
    (void)out;
    return not_yet(call, "info");
}

static gw_status driver_run(struct gw_call *call, void *conn, const struct gw_run *run,
                            const struct gw_run_out *out)
{
    (void)conn;
    (void)run;
    (void)out;
    return not_yet(call, "run");
}

static gw_status driver_flush(struct gw_call *call, void *conn)
{
    (void)conn;
    return not_yet(call, "flush");
}

static gw_status driver_query(struct gw_call *call, void *conn,
                              const struct gw_statement *statement, const struct gw_rows_out *out)
{
    (void)conn;
    (void)statement;
    (void)out;
    return not_yet(call, "query");
}

static gw_status driver_lock(struct gw_call *call, void *conn, struct gw_str name)
{
    (void)conn;
    (void)name;
    return not_yet(call, "lock");
}

static gw_status driver_unlock(struct gw_call *call, void *conn, struct gw_str name)
{
    (void)conn;
    (void)name;
    return not_yet(call, "unlock");
}

static gw_status driver_holds(struct gw_call *call, void *conn, struct gw_str name)
{
    (void)conn;
    (void)name;
    return not_yet(call, "holds");
}

static void driver_interrupt(void *conn)
{
    (void)conn;
}

/* ---- what it is ---- */

static const char *const schemes[] = { "my-plugin", NULL };

static const char *const types[GW_TYPES] = {
    [GW_TYPE_KEY] = "VARCHAR(255)",
    [GW_TYPE_TEXT] = "TEXT",
    [GW_TYPE_INT] = "BIGINT",
    [GW_TYPE_BLOB] = "BLOB",
};

static const struct gw_driver driver = {
    .struct_size = sizeof driver,
    .threads = 1,
    .dialect = "my-plugin",
    .schemes = schemes,
    .types = types,
    .open = driver_open,
    .close = driver_close,
    .info = driver_info,
    .split = driver_split,
    .run = driver_run,
    .flush = driver_flush,
    .query = driver_query,
    .lock = driver_lock,
    .unlock = driver_unlock,
    .holds = driver_holds,
    .quote = driver_quote,
    .interrupt = driver_interrupt,
};

static const struct gw_provides provides[] = { { GW_DRIVER, &driver }, { NULL, NULL } };

static const struct gw_plugin descriptor = {
    .struct_size = sizeof descriptor,
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_API,
    .id = "org.example.my-plugin",
    .version = "0.1.0",
    .license = "0BSD",
    .summary = "a database",
    .provides = provides,
    .init = plugin_init,
};

GW_PLUGIN(my_plugin, GW_KIND_DRIVER, &descriptor);
