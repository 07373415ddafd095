/* SPDX-License-Identifier: Apache-2.0 */
/* Hash map from text to a 32-bit number (mostly an index into a vector). Keys are borrowed. */
#ifndef GW_BASE_MAP_H
#define GW_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gw_map_slot;
struct gw_map { /* zero-initialise */
    struct gw_map_slot *slots;
    size_t room; /* a power of two, or 0 */
    size_t len;
    uint64_t seed[2]; /* random: file names and ids come from strangers */
};

#define GW_MAP_NONE UINT32_MAX

/* Adds key unless it is there. *found gets the number stored under it: value if it was added.
 * False when out of memory. */
bool gw_map_add(struct gw_map *map, const char *key, uint32_t value, uint32_t *found);
uint32_t gw_map_get(const struct gw_map *map, const char *key,
                    size_t len); /* GW_MAP_NONE if absent */
void gw_map_free(struct gw_map *map);

#endif
