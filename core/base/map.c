/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct gw_map_slot {
    const char *key; /* NULL: free */
    uint32_t hash;
    uint32_t value;
};

static uint32_t map_hash(const struct gw_map *map, const char *key, size_t len)
{
    uint64_t hash;
    _Static_assert(sizeof map->seed == crypto_shorthash_KEYBYTES, "seed is one key");
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)key, len,
                     (const unsigned char *)map->seed);
    return (uint32_t)(hash ^ hash >> 32);
}

static bool map_grow(struct gw_map *map)
{
    size_t room = map->room ? map->room * 2 : 16;
    struct gw_map_slot *slots = calloc(room, sizeof *slots);
    if (!slots)
        return false;
    if (!map->room)
        randombytes_buf(map->seed, sizeof map->seed);
    for (size_t i = 0; i < map->room; i++) {
        if (!map->slots[i].key)
            continue;
        size_t at = map->slots[i].hash & (room - 1);
        while (slots[at].key)
            at = (at + 1) & (room - 1);
        slots[at] = map->slots[i];
    }
    free(map->slots);
    map->slots = slots;
    map->room = room;
    return true;
}

bool gw_map_add(struct gw_map *map, const char *key, uint32_t value, uint32_t *found)
{
    if (map->len + map->len / 2 >= map->room && !map_grow(map))
        return false;
    size_t len = strlen(key);
    uint32_t hash = map_hash(map, key, len);
    size_t at = hash & (map->room - 1);
    for (; map->slots[at].key; at = (at + 1) & (map->room - 1)) {
        if (map->slots[at].hash == hash && strcmp(map->slots[at].key, key) == 0) {
            *found = map->slots[at].value;
            return true;
        }
    }
    map->slots[at] = (struct gw_map_slot){ .key = key, .hash = hash, .value = value };
    map->len++;
    *found = value;
    return true;
}

uint32_t gw_map_get(const struct gw_map *map, const char *key, size_t len)
{
    if (!map->room)
        return GW_MAP_NONE;
    uint32_t hash = map_hash(map, key, len);
    for (size_t at = hash & (map->room - 1); map->slots[at].key; at = (at + 1) & (map->room - 1)) {
        const struct gw_map_slot *slot = &map->slots[at];
        if (slot->hash == hash && strncmp(slot->key, key, len) == 0 && slot->key[len] == '\0')
            return slot->value;
    }
    return GW_MAP_NONE;
}

void gw_map_free(struct gw_map *map)
{
    free(map->slots);
    *map = (struct gw_map){ 0 };
}
