/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GW_BASE_HASH_H
#define GW_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum {
    GW_HASH_BYTES = 32,
    GW_HASH_TEXT = 2 * GW_HASH_BYTES + 1
};

struct gw_hash { /* SHA-256, FIPS 180-4 */
    uint8_t bytes[GW_HASH_BYTES];
};

void gw_hash_of(struct gw_hash *out, const void *bytes, size_t len);
/* Lower-case hex with a NUL. */
void gw_hash_text(char out[GW_HASH_TEXT], const struct gw_hash *hash);
/* 0, or -1 if text is not 64 hex digits. */
int gw_hash_parse(struct gw_hash *out, const char *text, size_t len);
/* 32 bytes as 64 hex digits or in base64, as keys are written; 0 or -1. */
int gw_key_parse(struct gw_hash *out, const char *text, size_t len);
/* digits hex digits from the system's random source, and a NUL: digits + 1 bytes. */
void gw_random_hex(char *out, size_t digits);

#endif
