/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gw_arena_block {
    struct gw_arena_block *next;
    size_t used;
    size_t size;
    _Alignas(max_align_t) unsigned char data[];
};

enum {
    BLOCK_FIRST = 4096,
    BLOCK_MOST = 65536
};

static void *block_take(struct gw_arena *arena, size_t size, size_t align)
{
    struct gw_arena_block *block = arena->blocks;
    size_t at = block ? (block->used + align - 1) & ~(align - 1) : 0;

    if (!block || size > block->size || at > block->size - size) {
        /* Blocks double up to a limit: a small command stays small, a large one makes few calls. */
        size_t room = block ? block->size * 2 : BLOCK_FIRST;
        if (room > BLOCK_MOST)
            room = BLOCK_MOST;
        if (room < size)
            room = size;
        if (size > SIZE_MAX - sizeof *block)
            return NULL;
        struct gw_arena_block *fresh = malloc(sizeof *fresh + room);
        if (!fresh)
            return NULL;
        fresh->used = 0;
        fresh->size = room;
        fresh->next = block;
        arena->blocks = fresh;
        block = fresh;
        at = 0;
    }
    block->used = at + size;
    return block->data + at;
}

void *gw_arena_alloc(struct gw_arena *arena, size_t size)
{
    void *memory = block_take(arena, size, _Alignof(max_align_t));
    return memory ? memset(memory, 0, size) : NULL;
}

void *gw_arena_array(struct gw_arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return gw_arena_alloc(arena, total);
}

char *gw_arena_copy(struct gw_arena *arena, const char *bytes, size_t len)
{
    if (len == SIZE_MAX)
        return NULL;
    char *text = block_take(arena, len + 1, 1);
    if (!text)
        return NULL;
    if (len)
        memcpy(text, bytes, len);
    text[len] = '\0';
    return text;
}

char *gw_arena_string(struct gw_arena *arena, const char *text)
{
    return gw_arena_copy(arena, text, strlen(text));
}

char *gw_arena_printf(struct gw_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return NULL;
    char *text = block_take(arena, (size_t)len + 1, 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}

void gw_arena_free(struct gw_arena *arena)
{
    struct gw_arena_block *block = arena->blocks;
    while (block) {
        struct gw_arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
}
