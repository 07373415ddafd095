/* SPDX-License-Identifier: Apache-2.0 */
/* The command line as one function. */
#ifndef GW_CLI_CLI_H
#define GW_CLI_CLI_H

#include <stdio.h>

/* Runs one command and returns its exit code (base/fault.h). */
int gw_cli_main(int argc, char **argv, FILE *in, FILE *out, FILE *err);

#endif
