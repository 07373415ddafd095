/* SPDX-License-Identifier: Apache-2.0 */
/* One plugin, and by definitions of the build all the ways in which a plugin can be wrong. */
#include "trace.h"

#include <godwit/hook.h>
#include <godwit/sdk.h>
#include <stdlib.h>

#ifndef NOTE_MAJOR
#define NOTE_MAJOR GW_ABI_MAJOR
#endif
#ifndef NOTE_MINOR
#define NOTE_MINOR 0
#endif
#ifndef NOTE_KINDS
#define NOTE_KINDS GW_KIND_HOOK
#endif
#ifndef MAJOR
#define MAJOR NOTE_MAJOR
#endif
#ifndef MINOR
#define MINOR NOTE_MINOR
#endif
#ifndef ID
#define ID "org.example.plugin"
#endif
#ifndef SIZE
#define SIZE sizeof(struct gw_plugin)
#endif
#ifndef OPTION_SIZE
#define OPTION_SIZE sizeof(struct wide_option)
#endif
#ifndef PORT_DEFAULT
#define PORT_DEFAULT "80"
#endif
#ifndef SECOND_KEY
#define SECOND_KEY "wait"
#endif
#ifndef PROVIDES
#define PROVIDES provides
#endif
#ifndef CONSTRUCTED
#define CONSTRUCTED "yes"
#endif
#ifndef DESCRIPTOR
#define DESCRIPTOR &descriptor
#endif

/* Runs at dlopen: a refused file must never get here. */
__attribute__((constructor)) static void constructed(void)
{
    setenv("GODWIT_TEST_CONSTRUCTED", CONSTRUCTED, 1);
}

/* As a later release of the SDK might have it: wider than the host knows. */
struct wide_option {
    struct gw_option option;
    const char *later;
};

__attribute__((unused)) static const struct wide_option options[] = {
    { { "port", PORT_DEFAULT, NULL, NULL, "where to listen", GW_INT, 0, 1, 65535 }, "x" },
    { { SECOND_KEY, "2s", NULL, NULL, "how long to wait", GW_TIME, 0, 1000000, 60000000000 }, "x" },
    { { "mode", "fast", "fast|slow", NULL, "how", GW_TEXT, 0, 0, 0 }, "x" },
    { { "ratio", NULL, NULL, "GODWIT_TEST_RATIO", "how much", GW_REAL, 0, 0, 0 }, "x" },
    { { "loud", "false", NULL, NULL, NULL, GW_BOOL, 0, 0, 0 }, "x" },
    { { "password", NULL, NULL, "GODWIT_TEST_PASSWORD", "of the account", GW_TEXT,
        GW_OPT_REQUIRED | GW_OPT_SECRET, 0, 0 },
      "x" },
    { { "pin", NULL, NULL, NULL, NULL, GW_INT, GW_OPT_SECRET, 0, 0 }, "x" },
    { { "log_file", NULL, NULL, NULL, "where to log", GW_TEXT, GW_OPT_PATH, 0, 0 }, "x" },
    { { "speed", NULL, NULL, NULL, "use mode", GW_TEXT, GW_OPT_DEPRECATED, 0, 0 }, "x" },
};

__attribute__((unused)) static struct trace trace = { .struct_size = sizeof trace, .self = &trace };
__attribute__((unused)) static gw_status handle(struct gw_call *call, void *self,
                                                const struct gw_event *event)
{
    (void)call;
    (void)self;
    (void)event;
    return GW_OK;
}
__attribute__((unused)) static const struct gw_hook hook = { .struct_size = sizeof hook,
                                                             .handle = handle };
__attribute__((unused)) static const uint32_t short_table = 2;

__attribute__((unused)) static const struct gw_provides provides[] = { { "godwit.hook/1", &hook },
                                                                       { TRACE, &trace },
                                                                       { NULL, NULL } };
__attribute__((unused)) static const struct gw_provides no_table[] = { { "godwit.hook/1", NULL },
                                                                       { NULL, NULL } };
__attribute__((unused)) static const struct gw_provides short_size[] = {
    { "godwit.hook/1", &short_table }, { NULL, NULL }
};
__attribute__((unused)) static const struct gw_provides nothing[] = { { NULL, NULL } };

__attribute__((unused)) static gw_status plugin_init(struct gw_call *call,
                                                     const struct gw_host *host)
{
    static const struct gw_str line = GW_S("hello\033[31m");
    host->log(call, GW_LOG_WARN, line);
    trace.inits++;
#ifdef INIT_FAILS
    return gw_failf(host, call, GW_E_INTERNAL, "give it a %s", "%s", "no moon today");
#else
    return GW_OK;
#endif
}

__attribute__((unused)) static void plugin_fini(void)
{
    trace.finis++;
    if (trace.clock)
        trace.fini_at = ++*trace.clock;
}

__attribute__((unused)) static const struct gw_plugin descriptor = {
    .struct_size = SIZE,
    .abi_major = MAJOR,
    .abi_minor = MINOR,
    .id = ID,
    .version = "1.2",
    .options = &options[0].option,
    .n_options = sizeof options / sizeof options[0],
    .option_size = OPTION_SIZE,
    .provides = PROVIDES,
    .init = plugin_init,
    .fini = plugin_fini,
};

#ifndef NO_NOTE
__attribute__((section(GW_NOTE_SECTION), used, aligned(4))) static const struct gw_note note = {
    7, 12, GW_NOTE_TYPE, GW_NOTE_NAME, NOTE_MAJOR, NOTE_MINOR, NOTE_KINDS, 0
};
#endif

#ifndef NO_SYMBOL
GW_EXPORT const struct gw_plugin *godwit_plugin_v1(void)
{
    return DESCRIPTOR;
}
#endif

#ifdef TWO_NOTES
__attribute__((section(GW_NOTE_SECTION), used, aligned(4))) static const struct gw_note again = {
    7, 12, GW_NOTE_TYPE, GW_NOTE_NAME, NOTE_MAJOR, NOTE_MINOR, NOTE_KINDS, 0
};
#endif

#ifdef TWO_SYMBOLS /* as one that serves a later major too; the test gives both the same name */
GW_EXPORT const struct gw_plugin *godwit_plugin_v2(void);
GW_EXPORT const struct gw_plugin *godwit_plugin_v2(void)
{
    return DESCRIPTOR;
}
#endif
