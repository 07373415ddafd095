/* SPDX-License-Identifier: 0BSD */
/* my-plugin: a word that no migration may hold. */
#include <godwit/sdk.h>
#include <godwit/validator.h>
#include <stdlib.h>

enum {
    OPTION_WORD = 0,
    OPTIONS
};
static const struct gw_option options[OPTIONS] = {
    [OPTION_WORD] = { .key = "word",
                      .fallback = "FIXME",
                      .doc = "the word that no migration may hold",
                      .type = GW_TEXT },
};

static const struct gw_rule rules[] = {
    { .id = "my-plugin/word",
      .summary = "a migration is finished",
      .doc = "A word that marks unfinished work is left in the file.",
      .severity = GW_SEVERITY_ERROR },
};

static const struct gw_host *the_host;

static gw_status plugin_init(struct gw_call *call, const struct gw_host *host)
{
    (void)call;
    the_host = host;
    return GW_OK;
}

/* An instance is its word. */
static gw_status validator_open(struct gw_call *call, const struct gw_setup *setup, void **self)
{
    const struct gw_str word = gw_option_text(setup, OPTION_WORD);
    char *copy;

    if (word.len == 0)
        return gw_failf(the_host, call, GW_E_ARGUMENT, "give it one", "option 'word' is empty");
    copy = malloc(word.len + 1);
    if (!copy)
        return gw_failf(the_host, call, GW_E_NO_MEMORY, NULL, "out of memory");
    memcpy(copy, word.ptr, word.len);
    copy[word.len] = '\0';
    *self = copy;
    return GW_OK;
}

static void validator_close(void *self)
{
    free(self);
}

static gw_status validator_check(struct gw_call *call, void *self, const struct gw_subject *subject,
                                 const struct gw_findings_out *out)
{
    const char *word = self;
    size_t at = gw_str_find(subject->sql, word, 0);

    while (at < subject->sql.len) {
        const gw_status status =
            gw_findf(out, call, &rules[0], at, at + strlen(word), "finish it, or take the mark out",
                     "'%s' is left in the migration", word);
        if (status)
            return gw_after(status);
        if (the_host->stopped(call))
            return gw_failf(the_host, call, GW_E_CANCELLED, NULL, "cancelled");
        at = gw_str_find(subject->sql, word, at + strlen(word));
    }
    return GW_OK;
}

static const struct gw_validator validator = {
    .struct_size = sizeof validator,
    .threads = 2,
    .phases = GW_PHASE_FILES,
    .rules = rules,
    .n_rules = sizeof rules / sizeof rules[0],
    .rule_size = sizeof rules[0],
    .open = validator_open,
    .close = validator_close,
    .check = validator_check,
};

static const struct gw_provides provides[] = { { GW_VALIDATOR, &validator }, { NULL, NULL } };

static const struct gw_plugin descriptor = {
    .struct_size = sizeof descriptor,
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_API,
    .flags = GW_P_ISOLATABLE,
    .id = "org.example.my-plugin",
    .version = "0.1.0",
    .license = "0BSD",
    .summary = "finds marks of unfinished work",
    .options = options,
    .n_options = OPTIONS,
    .option_size = sizeof options[0],
    .provides = provides,
    .init = plugin_init,
};

GW_PLUGIN(my_plugin, GW_KIND_VALIDATOR, &descriptor);
