/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/hooks.h"

#include "base/clock.h"
#include "base/vec.h"
#include "plugin/hook_abi.h"
#include "plugin/told.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

enum {
    QUEUE = 1024,  /* events that wait for slow hooks; the oldest are dropped */
    SAID = 4096,   /* events that hooks cause and nobody has emitted yet */
    HANDLE_S = 10, /* for one event, where the entry sets no timeout */
    LAST_S = 10    /* for all that are left when the run is over */
};

struct hook {
    const struct gw_plugin_loaded *plugin;
    struct gw_hook table;
    void *self;
    bool open, warned;
    bool told;               /* the user knows that it fails */
    struct gw_fault failure; /* why it is not open */
    int64_t timeout_ns;
};

struct gw_hooks {
    struct gw_consumer consumer; /* of the run's events */
    struct gw_events *events;
    const struct gw_stop *stop;
    GW_VEC(struct hook) all;
    pthread_t thread;
    bool running;
    /* what both threads use */
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    struct gw_told *queue[QUEUE]; /* a ring */
    size_t first, n;
    struct gw_told *said[SAID]; /* by hooks, to be emitted by the other thread */
    size_t n_said, lost;
    bool closing;
    int64_t give_up_ns;
    /* of the thread of the hooks */
    struct gw_events apart; /* its only consumer puts into said */
    struct gw_consumer keeper;
};

/* ---- which events ---- */

static bool matches(const char *wanted, const char *type)
{
    size_t len = strlen(wanted);
    if (len && wanted[len - 1] == '*')
        return strncmp(wanted, type, len - 1) == 0;
    return strcmp(wanted, type) == 0;
}

static bool wants(const struct hook *hook, const char *type)
{
    for (const char *const *one = hook->table.events; one && *one; one++)
        if (matches(*one, type))
            return true;
    return false;
}

static bool anyone_wants(const struct gw_hooks *hooks, const char *type)
{
    for (size_t i = 0; i < hooks->all.len; i++)
        if (wants(&hooks->all.at[i], type))
            return true;
    return false;
}

/* What plugins say is not told to plugins: they would answer each other for ever. */
static bool of_plugins(const char *type)
{
    return strncmp(type, "plugin.", 7) == 0 || strncmp(type, "hook.", 5) == 0;
}

/* ---- in the thread of the hooks ---- */

static void keep(struct gw_consumer *consumer, const struct gw_event *event)
{
    struct gw_hooks *hooks =
        (struct gw_hooks *)((char *)consumer - offsetof(struct gw_hooks, keeper));
    struct gw_told *told = event->level == GW_LEVEL_PROGRESS ? NULL : gw_told_of(event);

    if (!told)
        return;
    pthread_mutex_lock(&hooks->mutex);
    bool room = hooks->n_said < SAID;
    if (room)
        hooks->said[hooks->n_said++] = told;
    pthread_mutex_unlock(&hooks->mutex);
    if (!room)
        gw_told_free(told);
}

static void warn(struct gw_hooks *hooks, struct hook *hook, const char *type,
                 const struct gw_fault *fault)
{
    /* Once a run is enough for whoever reads along; who looks closer, or gathers events, gets them all. */
    gw_emit(&hooks->apart, hook->told ? GW_LEVEL_DETAIL : GW_LEVEL_WARN, "hook.failed",
            GW_FIELDS(gw_field_text("plugin", hook->plugin->name), gw_field_text("event", type),
                      gw_field_text("reason", fault->message)),
            "hook '%s' failed: %s", hook->plugin->name, fault->message);
    hook->told = true;
}

static int ask(struct gw_hooks *hooks, struct hook *hook, const struct gw_told *told,
               struct gw_fault *fault)
{
    struct gw_call call;

