/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vec.h"

#include <stdint.h>
#include <stdlib.h>

bool gw_vec_grow(void **at, size_t *room, size_t len, size_t size)
{
    if (len < *room)
        return true;
    size_t more = *room ? *room + *room / 2 + 1 : 8;
    size_t total;
    if (__builtin_mul_overflow(more, size, &total))
        return false;
    void *memory = realloc(*at, total);
    if (!memory)
        return false;
    *at = memory;
    *room = more;
    return true;
}

void gw_vec_drop(void **at, size_t *len, size_t *room)
{
    free(*at);
    *at = NULL;
    *len = 0;
    *room = 0;
}
