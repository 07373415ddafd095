/* SPDX-License-Identifier: Apache-2.0 */
/* What of a migration's text matters to a database: the ground of token_sha256. */
#ifndef GW_MIGRATION_TOKEN_H
#define GW_MIGRATION_TOKEN_H

#include "base/buf.h"

/* Appends text with white space and line ends folded to one space and comments left out, but not
 * within quotes. Kept as they are: '...', "...", `...`, $tag$...$tag$, comments that a database
 * acts on, and the comments in which migration tools give their orders (godwit:, +goose,
 * migrate:, no-transaction), save `godwit:allow`. Knows no dialect: from where two dialects
 * would read on differently, all is kept. */
void gw_token_fold(struct gw_buf *out, const char *text, size_t len);

#endif
