/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/workspace.h"

#include "migration/formats/format.h"

#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void who_am_i(struct gw_who *out)
{
    char room[4096];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(geteuid(), &entry, room, sizeof room, &found) == 0 && found)
        snprintf(out->user, sizeof out->user, "%s", found->pw_name);
    else
        snprintf(out->user, sizeof out->user, "uid %ld", (long)geteuid());
    if (gethostname(out->host, sizeof out->host) != 0)
        snprintf(out->host, sizeof out->host, "unknown");
    out->host[sizeof out->host - 1] = '\0';
}

/* A database that does not exist yet is an empty one, where it is to be created. */
static int open_session(struct gw_workspace *workspace, enum gw_need need, struct gw_fault *fault)
{
    struct gw_session *session = &workspace->session;
    int code = gw_session_open(session, need == GW_NEED_WRITE ? 0 : GW_OPEN_READ_ONLY, fault);
    if (code && session->status == GW_E_NOT_FOUND && session->driver.caps & GW_CAP_CREATE) {
        *fault = (struct gw_fault){ 0 };
        return GW_DONE;
    }
    return code;
}

static int open_database(struct gw_workspace *workspace, enum gw_need need, struct gw_fault *fault)
{
    int code = GW_DONE;
    if (need >= GW_NEED_READ)
        code = open_session(workspace, need, fault);
    if (!code && need >= GW_NEED_DRIVER)
        code = gw_state_init(&workspace->state, &workspace->session, fault);
    if (!code && need >= GW_NEED_READ) /* the first query: where a database does its own loading */
        code = gw_state_fetch(&workspace->state, &workspace->session, fault);
    if (!code && need == GW_NEED_WRITE)
        who_am_i(&workspace->who);
    return code;
}

/* Reading thousands of files and opening a large database take about as long as each other and share nothing,
 * so the files are read in a thread meanwhile. A driver that is not ours may change the working directory or close what
 * it did not open: it has to wait, so that nobody but itself is led astray. */
struct files_job {
    struct gw_workspace *workspace;
    const char *dialect;
    struct gw_fault fault;
    int code;
    pthread_t thread;
    bool running;
};

static void *files_read(void *payload)
{
    struct files_job *job = payload;
    job->code = gw_history_load(&job->workspace->history, &job->workspace->project, job->dialect,
                                &job->fault);
    return NULL;
}

static void files_begin(struct files_job *job, bool apart)
{
    /* Signals are for the main thread: it is the one that waits and polls. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    job->running = apart && pthread_create(&job->thread, NULL, files_read, job) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!job->running)
        files_read(job);
}

static int files_end(struct files_job *job, int code, struct gw_fault *fault)
{
    if (job->running)
        pthread_join(job->thread, NULL);
    job->running = false;
    if (job->code) { /* a mistake in the files comes before whatever the database says */
        *fault = job->fault;
        return job->code;
    }
    return code;
}

static int open_driver(struct gw_workspace *workspace, struct gw_fault *fault)
{
    int code = gw_registry_new(&workspace->registry, &workspace->project, NULL, workspace->events,
                               workspace->stop, fault);
    if (!code)
        code = gw_session_init(&workspace->session, workspace->registry, &workspace->project,
                               workspace->events, workspace->stop, fault);
    return code;
}

/* What was not configured but found out is said: a wrong guess must not stay unseen. */
static void say_format(const struct gw_workspace *workspace)
{
    const struct gw_history *history = &workspace->history;
    if (workspace->project.migrations.format || history->format == gw_formats[0])
        return;
    gw_emit(workspace->events, GW_LEVEL_INFO, "format.detected",
            GW_FIELDS(gw_field_text("format", history->format->name),
                      gw_field_text("directory", history->directory)),
            "'%s' is read as files of %s; migrations.format in plugins.conf settles it",
            history->directory, history->format->name);
}

/* What lies where the format's own tool does not look may have been meant to run: that is said, too. */
static void say_passed(const struct gw_workspace *workspace)
{
    const struct gw_history *history = &workspace->history;
    if (!history->n_passed)
        return;
    gw_emit(workspace->events, GW_LEVEL_WARN, "files.passed",
            GW_FIELDS(gw_field_text("file", history->passed[0]),
                      gw_field_int("files", (int64_t)history->n_passed)),
            "%s/%s%s: not where %s looks for migrations, and passed over; `godwit check` lists"
            " such files, migrations.ignore in plugins.conf says that it is meant",
            history->directory, history->passed[0], history->n_passed > 1 ? " and others" : "",
            history->format->name);
}

int gw_workspace_open(struct gw_workspace *out, const struct gw_project_where *where,
                      enum gw_need need, struct gw_events *events, const struct gw_stop *stop,
                      struct gw_fault *fault)
{
    struct files_job job = { .workspace = out };

    *out = (struct gw_workspace){ .events = events, .stop = stop };
    int code = gw_project_load(&out->project, where, fault);
    if (!code && need >= GW_NEED_DRIVER)
        code = open_driver(out, fault);
    if (code)
        return code;
    job.dialect = out->session.driver.dialect;
    files_begin(&job, need >= GW_NEED_READ && out->session.plugin->trust == GW_TRUST_BUNDLED);
    code = open_database(out, need, fault);
    code = files_end(&job, code, fault);
    if (!code)
        say_format(out);
    if (!code && need >= GW_NEED_READ)
        say_passed(out);
    if (!code && need == GW_NEED_WRITE &&
        !out->session.conn) /* only now: a mistake above makes no file */
        code = gw_session_open(&out->session, GW_OPEN_CREATE, fault);
    if (!code && need == GW_NEED_WRITE)
        code = gw_hooks_open(&out->hooks, out->registry, &out->project, events, stop, fault);
    return code ? code : gw_workspace_reload(out, fault);
}

int gw_workspace_reload(struct gw_workspace *workspace, struct gw_fault *fault)
{
    if (workspace->session.conn || workspace->state.exists)
        return gw_state_load(&workspace->state, &workspace->session, &workspace->history,
                             &workspace->applied, &workspace->arena, fault);
    workspace->applied = gw_arena_alloc(&workspace->arena, (size_t)workspace->history.n + 1);
    return workspace->applied ? GW_DONE : gw_fail_memory(fault);
}

void gw_workspace_close(struct gw_workspace *workspace)
{
    gw_hooks_close(workspace->hooks);
    gw_session_close(&workspace->session);
    gw_registry_free(workspace->registry);
    gw_state_free(&workspace->state);
    gw_history_free(&workspace->history);
    gw_project_free(&workspace->project);
    gw_arena_free(&workspace->arena);
    *workspace = (struct gw_workspace){ 0 };
}