    if (!hook->open) {
        *fault = hook->failure;
        return fault->code;
    }
    gw_call_to(&call, hook->plugin, NULL, hooks->stop);
    call.events = &hooks->apart;
    call.deadline_ns = gw_clock_steady_ns() + hook->timeout_ns;
    if (!hook->plugin->isolated) { /* the guard is for the thread that runs the command */
        call.unguarded = true;
        gw_call_enter(&call, "handle", GW_UNCHANGED);
    }
    gw_status status = hook->table.handle(&call, hook->self, &told->event);
    return gw_call_end(&call, status, "handle", GW_UNCHANGED, fault);
}

static void tell_one(struct gw_hooks *hooks, struct hook *hook, struct gw_told *told)
{
    const bool gate = told->event.flags & GW_EVENT_GATE;
    struct gw_fault fault = { 0 };

    if (!wants(hook, told->type) || (hook->warned && !gate))
        return;
    if (!ask(hooks, hook, told, &fault))
        return;
    /* One that is gone was told of; it is not told of with every event. */
    hook->warned = !hook->open || gw_plugin_dead(hook->plugin);
    if (gate && !told->refusal.code) {
        told->refusal = fault;
        told->refusal.code = GW_UNCHANGED;
        hook->told = true;
        gw_fault_prefix(&told->refusal, "hook '%s' holds up '%s'", hook->plugin->name, told->type);
    } else if (!gate) {
        warn(hooks, hook, told->type, &fault);
    }
}

static struct gw_told *next_told(struct gw_hooks *hooks)
{
    struct gw_told *told = NULL;

    pthread_mutex_lock(&hooks->mutex);
    while (!hooks->n && !hooks->closing)
        pthread_cond_wait(&hooks->work, &hooks->mutex);
    if (hooks->n) {
        told = hooks->queue[hooks->first];
        hooks->first = (hooks->first + 1) % QUEUE;
        hooks->n--;
    }
    pthread_mutex_unlock(&hooks->mutex);
    return told;
}

static bool too_late(struct gw_hooks *hooks)
{
    pthread_mutex_lock(&hooks->mutex);
    bool late = hooks->closing && gw_clock_steady_ns() >= hooks->give_up_ns;
    hooks->lost += late;
    pthread_mutex_unlock(&hooks->mutex);
    return late;
}

static void *tell_all(void *payload)
{
    struct gw_hooks *hooks = payload;
    struct gw_told *told;

    while ((told = next_told(hooks))) {
        for (size_t i = 0; i < hooks->all.len && !too_late(hooks); i++)
            tell_one(hooks, &hooks->all.at[i], told);
        if (!(told->event.flags & GW_EVENT_GATE)) {
            gw_told_free(told);
            continue;
        }
        pthread_mutex_lock(&hooks->mutex); /* whoever waits at the gate frees it */
        told->passed = true;
        pthread_cond_broadcast(&hooks->done);
        pthread_mutex_unlock(&hooks->mutex);
    }
    return NULL;
}

/* ---- in the thread that emits ---- */

static void emit_said(struct gw_hooks *hooks)
{
    struct gw_told *said[64];
    size_t n;

    do {
        pthread_mutex_lock(&hooks->mutex);
        n = hooks->n_said < 64 ? hooks->n_said : 64;
        memcpy(said, hooks->said, n * sizeof *said);
        hooks->n_said -= n;
        memmove(hooks->said, hooks->said + n, hooks->n_said * sizeof *hooks->said);
        pthread_mutex_unlock(&hooks->mutex);
        for (size_t i = 0; i < n; i++) {
            gw_told_emit(hooks->events, said[i]);
            gw_told_free(said[i]);
        }
    } while (n);
}

/* A gate is waited for, so nothing is dropped while one is in the queue. */
static void queue(struct gw_hooks *hooks, struct gw_told *told)
{
    struct gw_told *oldest = NULL;

    pthread_mutex_lock(&hooks->mutex);
    if (hooks->n == QUEUE) {
        oldest = hooks->queue[hooks->first];
        hooks->first = (hooks->first + 1) % QUEUE;
        hooks->n--;
        hooks->lost++;
    }
    hooks->queue[(hooks->first + hooks->n++) % QUEUE] = told;
    pthread_cond_signal(&hooks->work);
    pthread_mutex_unlock(&hooks->mutex);
    gw_told_free(oldest);
}

