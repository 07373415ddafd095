/* SPDX-License-Identifier: 0BSD */
/* Tables are named like_this. Reads the statements that the driver has split, so that a name within a
 * comment or a string between statements is none of its business. */
#include <godwit/sdk.h>
#include <godwit/validator.h>

static const struct gw_rule rules[] = {
    { .id = "example/table-name",
      .summary = "tables are named like_this",
      .doc = "A name that needs quotes is written wrong sooner or later.\n"
             "bad:  CREATE TABLE \"Question Bank\" (...)\n"
             "good: CREATE TABLE question_bank (...)",
      .severity = GW_SEVERITY_WARN },
};

static const struct gw_host *the_host;

static gw_status plugin_init(struct gw_call *call, const struct gw_host *host)
{
    (void)call;
    the_host = host;
    return GW_OK;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* If the words (lower case, one space between them) stand at `at`: behind them and their white space. */
static uint64_t skip_words(struct gw_str sql, uint64_t at, uint64_t end, const char *words)
{
    uint64_t i = at;
    for (; *words; words++) {
        if (*words == ' ') {
            if (i == end || !is_space(sql.ptr[i]))
                return at;
            while (i < end && is_space(sql.ptr[i]))
                i++;
        } else if (i == end || lower(sql.ptr[i++]) != *words)
            return at;
    }
    return i;
}

/* Where the name ends: at its quote, or at what cannot be part of a bare name. */
static uint64_t name_end(struct gw_str sql, uint64_t at, uint64_t end)
{
    const char open = sql.ptr[at];
    const char close = open == '[' ? ']' : open == '"' || open == '`' ? open : '\0';
    uint64_t i = at + 1;

    if (close) {
        while (i < end && sql.ptr[i] != close)
            i++;
        return i < end ? i + 1 : end;
    }
    while (i < end && !is_space(sql.ptr[i]) && sql.ptr[i] != '(')
        i++;
    return i;
}

static int is_plain(struct gw_str sql, uint64_t begin, uint64_t end)
{
    for (uint64_t i = begin; i < end; i++) {
        const char c = sql.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '.')
            return 0;
    }
    return 1;
}

static gw_status check(struct gw_call *call, void *self, const struct gw_subject *subject,
                       const struct gw_findings_out *out)
{
    const struct gw_str sql = subject->sql;
    (void)self;

    for (uint64_t i = 0; subject->statements && i < subject->n_statements; i++) {
        const struct gw_span *statement = &subject->statements[i];
        const uint64_t begin = statement->begin, end = statement->end;
        uint64_t at = skip_words(sql, begin, end, "create table ");
        if (at == begin)
            continue;
        at = skip_words(sql, at, end, "if not exists ");
        const uint64_t behind = at < end ? name_end(sql, at, end) : end;
        if (the_host->stopped(call))
            return gw_failf(the_host, call, GW_E_CANCELLED, NULL, "cancelled");
        if (is_plain(sql, at, behind))
            continue;
        const gw_status status =
            gw_findf(out, call, &rules[0], at, behind, "use a-z, 0-9 and '_', without quotes",
                     "a table's name needs quotes or has upper case");
        if (status)
            return gw_after(status);
    }
    return GW_OK;
}

static const struct gw_validator validator = { .struct_size = sizeof validator,
                                               .threads = 2,
                                               .phases = GW_PHASE_FILES,
                                               .rules = rules,
                                               .n_rules = 1,
                                               .rule_size = sizeof rules[0],
                                               .check = check };
static const struct gw_provides provides[] = { { GW_VALIDATOR, &validator }, { NULL, NULL } };
static const struct gw_plugin descriptor = { .struct_size = sizeof descriptor,
                                             .abi_major = GW_ABI_MAJOR,
                                             .abi_minor = GW_API,
                                             .flags = GW_P_ISOLATABLE,
                                             .id = "org.godwit.example.validator-names",
                                             .version = "1.0",
                                             .license = "0BSD",
                                             .summary = "tables are named like_this",
                                             .provides = provides,
                                             .init = plugin_init };
GW_PLUGIN(validator_names, GW_KIND_VALIDATOR, &descriptor);
