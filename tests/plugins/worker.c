/* SPDX-License-Identifier: Apache-2.0 */
/* A validator, a backup and a hook in one, which do what the test tells them: by the SQL that is checked, by the name
 * of the database that is backed up, by the type of an event. First word: what to do. */
#include <errno.h>
#include <fcntl.h>
#include <godwit/backup.h>
#include <godwit/host_migrations.h>
#include <godwit/host_secrets.h>
#include <godwit/host_session.h>
#include <godwit/sdk.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define gw_event gw_hook_event
#include <godwit/hook.h>
#undef gw_event

enum {
    CHANNEL = 3,
    OPTION_CRASH = 0,
    OPTION_BYTES,
    OPTION_CHUNK,
    OPTION_SECRET,
    SLEEP_S = 30
};

struct self {
    char name[64], crash[64];
    uint64_t bytes, chunk;
    int calls;
};

static const struct gw_host *host;

static const struct gw_option options[] = {
    { "crash", "", NULL, NULL, "in which entry to die", GW_TEXT, 0, 0, 0 },
    { "bytes", "1000", NULL, NULL, "of a backup", GW_INT, 0, 0, 0 },
    { "chunk", "65536", NULL, NULL, "bytes of a write", GW_INT, 0, 1, 1 << 30 },
    { "password", NULL, NULL, "GODWIT_TEST_WORKER", "a secret", GW_TEXT, GW_OPT_SECRET, 0, 0 },
};

#if defined(DIE_IN_CONSTRUCTOR)
__attribute__((constructor)) static void constructed(void)
{
    raise(SIGSEGV);
}
#endif

/* ---- what it can be told to do ---- */

/* As it is in real life, and no report of a sanitizer. */
__attribute__((no_sanitize("address", "undefined"))) static gw_status crash(struct gw_call *call,
                                                                            const char *how)
{
    (void)call;
    if (strcmp(how, "abort") == 0)
        abort();
    volatile int *nowhere = NULL;
    *nowhere = 1;
    return GW_OK;
}

static gw_status do_exit(struct gw_call *call, const char *how)
{
    (void)call;
    exit((int)strtol(how, NULL, 10));
}

static gw_status do_loop(struct gw_call *call, const char *how)
{
    volatile unsigned n = 0;
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    if (strcmp(how, "stubborn") == 0)
        sigaction(SIGTERM, &ignore, NULL);
    if (strcmp(how, "polite") == 0)
        while (!host->stopped(call))
            usleep(1000);
    else
        for (;;)
            n = n + 1;
    return gw_failf(host, call, GW_E_TIMEOUT, "", "worker was told to stop");
}

static gw_status do_memory(struct gw_call *call, const char *how)
{
    static char *volatile last;
    (void)call;
    for (;;) {
        last = (char *)malloc(1 << 20);
        memset(last, 1, 1 << 20);
        if (!how)
            return GW_OK;
    }
}

static gw_status do_print(struct gw_call *call, const char *how)
{
    (void)call;
    printf("to stdout: %s\n", how);
    fprintf(stderr, "to stderr\033[31m\nwithout an end");
    return GW_OK;
}

static gw_status do_flood(struct gw_call *call, const char *how)
{
    for (;;) {
        puts("again and again");
        gw_logf(host, call, GW_LOG_DEBUG, "and again");
        if (!how)
            return GW_OK;
    }
}

/* Writes bytes of its own into the channel: one as it would be, but for what `how` says. */
static gw_status do_garbage(struct gw_call *call, const char *how)
{
    static const struct {
        const char *what, *bytes;
        size_t len;
    } all[] = {
        { "noise", "GET / HTTP/1.1\r\n\r\n", 18 },
        { "long", "\xff\xff\xff\x7f\x43\0\0\0\1\0\0\0", 12 },
        { "type", "\0\0\0\0\xee\0\0\0\4\0\0\0", 12 },
        { "id", "\0\0\0\0\x43\0\0\0\x63\0\0\0", 12 },
        { "flags", "\0\0\0\0\x43\0\1\0\4\0\0\0", 12 },
        { "order", "\0\0\0\0\x6b\0\0\0\4\0\0\0", 12 },
        { "empty", "\0\0\0\0\x42\0\0\0\4\0\0\0", 12 },
        { "text", "\x11\0\0\0\x43\0\0\0\4\0\0\0i\1\0\0\0\0\0\0\0t\2\0\0\0\xc3\x28\0", 29 },
        { "count", "\x0f\0\0\0\x42\0\0\0\4\0\0\0i\0\0\0\0\0\0\0\0n\xff\xff\xff\xff\0", 27 },
    };
    (void)call;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(all[i].what, how) == 0 && write(CHANNEL, all[i].bytes, all[i].len) < 0)
            return GW_OK;
    for (;;)
        pause();
}