static void wait_at_gate(struct gw_hooks *hooks, struct gw_told *told, struct gw_fault *refusal)
{
    pthread_mutex_lock(&hooks->mutex);
    while (!told->passed)
        pthread_cond_wait(&hooks->done, &hooks->mutex);
    pthread_mutex_unlock(&hooks->mutex);
    if (told->refusal.code && !refusal->code)
        *refusal = told->refusal;
    gw_told_free(told);
}

static void take(struct gw_consumer *consumer, const struct gw_event *event)
{
    struct gw_hooks *hooks = (struct gw_hooks *)consumer;

    if (of_plugins(event->type) || event->level == GW_LEVEL_DEBUG)
        return;
    emit_said(hooks);
    if (!anyone_wants(hooks, event->type))
        return;
    struct gw_told *told = gw_told_of(event);
    if (!told) {
        if (event->refusal)
            gw_fail_memory(event->refusal);
        return;
    }
    queue(hooks, told);
    if (event->refusal) {
        wait_at_gate(hooks, told, event->refusal);
        emit_said(hooks);
    }
}

static void ignore_close(struct gw_consumer *consumer)
{
    (void)consumer; /* gw_hooks_close does it: the registry goes before the events do */
}

/* ---- open and close ---- */

/* A failure of the hook's own stays in it. */
static int open_hook(struct gw_hooks *hooks, struct hook *hook, const struct gw_project *project,
                     const struct gw_plugin_entry *entry, struct gw_fault *fault)
{
    struct gw_arena arena = { 0 };
    struct gw_cell *options;
    struct gw_call call;

    int code = gw_options_fill(&arena, hook->plugin, &entry->options, project, &options, fault);
    if (!code && hook->table.open) {
        const struct gw_setup setup = { .struct_size = sizeof setup,
                                        .n_options = hook->plugin->descriptor.n_options,
                                        .options = options,
                                        .name = { entry->name, strlen(entry->name) },
                                        .folder = { project->folder, strlen(project->folder) } };
        gw_call_to(&call, hook->plugin, NULL, hooks->stop);
        gw_call_enter(&call, "open", GW_UNCHANGED);
        gw_status status = hook->table.open(&call, &setup, &hook->self);
        gw_call_end(&call, status, "open", GW_UNCHANGED, &hook->failure);
    }
    gw_arena_free(&arena);
    hook->open = !code && !hook->failure.code;
    hook->warned = !hook->open;
    if (!code && !hook->open)
        warn(hooks, hook, NULL, &hook->failure);
    return code;
}

static int add_hook(struct gw_hooks *hooks, struct gw_registry *registry,
                    const struct gw_project *project, const struct gw_plugin_entry *entry,
                    struct gw_fault *fault)
{
    struct hook hook = { .timeout_ns = entry->timeout_ns ? entry->timeout_ns : HANDLE_S * SECOND };

    int code = gw_registry_load(registry, entry->name, &hook.plugin, fault);
    if (code)
        return code;
    if (!gw_plugin_interface(hook.plugin, GW_HOOK, &hook.table, sizeof hook.table) ||
        !hook.table.handle || !hook.table.open != !hook.table.close) {
        gw_fail(fault, GW_PLUGIN_REFUSED, "plugin '%s' lacks a required slot of %s", entry->name,
                GW_HOOK);
        return gw_hint(fault, "this is a fault in '%s'; tell its author", hook.plugin->facts.path);
    }
    code = open_hook(hooks, &hook, project, entry, fault);
    if (!code && !gw_vec_push(&hooks->all, hook))
        code = gw_fail_memory(fault);
    if (code && hook.open && hook.table.close)
        hook.table.close(hook.self);
    return code;
}

