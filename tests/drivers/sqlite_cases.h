/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what only SQLite has. Each returns the number of failed tests. */
#ifndef DRIVER_SQLITE_CASES_H
#define DRIVER_SQLITE_CASES_H

int sqlite_cases_run(const char *library);

#endif