static gw_status do_close(struct gw_call *call, const char *how)
{
    (void)call;
    (void)how;
    close(CHANNEL);
    sleep(SLEEP_S);
    return GW_OK;
}

/* Dies, and leaves behind somebody who holds every descriptor. */
static gw_status do_orphan(struct gw_call *call, const char *how)
{
    pid_t child = fork();
    if (child == 0) {
        sleep(SLEEP_S);
        _exit(0);
    }
    gw_logf(host, call, GW_LOG_INFO, "child %ld", (long)child);
    return crash(call, how);
}

static gw_status do_place(struct gw_call *call, const char *how)
{
    struct rlimit memory, core, files, cpu;
    char in[64] = "";
    ssize_t len = readlink("/proc/self/fd/0", in, sizeof in - 1);
    int open = 0;
    (void)how;

    in[len > 0 ? len : 0] = '\0';
    getrlimit(RLIMIT_AS, &memory);
    getrlimit(RLIMIT_CORE, &core);
    getrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_CPU, &cpu);
    for (int fd = 5; fd < 256; fd++)
        open += fcntl(fd, F_GETFD) >= 0;
    gw_logf(host, call, GW_LOG_INFO,
            "in %s, leader %d, core %ld, files %ld, cpu %ld, memory %ld, no-new-privs %d, open %d",
            in, getpgrp() == getpid(), (long)core.rlim_cur, (long)files.rlim_cur,
            (long)cpu.rlim_cur, (long)(memory.rlim_cur >> 20),
            prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), open);
    gw_logf(host, call, GW_LOG_INFO, "secret %s, path %s",
            getenv("GODWIT_TEST_SECRET") ? "seen" : "unseen", getenv("PATH") ? "seen" : "unseen");
    return GW_OK;
}

static gw_status do_fail(struct gw_call *call, const char *how)
{
    struct gw_error error = { .struct_size = sizeof error,
                              .code = GW_E_LOCKED,
                              .sqlstate = "55P03",
                              .native = 42,
                              .flags = GW_ERR_RETRYABLE,
                              .begin = 3,
                              .end = 9,
                              .message = GW_S("it is 'locked'"),
                              .detail = GW_S("by \xff somebody"),
                              .hint = GW_S("wait") };
    if (strcmp(how, "silent") == 0)
        return GW_E_IO;
    if (strcmp(how, "odd") == 0)
        return 77;
    return host->fail(call, &error);
}

/* ---- services ---- */

struct walk {
    const struct gw_findings_out *out; /* a finding for each row; NULL: a line of the log */
    int left;                          /* rows until it has seen enough; -1: never */
};

static gw_status one_more(struct walk *walk)
{
    return walk->left > 0 && --walk->left == 0 ? GW_STOP : GW_OK;
}

static gw_status take_columns(struct gw_call *call, void *self, const struct gw_column *columns,
                              uint32_t n)
{
    (void)self;
    gw_logf(host, call, GW_LOG_INFO, "%u columns, first '%s' %s", n, columns[0].name.ptr,
            columns[0].type.ptr);
    return GW_OK;
}

static gw_status take_row(struct gw_call *call, void *self, const struct gw_cell *cells, uint32_t n)
{
    static const struct gw_rule rule = { "worker/row", "a row", NULL, GW_SEVERITY_NOTE, 0 };
    struct walk *walk = self;
    (void)n;
    if (walk->out && cells[0].kind == GW_TEXT)
        gw_findf(walk->out, call, &rule, 0, 0, "", "row '%s'", cells[0].v.s.ptr);
    else
        gw_logf(host, call, GW_LOG_INFO, "row %lld",
                cells[0].kind == GW_INT ? (long long)cells[0].v.i : -1);
    return one_more(walk);
}

static gw_status take_piece(struct gw_call *call, void *self, struct gw_str piece)
{
    gw_logf(host, call, GW_LOG_INFO, "piece of %zu bytes: %.80s", piece.len, piece.ptr);
    return one_more(self);
}

static gw_status take_field(struct gw_call *call, void *self, const struct gw_field *field)
{
    gw_logf(host, call, GW_LOG_INFO, "%s = %s", field->key.ptr, field->val.v.s.ptr);
    return one_more(self);
}

