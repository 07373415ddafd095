/* SPDX-License-Identifier: Apache-2.0 */
#include "sqlite_cases.h"
int sqlite_cases_run(const char *library) { (void)library; return 0; }
