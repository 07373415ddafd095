/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be said when a plugin ends the program: who did it, and where the database stands. */
#ifndef GW_CLI_LAST_WORDS_H
#define GW_CLI_LAST_WORDS_H

#include "event/event.h"

/* A plugin that crashes is named on standard error; then the signal does what it would have done. events is kept for
 * gw_last_words, until it is NULL again. */
void gw_last_words_install(struct gw_events *events);
void gw_last_words_events(struct gw_events *events);

/* To be called at an exit that the command did not bring about: says which plugin did, if that can be told, and returns
 * the code to leave with. */
int gw_last_words(void);

#endif