static gw_status take_migration(struct gw_call *call, void *self,
                                const struct gw_migration *migration)
{
    gw_logf(host, call, GW_LOG_INFO, "%s %s %s %u %s %llx", migration->revision.ptr,
            migration->title.ptr, migration->file.ptr, migration->n_parents,
            migration->n_parents ? migration->parents[0].ptr : "-",
            (unsigned long long)migration->flags);
    return one_more(self);
}

static gw_status ask_session(struct gw_call *call, const char *how,
                             const struct gw_findings_out *out)
{
    const struct gw_host_session *session =
        (const struct gw_host_session *)host->service(host, GW_HOST_SESSION);
    struct walk walk = { strncmp(how, "find ", 5) == 0 ? out : NULL, -1 };
    const struct gw_rows_into rows = { sizeof rows, 0, &walk, take_columns, take_row };
    const struct gw_text_into text = { sizeof text, 0, &walk, take_piece };
    const struct gw_fields_into fields = { sizeof fields, 0, &walk, take_field };
    const struct gw_cell argument = { .kind = GW_INT, .v.i = 7 };

    if (strcmp(how, "info") == 0)
        return session->info(call, &fields);
    if (strncmp(how, "quote ", 6) == 0)
        return session->quote(call, gw_str_of(how + 6), &text);
    if (strncmp(how, "two ", 4) == 0)
        walk.left = 2;
    if (strncmp(how, "again ", 6) == 0 && session->query(call, gw_str_of(how + 6), NULL, 0, &rows))
        return GW_E_INTERNAL;
    how = strchr(how, ' ') + 1;
    return session->query(call, gw_str_of(how), &argument, strstr(how, "?1") != NULL, &rows);
}

static gw_status do_migrations(struct gw_call *call, const char *how)
{
    const struct gw_host_migrations *migrations =
        (const struct gw_host_migrations *)host->service(host, GW_HOST_MIGRATIONS);
    struct walk walk = { NULL, -1 };
    const struct gw_text_into text = { sizeof text, 0, &walk, take_piece };
    const struct gw_migrations_into into = { sizeof into, 0, &walk, take_migration };
    if (!*how)
        return migrations->list(call, &into);
    return migrations->text(call, gw_str_of(how), GW_TEXT_UP, &text);
}

static gw_status do_secret(struct gw_call *call, const char *how)
{
    const struct gw_host_secrets *secrets =
        (const struct gw_host_secrets *)host->service(host, GW_HOST_SECRETS);
    struct walk walk = { NULL, -1 };
    const struct gw_text_into text = { sizeof text, 0, &walk, take_piece };
    return secrets->get(call, gw_str_of(how), &text);
}

static gw_status act(struct gw_call *call, const char *text)
{
    static const struct {
        const char *word;
        gw_status (*act)(struct gw_call *, const char *how);
    } acts[] = {
        { "crash", crash },        { "exit", do_exit },   { "loop", do_loop },
        { "memory", do_memory },   { "print", do_print }, { "flood", do_flood },
        { "garbage", do_garbage }, { "close", do_close }, { "orphan", do_orphan },
        { "place", do_place },     { "fail", do_fail },   { "migrations", do_migrations },
        { "secret", do_secret },
    };
    size_t len = strcspn(text, " ");
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (strlen(acts[i].word) == len && strncmp(acts[i].word, text, len) == 0)
            return acts[i].act(call, text + len + (text[len] == ' '));
    return GW_OK;
}

/* ---- an instance ---- */

static gw_status any_open(struct gw_call *call, const struct gw_setup *setup, void **self)
{
    struct self *own = (struct self *)calloc(1, sizeof *own);
    snprintf(own->name, sizeof own->name, "%s", setup->name.ptr);
    snprintf(own->crash, sizeof own->crash, "%s", gw_option_text(setup, OPTION_CRASH).ptr);
    own->bytes = (uint64_t)gw_option_int(setup, OPTION_BYTES, 0);
    own->chunk = (uint64_t)gw_option_int(setup, OPTION_CHUNK, 1);
    gw_logf(host, call, GW_LOG_INFO, "open %s in %s with %s", own->name,
            setup->folder.len ? "a folder" : "nothing",
            gw_option_text(setup, OPTION_SECRET).len ? "a secret" : "none");
    if (strcmp(own->crash, "open") == 0)
        crash(call, "");
    if (strcmp(own->crash, "no") == 0) {
        free(own);
        return gw_failf(host, call, GW_E_ARGUMENT, "set it", "worker does not open");
    }
    *self = own;
    return GW_OK;
}

