/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>

bool gw_vec_room(void **at, size_t *room, size_t n, size_t size)
{
    size_t total;
    if (n <= *room)
        return true;
    if (__builtin_mul_overflow(n, size, &total))
        return false;
    void *memory = realloc(*at, total);
    if (!memory)
        return false;
    *at = memory;
    *room = n;
    return true;
}

bool gw_vec_grow(void **at, size_t *room, size_t len, size_t size)
{
    return len < *room || gw_vec_room(at, room, *room ? *room + *room / 2 + 1 : 8, size);
}

void gw_vec_drop(void **at, size_t *len, size_t *room)
{
    free(*at);
    *at = NULL;
    *len = 0;
    *room = 0;
}
