/* SPDX-License-Identifier: Apache-2.0 */
/* The migrations as they would be after a merge with another git revision. */
#ifndef GW_CLI_MERGED_H
#define GW_CLI_MERGED_H

#include "cli/command.h"

/* Loads into out what a merge of the working files with `ref` would give: files that either side added, without
 * those that either side deleted since they parted. The workspace is open with its files. GW_USAGE when git
 * is absent, knows no such revision, or the merged files are wrong. *out is to be freed in any case. */
int gw_merged_load(struct gw_history *out, struct gw_cli *cli, const char *ref,
                   struct gw_fault *fault);

#endif
