/* SPDX-License-Identifier: Apache-2.0 */
/* Other programs, started without a shell. */
#ifndef GW_CLI_PROCESS_H
#define GW_CLI_PROCESS_H

#include "base/buf.h"

/* From here on, what is started writes to fd by default; without, to ours. */
void gw_process_output(int fd);

/* Runs argv[0] (found through PATH), which has our terminal, and waits. GW_USAGE if it cannot be started or
 * does not exit with 0. */
int gw_process_terminal(const char *const *argv, struct gw_fault *fault);

/* The same, but how it exits is the caller's to judge: *status. GW_USAGE if it cannot be started or a signal
 * ended it. */
int gw_process_status(const char *const *argv, int *status, struct gw_fault *fault);

/* Runs argv[0] with `input` (may be NULL) on its stdin and gathers its stdout in out, whose ceiling is the
 * most that is taken. GW_USAGE if it cannot be started or does not exit with 0; the message then ends with
 * the first line of its stderr. */
int gw_process_read(struct gw_buf *out, const char *const *argv, const struct gw_buf *input,
                    struct gw_fault *fault);

#endif
