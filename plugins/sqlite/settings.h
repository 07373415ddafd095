/* SPDX-License-Identifier: Apache-2.0 */
/* Session settings for one unit: those that the host asks for, and those that a migration changes itself. */
#ifndef SQLITE_SETTINGS_H
#define SQLITE_SETTINGS_H

#include "session.h"

enum {
    SQLITE_SETTINGS_MAX = 16
};

struct sqlite_settings {
    int64_t patience_ns; /* to put back */
    bool foreign_keys_given;
    bool foreign_keys; /* if given: for this unit */
    uint32_t save;     /* bit i: setting number i of the table changes, and is put back */
    uint32_t given;    /* bit i: the host gave value[i] */
    int64_t value[SQLITE_SETTINGS_MAX];
    uint32_t saved; /* bit i: before[i] is what to put back */
    int64_t before[SQLITE_SETTINGS_MAX];
};

/* Reads run->settings; sets the lock timeout at once. */
gw_status sqlite_settings_read(struct sqlite_session *session, const struct gw_run *run,
                               struct sqlite_settings *out);
/* A statement of the unit sets this pragma by itself. */
void sqlite_settings_touch(struct sqlite_settings *settings, const char *pragma);
/* Inside the transaction, if there is one: some of them end with it. */
gw_status sqlite_settings_apply(struct sqlite_session *session, struct sqlite_settings *settings);
/* As they were when apply() had run: the unit begins anew. */
gw_status sqlite_settings_again(struct sqlite_session *session, struct sqlite_settings *settings);
void sqlite_settings_restore(struct sqlite_session *session, struct sqlite_settings *settings);

#endif
