/* SPDX-License-Identifier: 0BSD */
/* my-plugin: a word that no migration may hold. No exception may leave a function that the host calls, and
 * tables are initialised by position: the ABI only ever appends members. */
#include <godwit/sdk.h>
#include <godwit/validator.h>
#include <new>
#include <string>

namespace
{

enum {
    OPTION_WORD = 0,
    OPTIONS
};
const gw_option options[OPTIONS] = {
    { "word", "FIXME", nullptr, nullptr, "the word that no migration may hold", GW_TEXT, 0, 0, 0 },
};

const gw_rule rules[] = {
    { "my-plugin/word", "a migration is finished",
      "A word that marks unfinished work is left in the file.", GW_SEVERITY_ERROR, 0 },
};

const gw_host *the_host;

gw_status plugin_init(gw_call *, const gw_host *host)
{
    the_host = host;
    return GW_OK;
}

/* Runs a function of ours; what it throws becomes a failure. */
template <typename Function> gw_status guarded(gw_call *call, Function function)
{
    try {
        return function();
    } catch (const std::bad_alloc &) {
        return gw_failf(the_host, call, GW_E_NO_MEMORY, nullptr, "out of memory");
    } catch (const std::exception &e) {
        return gw_failf(the_host, call, GW_E_INTERNAL, nullptr, "%s", e.what());
    }
}

/* An instance is its word. */
gw_status validator_open(gw_call *call, const gw_setup *setup, void **self)
{
    return guarded(call, [=]() -> gw_status {
        const gw_str word = gw_option_text(setup, OPTION_WORD);
        if (word.len == 0)
            return gw_failf(the_host, call, GW_E_ARGUMENT, "give it one", "option 'word' is empty");
        *self = new std::string(word.ptr, word.len);
        return GW_OK;
    });
}

void validator_close(void *self)
{
    delete static_cast<std::string *>(self);
}

gw_status validator_check(gw_call *call, void *self, const gw_subject *subject,
                          const gw_findings_out *out)
{
    return guarded(call, [=]() -> gw_status {
        const std::string &word = *static_cast<const std::string *>(self);
        const gw_str sql = subject->sql;
        for (size_t at = gw_str_find(sql, word.c_str(), 0); at < sql.len;
             at = gw_str_find(sql, word.c_str(), at + word.size())) {
            const gw_status status = gw_findf(out, call, &rules[0], at, at + word.size(),
                                              "finish it, or take the mark out",
                                              "'%s' is left in the migration", word.c_str());
            if (status)
                return gw_after(status);
            if (the_host->stopped(call))
                return gw_failf(the_host, call, GW_E_CANCELLED, nullptr, "cancelled");
        }
        return GW_OK;
    });
}

const gw_validator validator = {
    sizeof(gw_validator), /* struct_size */
    2,                    /* threads */
    GW_PHASE_FILES,       /* phases */
    rules,
    1, /* n_rules */
    sizeof(gw_rule),
    validator_open,
    validator_close,
    validator_check,
};

const gw_provides provides[] = { { GW_VALIDATOR, &validator }, { nullptr, nullptr } };

const gw_plugin descriptor = {
    sizeof(gw_plugin), /* struct_size */
    GW_ABI_MAJOR,
    GW_API,
    GW_P_ISOLATABLE,
    "org.example.my-plugin",
    "0.1.0", /* version */
    "",      /* vendor */
    "0BSD",
    "finds marks of unfinished work",
    "", /* url */
    options,
    OPTIONS,
    sizeof(gw_option),
    provides,
    plugin_init,
    nullptr, /* fini */
};

} // namespace

GW_PLUGIN(my_plugin, GW_KIND_VALIDATOR, &descriptor);
