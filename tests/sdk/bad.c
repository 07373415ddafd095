/* SPDX-License-Identifier: Apache-2.0 */
/* A validator that is right, and by definitions of the build wrong in one way. */
#include <godwit/host_session.h>
#include <godwit/sdk.h>
#include <godwit/validator.h>

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(BAD_ID)
#define ID "no dots"
#else
#define ID "org.example.bad"
#endif
#if defined(BAD_DEFAULT)
#define DEFAULT "99"
#else
#define DEFAULT "2"
#endif
#if defined(UNKNOWN_RULE)
#define RULE "example/other"
#else
#define RULE "example/rule"
#endif

static const struct gw_option options[] = {
    { "limit", DEFAULT, NULL, NULL, "how many", GW_INT, 0, 1, 9 },
};
static const struct gw_rule rules[] = { { "example/rule", "a rule", NULL, GW_SEVERITY_WARN, 0 } };
static const struct gw_rule used = { RULE, "a rule", NULL, GW_SEVERITY_WARN, 0 };

static const struct gw_host *the_host;

#ifdef THREAD_IN_INIT
static void *wait_for_ever(void *nothing)
{
    for (;;)
        pause();
    return nothing;
}
#endif

static gw_status plugin_init(struct gw_call *call, const struct gw_host *host)
{
    (void)call;
    the_host = host;
#ifdef THREAD_IN_INIT
    pthread_t thread;
    pthread_create(&thread, NULL, wait_for_ever, NULL);
#endif
#ifdef UMASK_IN_INIT
    umask(0777);
#endif
    return GW_OK;
}

#ifdef SECOND_SYMBOL
GW_EXPORT int second_symbol(void);
GW_EXPORT int second_symbol(void)
{
    return 0;
}
#endif

/* What the plugin does wrong before it looks at its subject. */
__attribute__((unused)) static gw_status misbehave(struct gw_call *call)
{
#ifdef SILENT_FAILURE
    return GW_E_IO;
#endif
#ifdef PRINTS
    puts("hello");
#endif
#ifdef EXITS
    exit(0);
#endif
#ifdef ABORTS
    abort();
#endif
#ifdef INVALID_TEXT
    gw_logf(the_host, call, GW_LOG_INFO, "\xff\xfe");
#endif
#ifdef ENDLESS
    while (the_host->stopped(call))
        ;
#endif
    (void)call;
    return GW_OK;
}

/* The same for what it leaves behind. */
__attribute__((unused)) static gw_status leave_behind(struct gw_call *call)
{
#ifdef CHANGES_LOCALE
    setlocale(LC_ALL, "C.UTF-8");
#endif
#ifdef BLOCKS_SIGNALS
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
#endif
#ifdef CHANGES_FOLDER
    if (chdir("/usr"))
        return GW_OK;
#endif
#ifdef LEAKS_MEMORY
    char *volatile lost = malloc(100);
    if (!lost)
        return GW_OK;
#endif
#ifdef LEAKS_DESCRIPTOR
    if (open("/dev/null", O_RDONLY) < 0)
        return GW_OK;
#endif
#ifdef NEEDS_SERVICE
    const struct gw_host_session *session = the_host->service(the_host, GW_HOST_SESSION);
    const struct gw_text_into into = { .struct_size = sizeof into };
    if (session->struct_size == 0)
        return session->quote(call, gw_str_of("x"), &into);
#endif
#ifdef LATE_LOG
    static struct gw_call *first;
    if (first)
        the_host->log(first, GW_LOG_INFO, gw_str_of("late"));
    else
        first = call;
#endif
#ifdef ONE_AT_A_TIME
    static atomic_int inside;
    if (atomic_fetch_add(&inside, 1) > 0)
        abort();
    usleep(1000);
    atomic_fetch_sub(&inside, 1);
#endif
    (void)call;
    return GW_OK;
}

static gw_status check(struct gw_call *call, void *self, const struct gw_subject *subject,
                       const struct gw_findings_out *out)
{
    gw_status status = misbehave(call) || leave_behind(call) ? GW_E_IO : GW_OK;
    uint64_t end = subject->sql.len;
    (void)self;
#ifdef FINDING_OUTSIDE
    end++;
#endif
#ifdef TRUSTS_INPUT
    char copy[4096];
    for (size_t n = 0; subject->sql.ptr[n]; n++)
        ((volatile char *)copy)[n] = subject->sql.ptr[n];
#endif
    if (status)
        return status;
    for (int i = 0; i < 2; i++) {
        status = gw_findf(out, call, &used, 0, end, NULL, "something in '%.*s'",
                          (int)subject->title.len, subject->title.ptr);
#if defined(SWALLOWS)
        if (status)
            return status < 0 ? gw_failf(the_host, call, GW_E_IO, NULL, "lost") + 1 : GW_OK;
#elif !defined(GOES_ON)
        if (status)
            return gw_after(status);
#endif
    }
    return GW_OK;
}

static const struct gw_validator validator = {
    .struct_size = sizeof validator,
    .threads = 2,
    .phases = GW_PHASE_FILES | GW_PHASE_BEFORE,
    .rules = rules,
    .n_rules = 1,
    .rule_size = sizeof rules[0],
#ifndef NO_CHECK
    .check = check,
#endif
};
static const struct gw_provides provides[] = { { GW_VALIDATOR, &validator }, { NULL, NULL } };
static const struct gw_plugin descriptor = {
    .struct_size = sizeof descriptor,
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_API,
    .id = ID,
    .version = "1.0",
    .options = options,
    .n_options = 1,
    .option_size = sizeof options[0],
    .provides = provides,
    .init = plugin_init,
};

#ifdef NO_NOTE
GW_EXPORT const struct gw_plugin *godwit_plugin_v1(void)
{
    return &descriptor;
}
#else
GW_PLUGIN(bad, GW_KIND_VALIDATOR, &descriptor);
#endif
#ifdef NO_CHECK
gw_status (*const unused_check)(struct gw_call *, void *, const struct gw_subject *,
                                const struct gw_findings_out *) = check;
#endif
