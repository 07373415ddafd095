/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GW_CLI_PROMPT_H
#define GW_CLI_PROMPT_H

#include "cli/command.h"

/* Asks `question` (one line, without the question mark). GW_DONE for yes; --yes answers it. Without a terminal, or
 * with --json, nobody is asked: GW_USAGE with the option to give. No: GW_UNCHANGED. */
int gw_prompt(struct gw_cli *cli, struct gw_fault *fault, const char *format, ...) GW_PRINTF(3, 4);

#endif