static void any_close(void *self)
{
    struct self *own = (struct self *)self;
    if (strcmp(own->crash, "close") == 0)
        crash(NULL, "");
    free(own);
}

/* ---- validator ---- */

static const struct gw_rule rules[] = { { "worker/rule", "a rule", "why", GW_SEVERITY_WARN, 0 },
                                        { "worker/row", "a row", NULL, GW_SEVERITY_NOTE, 0 } };

static gw_status worker_check(struct gw_call *call, void *self, const struct gw_subject *subject,
                              const struct gw_findings_out *out)
{
    struct self *own = (struct self *)self;
    const char *text = subject->sql.len ? subject->sql.ptr : "";
    const int dirty = strncmp(text, "dirty", 5) == 0;
    long n = dirty || strncmp(text, "find ", 5) == 0 ? strtol(text + 5, NULL, 10) : 0;

    if (strncmp(text, "ask ", 4) == 0)
        return ask_session(call, text + 4, out);
    if (strncmp(text, "echo", 4) == 0) {
        gw_logf(host, call, GW_LOG_INFO, "%d %s %s %s %s %llu spans %zu bytes", ++own->calls,
                subject->revision.ptr, subject->title.ptr, subject->file.ptr, subject->dialect.ptr,
                (unsigned long long)(subject->statements ? subject->statements[0].end : 0),
                subject->sql.len);
        host->progress(call, 1, 2, gw_str_of("half"));
    }
    for (long i = 0; i < n; i++) {
        gw_status says =
            gw_findf(out, call, &rules[0], 1, 4, "a hint", "found %ld%s", i, dirty ? " \xff" : "");
        if (says)
            return gw_after(says);
    }
    return act(call, text);
}

/* ---- backup ---- */

__attribute__((unused)) static uint64_t next(uint64_t *state)
{
    return *state = *state * 6364136223846793005U + 1442695040888963407U;
}

static gw_status worker_take(struct gw_call *call, void *self, const struct gw_target *target,
                             const struct gw_backup_out *out)
{
    struct self *own = (struct self *)self;
#ifdef KEEPS
    const struct gw_artifact artifact = { .struct_size = sizeof artifact,
                                          .locator = target->database,
                                          .meta = GW_S("again"),
                                          .bytes = own->bytes,
                                          .created_ns = 5 };
    return out->artifact(call, &artifact);
#else
    gw_status status = act(call, target->database.ptr);
    char *chunk = (char *)malloc(own->chunk);
    uint64_t state = 1;

    if (!status)
        status = out->file(call, gw_str_of("one.bin"), gw_str_of("application/octet-stream"));
    for (uint64_t i = 0; i + 8 <= own->chunk; i += 8) {
        uint64_t word = next(&state);
        memcpy(chunk + i, &word, 8);
    }
    for (uint64_t left = own->bytes; left && !status;) {
        const struct gw_str bytes = { chunk, (size_t)(left < own->chunk ? left : own->chunk) };
        memcpy(chunk, &left, own->chunk < 8 ? own->chunk : 8);
        status = out->write(call, bytes);
        left -= bytes.len;
    }
    if (!status)
        status = out->file(call, gw_str_of("two.txt"), gw_str_of("text/plain"));
    if (!status)
        status = out->write(call, gw_str_of("the end"));
    free(chunk);
    return gw_after(status);
#endif
}

static gw_status worker_restore(struct gw_call *call, void *self, const struct gw_backup_in *in,
                                const struct gw_artifact *artifact, const struct gw_target *target)
{
    struct self *own = (struct self *)self;
    struct gw_str name;
    gw_status status = act(call, target->database.ptr);
    char *chunk = (char *)malloc(own->chunk);

    if (artifact)
        gw_logf(host, call, GW_LOG_INFO, "restores %s %s", artifact->locator.ptr,
                artifact->meta.ptr);
    while (!artifact && !status && !(status = in->next_file(call, &name))) {
        uint64_t hash = 14695981039346656037U, bytes = 0;
        size_t got = 1;
        while (!status && got) {
            status = in->read(call, chunk, (size_t)own->chunk, &got);
            /* Of each page something: it has to be fast. */
            for (uint64_t at = (bytes + 4095) / 4096 * 4096; at < bytes + got; at += 4096)
                hash = (hash ^ (unsigned char)chunk[at - bytes]) * 1099511628211U;
            bytes += got;
        }
        gw_logf(host, call, GW_LOG_INFO, "file %s: %llu bytes, %llx", name.ptr,
                (unsigned long long)bytes, (unsigned long long)hash);
    }
    free(chunk);
    return gw_after(status);
}

