/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GW_CLI_EDITOR_H
#define GW_CLI_EDITOR_H

#include "cli/command.h"

/* Opens paths (ends with NULL) in the user's editor and waits. The editor's name is split at spaces; no shell reads
 * it. GW_USAGE if it cannot be started or fails. */
int gw_editor_open(struct gw_cli *cli, const char *const *paths, struct gw_fault *fault);

#endif
