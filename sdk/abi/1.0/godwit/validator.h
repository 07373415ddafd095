/* SPDX-License-Identifier: 0BSD */
/* godwit.validator/1: looks at migrations or at a database, and tells what it finds.
 *
 *   open --> check, check, ... --> close
 *
 * A validator changes nothing. It asks the database through godwit.host.session/1 and sees the other
 * migrations through godwit.host.migrations/1. What it finds is a finding, not a failure: a failure says
 * that it could not look, and stops the run as an error of its own (it fails closed). */
#ifndef GODWIT_VALIDATOR_H
#define GODWIT_VALIDATOR_H

#include <godwit/setup.h>

GW_C_BEGIN

#define GW_VALIDATOR "godwit.validator/1"

/* gw_validator.phases, gw_subject.phase (one of them) */
enum {
    GW_PHASE_FILES = 1 << 0,  /* a migration as text: no database; once a migration and direction */
    GW_PHASE_CLEAN = 1 << 1,  /* the same, while it is applied to a scratch database */
    GW_PHASE_BEFORE = 1 << 2, /* the target before the run: once */
    GW_PHASE_AFTER = 1 << 3,  /* the target after it: once */
    GW_PHASE_MONITOR = 1 << 4 /* the target while the new version serves: now and then */
};

/* gw_subject.direction */
enum {
    GW_DIRECTION_NONE = 0, /* BEFORE, AFTER, MONITOR */
    GW_DIRECTION_UP = 1,
    GW_DIRECTION_DOWN = 2
};

/* gw_subject.flags */
enum {
    GW_SUBJECT_APPLIED = 1 << 0 /* the target has this migration already */
};

/* One statement of gw_subject.sql, as the target's driver split it. It never grows. */
struct gw_span {
    uint64_t begin; /* bytes [begin, end) of sql */
    uint64_t end;
    uint64_t flags; /* GW_CLASS_* and GW_SPLIT_* of statement.h */
};

/* What is to be checked. Everything lives until check() returns. */
struct gw_subject {
    uint32_t struct_size;
    uint32_t direction;
    uint64_t phase;
    uint64_t flags;
    struct gw_str revision; /* empty in BEFORE, AFTER and MONITOR, and so are title, file and sql */
    struct gw_str title;
    struct gw_str file;    /* relative to the project's folder; for messages */
    struct gw_str dialect; /* "sqlite", ...; empty if unknown */
    struct gw_str sql;     /* of that direction. Whatever the author wrote: any bytes, any length */
    const struct gw_span *statements; /* NULL if the dialect's driver is not there */
    uint64_t n_statements;
};

/* gw_finding.severity, gw_rule.severity */
enum {
    GW_SEVERITY_NOTE = 0,
    GW_SEVERITY_WARN = 1,
    GW_SEVERITY_ERROR = 2 /* the validation fails */
};

struct gw_finding {
    uint32_t struct_size;
    int32_t severity;
    struct gw_str rule;     /* id of one of the validator's rules */
    struct gw_str message;  /* lower case, no full stop, subject in 'quotes'; never a secret */
    struct gw_str hint;     /* what the author can do; may be empty */
    struct gw_str url;      /* more about it; empty: the rule's own */
    struct gw_str revision; /* empty: the subject's */
    uint64_t begin;         /* bytes [begin, end) of the subject's sql; 0, 0: of the whole */
    uint64_t end;
};

/* The host's: copies. Non-zero: stop, and return it as it is (GW_OK on GW_STOP). */
struct gw_findings_out {
    uint32_t struct_size;
    uint32_t reserved;
    gw_status (*finding)(struct gw_call *, const struct gw_finding *);
};

/* Grows by its stride, gw_validator.rule_size. */
struct gw_rule {
    const char *id;      /* "vendor/rule", for ever: users write it into their files to allow it */
    const char *summary; /* one line */
    const char *doc;     /* why, with an example that is bad and one that is good; NULL: none */
    int32_t severity;    /* the usual one */
    uint32_t flags;      /* 0; reserved */
};

struct gw_validator {
    uint32_t struct_size;
    uint32_t
        threads;     /* 0 one call at a time in this plugin, 1 one at a time per instance, 2 free */
    uint64_t phases; /* when it wants to be called: GW_PHASE_* */
    const struct gw_rule *rules;
    uint32_t n_rules;
    uint32_t rule_size; /* sizeof(struct gw_rule) when the plugin was built */
    /* Optional, both or neither. open() sets *self; after a failure close() is not called. */
    gw_status (*open)(struct gw_call *, const struct gw_setup *, void **self);
    void (*close)(void *self);
    /* Required. self is NULL without open(). Long work asks host->stopped() and then returns
     * GW_E_CANCELLED or GW_E_TIMEOUT with a text. */
    gw_status (*check)(struct gw_call *, void *self, const struct gw_subject *,
                       const struct gw_findings_out *);
};

GW_C_END

#endif