#ifdef KEEPS
static gw_status worker_verify(struct gw_call *call, void *self, const struct gw_artifact *artifact)
{
    (void)self;
    return strcmp(artifact->locator.ptr, "bad") == 0
               ? gw_failf(host, call, GW_E_CORRUPT, "", "'%s' is corrupt", artifact->locator.ptr)
               : act(call, artifact->locator.ptr);
}

static gw_status worker_discard(struct gw_call *call, void *self,
                                const struct gw_artifact *artifact)
{
    (void)self;
    return act(call, artifact->locator.ptr);
}
#endif

/* ---- hook ---- */

static const char *const events[] = {
#ifdef EVENTS
    EVENTS,
#else
    "*",
#endif
    NULL
};

static gw_status worker_handle(struct gw_call *call, void *self, const struct gw_hook_event *event)
{
    struct self *own = (struct self *)self;
    const int gate = (event->flags & GW_EVENT_GATE) != 0;

    gw_logf(host, call, GW_LOG_INFO, "%s%s, %u fields", event->type.ptr, gate ? " (gate)" : "",
            event->n_fields);
    if (strcmp(own->crash, event->type.ptr) == 0)
        crash(call, "");
    if (strcmp(own->crash, "gate") == 0 && gate)
        return gw_failf(host, call, GW_E_PERMISSION, "ask the release manager", "not on a friday");
    if (strcmp(own->crash, "hang") == 0)
        return do_loop(call, "");
    return act(call, event->type.ptr);
}

/* ---- the plugin ---- */

static const struct gw_validator validator = { .struct_size = sizeof validator,
                                               .threads = 2,
                                               .phases = GW_PHASE_FILES | GW_PHASE_AFTER,
                                               .rules = rules,
                                               .n_rules = 2,
                                               .rule_size = sizeof rules[0],
                                               .open = any_open,
                                               .close = any_close,
                                               .check = worker_check };
static const struct gw_backup backup = { .struct_size = sizeof backup,
#ifdef KEEPS
                                         .caps = GW_BACKUP_KEEPS,
                                         .verify = worker_verify,
                                         .discard = worker_discard,
#else
                                         .caps = GW_BACKUP_STREAMS | GW_BACKUP_ONLINE,
#endif
                                         .open = any_open,
                                         .close = any_close,
                                         .take = worker_take,
                                         .restore = worker_restore };
static const struct gw_hook hook = { .struct_size = sizeof hook,
                                     .events = events,
                                     .open = any_open,
                                     .close = any_close,
                                     .handle = worker_handle };
static const struct gw_provides provides[] = {
#ifdef HOOK_ALONE
    { GW_HOOK, &hook },
#else
    { GW_VALIDATOR, &validator },
    { GW_BACKUP, &backup },
    { GW_HOOK, &hook },
#endif
    { NULL, NULL }
};

static gw_status worker_init(struct gw_call *call, const struct gw_host *ours)
{
    host = ours;
    gw_logf(host, call, GW_LOG_INFO, "init, and %s",
            host->service(host, "org.nobody/1") ? "odd" : "well");
#if defined(DIE_IN_INIT)
    return crash(call, "");
#else
    return GW_OK;
#endif
}

static void worker_fini(void)
{
#if defined(DIE_IN_FINI)
    crash(NULL, "");
#endif
}

static const struct gw_plugin descriptor = {
    .struct_size = sizeof descriptor,
    .abi_major = GW_ABI_MAJOR,
    .flags =
#ifndef NOT_ISOLATABLE
        GW_P_ISOLATABLE |
#endif
        GW_P_SECRETS,
    .id = "org.example.worker",
    .version = "1.0",
    .summary = "does what it is told",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .option_size = sizeof options[0],
    .provides = provides,
    .init = worker_init,
    .fini = worker_fini,
};

#ifdef HOOK_ALONE
GW_PLUGIN(worker, GW_KIND_HOOK, &descriptor);
#else
GW_PLUGIN(worker, GW_KIND_VALIDATOR | GW_KIND_BACKUP | GW_KIND_HOOK, &descriptor);
#endif
__attribute__((unused)) static const void *const spare[] = { (const void *)&validator,
                                                             (const void *)&backup };
