/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <sodium.h>

void gw_hash_of(struct gw_hash *out, const void *bytes, size_t len)
{
    crypto_hash_sha256(out->bytes, bytes, len);
}

void gw_hash_text(char out[GW_HASH_TEXT], const struct gw_hash *hash)
{
    sodium_bin2hex(out, GW_HASH_TEXT, hash->bytes, GW_HASH_BYTES);
}

int gw_hash_parse(struct gw_hash *out, const char *text, size_t len)
{
    size_t got = 0;
    if (len != 2 * GW_HASH_BYTES)
        return -1;
    if (sodium_hex2bin(out->bytes, GW_HASH_BYTES, text, len, NULL, &got, NULL) ||
        got != GW_HASH_BYTES)
        return -1;
    return 0;
}

int gw_key_parse(struct gw_hash *out, const char *text, size_t len)
{
    size_t got = 0;
    if (gw_hash_parse(out, text, len) == 0)
        return 0;
    if (sodium_base642bin(out->bytes, GW_HASH_BYTES, text, len, NULL, &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL) ||
        got != GW_HASH_BYTES)
        return -1;
    return 0;
}

void gw_random_hex(char *out, size_t digits)
{
    static const char alphabet[] = "0123456789abcdef";
    for (size_t i = 0; i < digits; i++)
        out[i] = alphabet[randombytes_uniform(16)];
    out[digits] = '\0';
}
