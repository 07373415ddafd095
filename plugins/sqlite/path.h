/* SPDX-License-Identifier: Apache-2.0 */
/* From database.url to a file. */
#ifndef SQLITE_PATH_H
#define SQLITE_PATH_H

#include "session.h"

#define SQLITE_IN_MEMORY ":memory:"

/* The file that url names, as it is written there, in memory of the caller; or SQLITE_IN_MEMORY. */
gw_status sqlite_path_read(struct sqlite_session *session, struct gw_str url, char **out);
/* Says why SQLite could not open it, before SQLite says "unable to open database file". */
gw_status sqlite_path_check(struct sqlite_session *session, const char *path, uint64_t flags);

#endif
