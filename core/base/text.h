/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GW_BASE_TEXT_H
#define GW_BASE_TEXT_H

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the longest prefix that is valid UTF-8 (RFC 3629) without NUL; len if all is. */
size_t gw_text_valid(const char *text, size_t len);

/* The candidate nearest to word (optimal string alignment distance, at most a third of its length and
 * at most 3), or NULL. Candidates are compared without regard to case. */
const char *gw_text_nearest(const char *word, const char *const *candidates, size_t n);

/* Appends text with control characters, escape sequences and invalid UTF-8 made visible, so that a
 * stranger's text cannot steer the terminal. Newlines stay if keep_newlines. */
void gw_text_safe(struct gw_buf *out, const char *text, size_t len, bool keep_newlines);

/* Lower-case [a-z0-9_] of title, at most most bytes, "migration" if nothing is left. out: most + 1. */
void gw_text_slug(char *out, size_t most, const char *title);

/* "5s", "250ms", "2m", "1h", "1d", "10us", "10ns" or a bare "0" into nanoseconds; false if malformed
 * or out of range. */
bool gw_text_duration(const char *text, size_t len, int64_t *ns);

/* 1-based line and column (in bytes) of offset at. */
void gw_text_position(const char *text, size_t at, unsigned *line, unsigned *column);

#endif
