/* SPDX-License-Identifier: Apache-2.0 */
/* What a hostile plugin does, chosen by the environment: HOSTILE=CALL.DEED[,CALL.DEED]... So one file is every plugin
 * that goes wrong in a call. A process of its own has no such variable: there the file ~/hostile says it. */
#ifndef TESTS_HOSTILE_DEEDS_H
#define TESTS_HOSTILE_DEEDS_H

#include <godwit/host.h>
#include <stdbool.h>

/* Is that deed asked for in that call? */
bool asked(const char *function, const char *deed);
/* Does what is asked for in that call, whatever the call is. true: the call returns *status at once. host is NULL in a
 * constructor. */
bool misbehave(const char *function, const struct gw_host *host, struct gw_call *call,
               gw_status *status);

#endif
