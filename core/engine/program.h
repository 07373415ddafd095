/* SPDX-License-Identifier: Apache-2.0 */
/* A script as the engine runs it: statements with their class, grouped into units. */
#ifndef GW_ENGINE_PROGRAM_H
#define GW_ENGINE_PROGRAM_H

#include "engine/session.h"
#include "migration/script.h"

struct gw_program_statement {
    const char *sql;
    size_t len;
    unsigned line;                   /* in the file, from 1 */
    uint32_t class_;                 /* GW_CLASS_* */
    bool setting;                    /* changes the session alone */
    bool reading;                    /* and how what follows is read */
    const char *assert_text, *probe; /* NULL: none */
    struct gw_hash sha256;
};

/* Statements [first, first + n) that happen together. */
struct gw_unit {
    uint32_t first, n;
    bool transaction; /* false: one statement, which commits by itself */
};

struct gw_program {
    const struct gw_script *script; /* must outlive the program */
    GW_VEC(struct gw_program_statement) statements;
    GW_VEC(struct gw_unit) units;
    bool
        journalled; /* more than one unit, or one without a transaction: class T as a whole if false */
};

/* Splits and groups. What cannot be honoured (a ROLLBACK, a transaction left open, VACUUM within a transaction,
 * class N without a probe ...) is GW_USAGE with "FILE:LINE: ". *out is to be freed in any case. */
int gw_program_make(struct gw_program *out, struct gw_session *session,
                    const struct gw_script *script, struct gw_fault *fault);
/* What gw_program_make would refuse, all of it: take gets one after the other, with "FILE:LINE: " in front. Fails only
 * where the script cannot be looked at. */
typedef void gw_refusal_take(void *payload, const struct gw_fault *refusal);
int gw_program_refusals(struct gw_session *session, const struct gw_script *script,
                        gw_refusal_take *take, void *payload, struct gw_fault *fault);
void gw_program_free(struct gw_program *program);
/* "T", "A", "P" or "N". */
const char *gw_class_name(uint32_t class_);
/* Of the whole: T unless journalled, else the strictest of its statements. */
const char *gw_program_class(const struct gw_program *program);

#endif
