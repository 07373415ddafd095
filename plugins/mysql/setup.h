/* SPDX-License-Identifier: Apache-2.0 */
/* What the driver makes of a session, and what migrations make of it. */
#ifndef MYSQL_SETUP_H
#define MYSQL_SETUP_H

#include "classify.h"
#include "session.h"

/* As open() leaves it: strict, autocommit, no endless waits, then database.session. */
gw_status my_setup(struct my_session *session);
/* Notes how to take back what this statement of a migration is about to do to the session. */
gw_status my_effects_note(struct my_session *session, struct gw_str sql,
                          const struct my_kind *kind);
/* Takes all of it back. */
gw_status my_effects_undo(struct my_session *session);
void my_effects_free(struct my_session *session);
/* The statement that follows is one of the host, or one of a migration, which may have said USE. */
gw_status my_database_select(struct my_session *session, bool of_host);

/* ---- settings of one unit ---- */

struct my_settings {
    int64_t lock_timeout_ns; /* to put back */
    uint64_t applied;        /* how many of run->settings are to be put back */
};
gw_status my_settings_apply(struct my_session *session, const struct gw_run *run,
                            struct my_settings *out);
void my_settings_restore(struct my_session *session, const struct gw_run *run,
                         const struct my_settings *settings);

#endif
