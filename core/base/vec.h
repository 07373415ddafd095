/* SPDX-License-Identifier: Apache-2.0 */
/* One typed vector. GW_VEC(int) numbers = { 0 }; if (!gw_vec_push(&numbers, 7)) out of memory. */
#ifndef GW_BASE_VEC_H
#define GW_BASE_VEC_H

#include <stdbool.h>
#include <stddef.h>

#define GW_VEC(type) \
    struct { \
        type *at; \
        size_t len; \
        size_t room; \
    }

/* False when out of memory; the vector is unchanged then. */
#define gw_vec_push(vec, ...) \
    (gw_vec_grow((void **)&(vec)->at, &(vec)->room, (vec)->len, sizeof *(vec)->at) \
         ? ((vec)->at[(vec)->len++] = (__VA_ARGS__), true) \
         : false)
/* Room for n in all, exactly. False when out of memory. */
#define gw_vec_reserve(vec, n) \
    gw_vec_room((void **)&(vec)->at, &(vec)->room, (n), sizeof *(vec)->at)
#define gw_vec_free(vec) gw_vec_drop((void **)&(vec)->at, &(vec)->len, &(vec)->room)

bool gw_vec_grow(void **at, size_t *room, size_t len, size_t size);
bool gw_vec_room(void **at, size_t *room, size_t n, size_t size);
void gw_vec_drop(void **at, size_t *len, size_t *room);

#endif
