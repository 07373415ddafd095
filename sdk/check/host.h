/* SPDX-License-Identifier: 0BSD */
/* A host for the plugin under test: it watches what the plugin does with its calls and sinks. */
#ifndef CHECK_HOST_H
#define CHECK_HOST_H

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    CHECK_NEVER = -1
};

struct gw_call {
    atomic_bool live;
    struct check *check;
    const char *entry;
    pthread_t thread;
    gw_status code; /* recorded by fail() */
    bool said;      /* with a text */
    char message[256];
    atomic_int looks;
    int stop_after_ms; /* stopped() says so from then on; 0: at once; CHECK_NEVER */
    int64_t began_ns;
    gw_status sink_says;              /* what a sink returns ... */
    uint64_t sink_from;               /* ... from this piece on */
    uint64_t pieces;                  /* that came through sinks */
    bool sink_refused;                /* the sink has said no; nothing may come after it */
    const struct gw_subject *subject; /* of findings */
    uint64_t end;                     /* of the last statement of a split */
    uint64_t length;                  /* of the script */
    bool in_file;                     /* of a backup */
    struct check_archive *archive;    /* where a backup goes; NULL: nowhere */
};

extern const struct gw_host check_host;

/* Begins a call to that entry. The call stays valid memory after its end, so that a late use is found. */
struct gw_call *check_begin(struct check *check, const char *entry);
/* Judges what the entry returned: GW_OK or GW_STOP, or a failure with a text. Returns it. */
gw_status check_end(struct gw_call *call, gw_status returned);
int64_t check_elapsed_ms(const struct gw_call *call);

extern const struct gw_findings_out check_findings_out;
extern const struct gw_split_out check_split_out;
extern const struct gw_text_out check_text_out;
extern const struct gw_fields_out check_fields_out;
extern const struct gw_rows_out check_rows_out;
extern const struct gw_run_out check_run_out;
/* For all sinks: counts a piece and returns what the case wants to be returned. */
gw_status check_piece(struct gw_call *call);
bool check_in_call(struct gw_call *call, const char *function);

const void *check_service(const struct gw_host *host, const char *id);
/* Which case's `bare` and `broken` the services follow. */
void check_services_of(const struct check *check);

/* ---- instance.c: the kinds alike ---- */
struct check_instance {
    uint32_t kind;
    void *self;
    bool open;
};

/* Fills check->cells; false: an option of the command line is wrong. */
bool check_fill(struct check *check, enum check_values values);
/* check->cells as they are. Opens, or reports; returns whether it is open. */
bool check_open(struct check *check, uint32_t kind, struct check_instance *out, gw_status *status);
void check_close(struct check *check, struct check_instance *instance);

/* How calls of an exercise are made. */
struct check_how {
    int stop_after_ms;
    gw_status sink_says;
    uint64_t sink_from;
};
#define CHECK_USUAL ((struct check_how){ .stop_after_ms = CHECK_NEVER })
/* Calls every entry of the instance once, as the host would. */
void check_exercise(struct check *check, struct check_instance *instance,
                    const struct check_how *how);
void check_how_to(struct gw_call *call, const struct check_how *how);
/* Runs use for each kind that the plugin has, with an open instance (options by default). */
void check_each(struct check *check,
                void (*use)(struct check *, struct check_instance *, const void *),
                const void *payload);
gw_status check_init(struct check *check);
void check_fini(struct check *check);

/* ---- by kind ---- */
gw_status check_validate(struct check *check, void *self, const struct gw_subject *subject,
                         const struct check_how *how);
void check_exercise_validator(struct check *, void *self, const struct check_how *);
void check_exercise_backup(struct check *, void *self, const struct check_how *);
void check_exercise_hook(struct check *, void *self, const struct check_how *);
void check_exercise_driver(struct check *, void *conn, const struct check_how *);

#endif
