/* SPDX-License-Identifier: Apache-2.0 */
/* Help, made of the tables. */
#ifndef GW_CLI_HELP_H
#define GW_CLI_HELP_H

#include "cli/command.h"

void gw_help_overview(struct gw_buf *out);
void gw_help_command(struct gw_buf *out, const struct gw_command *command);
/* The commands whose first word is family ("lock"). */
void gw_help_family(struct gw_buf *out, const char *family);
/* "godwit upgrade [TARGET] [options]" */
void gw_help_usage(struct gw_buf *out, const struct gw_command *command);

/* The command that words[0] (and words[1]) name; *used gets how many words that took. GW_USAGE with the
 * nearest name if there is none. A family named alone ("lock") gives GW_DONE, *out NULL and *used 1. */
int gw_command_find(const struct gw_command **out, const char *const *words, size_t n, size_t *used,
                    struct gw_fault *fault);

#endif
