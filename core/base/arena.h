/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of a command or a run, freed at once. */
#ifndef GW_BASE_ARENA_H
#define GW_BASE_ARENA_H

#include "base/fault.h"
#include <godwit/base.h>

struct gw_arena_block;
struct gw_arena { /* zero-initialise */
    struct gw_arena_block *blocks;
};

/* All return NULL when out of memory. Memory is zeroed and aligned for any type. */
void *gw_arena_alloc(struct gw_arena *arena, size_t size);
void *gw_arena_array(struct gw_arena *arena, size_t count, size_t size); /* checks the product */
char *gw_arena_copy(struct gw_arena *arena, const char *bytes,
                    size_t len); /* adds a NUL; align 1 */
char *gw_arena_string(struct gw_arena *arena, const char *text);
char *gw_arena_printf(struct gw_arena *arena, const char *format, ...) GW_PRINTF(2, 3);
void gw_arena_free(struct gw_arena *arena);

#endif
