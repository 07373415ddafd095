/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/isolate/host.h"

#include "plugin/isolate/spawn.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

enum {
    ALTERNATE_STACK = 64 << 10, /* a plugin may die of its stack's end */
    PROBE = 16 << 20,           /* bytes; whoever cannot have them has run out of memory */
    CPU_MARGIN_S = 5            /* from SIGXCPU to SIGKILL */
};

/* ---- what is taken away before the plugin's code runs ---- */

static bool limit(int resource, int64_t most, int64_t margin)
{
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)resource, &now))
        return false;
    rlim_t hard = (rlim_t)(most + margin);
    if (now.rlim_max == RLIM_INFINITY || hard < now.rlim_max)
        now.rlim_max = hard;
    now.rlim_cur = (rlim_t)most < now.rlim_max ? (rlim_t)most : now.rlim_max;
    return setrlimit((__rlimit_resource_t)resource, &now) == 0;
}

/* AddressSanitizer keeps terabytes of addresses for itself. */
static bool limit_memory(int64_t bytes)
{
#ifdef __SANITIZE_ADDRESS__
    (void)bytes;
    return true;
#else
    return !bytes || limit(RLIMIT_AS, bytes, 0);
#endif
}

static bool confine(const struct gw_hello *hello)
{
    return limit(RLIMIT_CORE, 0, 0) && limit(RLIMIT_NOFILE, hello->files, 0) &&
           limit(RLIMIT_CPU, hello->cpu_s, CPU_MARGIN_S) && limit_memory(hello->memory);
}

/* Whoever had started us may be gone before we asked to go with him. */
static bool bind_to_parent(void)
{
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* ---- dying ---- */

/* Tells by an unused signal that it died for want of memory; else by the one that it is. The handler is gone by now. */
static void on_death(int number)
{
    int how = number;
    sigset_t open;
    void *probe = mmap(NULL, PROBE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (probe == MAP_FAILED)
        how = SIGSTKFLT;
    else
        munmap(probe, PROBE);
    sigemptyset(&open);
    sigaddset(&open, how);
    sigprocmask(SIG_UNBLOCK, &open, NULL);
    raise(how);
}

static bool watch_deaths(void)
{
    static const int deaths[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
    const stack_t stack = { .ss_sp = mmap(NULL, ALTERNATE_STACK, PROT_READ | PROT_WRITE,
                                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
                            .ss_size = ALTERNATE_STACK };
    struct sigaction action = { .sa_handler = on_death,
                                .sa_flags = SA_ONSTACK | SA_NODEFER | (int)SA_RESETHAND };

    if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL))
        return false;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof deaths / sizeof deaths[0]; i++)
        if (sigaction(deaths[i], &action, NULL))
            return false;
    return true;
}

/* ---- the work ---- */

static bool start(struct gw_server *server, struct gw_hello *hello, struct gw_arena *arena)
{
    struct gw_plugin_facts *facts = &server->plugin.facts;

    if (!gw_server_receive(server, NULL, 0, NULL) || server->type != GW_MSG_HELLO)
        return false;
    char *kept = gw_arena_copy(arena, server->in.data, server->in.len);
    struct gw_items items = gw_items_of((struct gw_str){ kept, kept ? server->in.len : 0 });
    gw_take_word(&items); /* no instance */
    gw_take_int(&items, 0, INT64_MAX);
    gw_take_hello(&items, hello);
    if (!gw_items_end(&items) || getppid() != (pid_t)hello->parent || !confine(hello))
        return false;
    server->plugin.name = hello->name;
    snprintf(facts->path, sizeof facts->path, "%s", hello->path);
    facts->kinds = hello->kinds;
    facts->abi_major = hello->abi_major;
    facts->abi_minor = hello->abi_minor;
    return watch_deaths();
}

static int serve(struct gw_server *server, struct gw_arena *arena)
{
    struct gw_hello hello;

    if (close_range(GW_HOST_FDS, ~0U, 0) || !bind_to_parent())
        return GW_INTERNAL;
    if (!start(server, &hello, arena) || !gw_server_load(server))
        return GW_PLUGIN_REFUSED;
    while (gw_server_receive(server, NULL, 0, NULL))
        gw_server_serve(server);
    return GW_DONE;
}

int gw_plugin_host(void)
{
    struct gw_server *server = calloc(1, sizeof *server);
    struct gw_arena arena = { 0 };

    if (!server)
        return GW_INTERNAL;
    int code = serve(server, &arena);
    gw_vec_free(&server->instances);
    gw_buf_free(&server->in);
    gw_arena_free(&arena);
    free(server);
    return code;
}