/* Whoever has no room for hooks has none for their gates: that is not passed over. */
static int attach(struct gw_hooks *hooks, struct gw_fault *fault)
{
    struct gw_events *events = hooks->events;
    if (events && events->n_consumers < GW_CONSUMERS) {
        gw_events_add(events, &hooks->consumer);
        return GW_DONE;
    }
    gw_fail(fault, GW_PLUGIN_REFUSED, "hook '%s' cannot be told of events: this program %s",
            hooks->all.at[0].plugin->name, events ? "has too many readers of them" : "has none");
    return gw_hint(fault, "the program that embeds godwit has to see to that");
}

static int start(struct gw_hooks *hooks, struct gw_fault *fault)
{
    /* Signals are for the main thread: it is the one that waits and polls. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&hooks->thread, NULL, tell_all, hooks);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    hooks->running = !error;
    if (error)
        return gw_fail_errno(fault, GW_INTERNAL, error, "cannot start a thread for the hooks");
    return attach(hooks, fault);
}

static struct gw_hooks *make(struct gw_events *events, const struct gw_stop *stop)
{
    struct gw_hooks *hooks = calloc(1, sizeof *hooks);
    if (!hooks)
        return NULL;
    hooks->consumer = (struct gw_consumer){ take, ignore_close };
    hooks->keeper = (struct gw_consumer){ keep, ignore_close };
    hooks->events = events;
    hooks->stop = stop;
    gw_events_add(&hooks->apart, &hooks->keeper);
    pthread_mutex_init(&hooks->mutex, NULL);
    pthread_cond_init(&hooks->work, NULL);
    pthread_cond_init(&hooks->done, NULL);
    return hooks;
}

int gw_hooks_open(struct gw_hooks **out, struct gw_registry *registry,
                  const struct gw_project *project, struct gw_events *events,
                  const struct gw_stop *stop, struct gw_fault *fault)
{
    struct gw_hooks *hooks = NULL;
    int code = GW_DONE;

    *out = NULL;
    for (size_t i = 0; i < project->n_plugins && !code; i++) {
        const struct gw_plugin_entry *entry = &project->plugins[i];
        uint32_t kinds;
        code = gw_registry_kinds(registry, entry->name, &kinds, fault);
        if (code || !(kinds & GW_KIND_HOOK))
            continue;
        if (!hooks)
            hooks = make(events, stop);
        code = hooks ? add_hook(hooks, registry, project, entry, fault) : gw_fail_memory(fault);
    }
    if (!code && hooks)
        code = start(hooks, fault);
    if (code) {
        gw_hooks_close(hooks);
        return code;
    }
    *out = hooks;
    return GW_DONE;
}

static void finish(struct gw_hooks *hooks)
{
    if (!hooks->running)
        return;
    if (hooks->events)
        gw_events_remove(hooks->events, &hooks->consumer);
    pthread_mutex_lock(&hooks->mutex);
    hooks->closing = true;
    hooks->give_up_ns = gw_clock_steady_ns() + LAST_S * SECOND;
    pthread_cond_signal(&hooks->work);
    pthread_mutex_unlock(&hooks->mutex);
    pthread_join(hooks->thread, NULL);
}

void gw_hooks_close(struct gw_hooks *hooks)
{
    if (!hooks)
        return;
    finish(hooks);
    for (size_t i = hooks->all.len; i; i--) {
        const struct hook *hook = &hooks->all.at[i - 1];
        if (hook->open && hook->table.close)
            hook->table.close(hook->self);
    }
    emit_said(hooks);
    if (hooks->lost)
        gw_emit(hooks->events, GW_LEVEL_WARN, "hook.dropped",
                GW_FIELDS(gw_field_int("events", (int64_t)hooks->lost)),
                "%zu events came too fast for the hooks, and were not told to them", hooks->lost);
    pthread_cond_destroy(&hooks->done);
    pthread_cond_destroy(&hooks->work);
    pthread_mutex_destroy(&hooks->mutex);
    gw_vec_free(&hooks->all);
    free(hooks);
}
