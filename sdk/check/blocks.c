/* SPDX-License-Identifier: 0BSD */
/* malloc and its like, counted: a program's own come before those of libc, for the plugin and its libraries,
 * too. Sizes would not do: libc's figures include what its per-thread caches hold. */
#include "blocks.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FOREIGN_MALLOC
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
#define FOREIGN_MALLOC
#endif

#ifdef FOREIGN_MALLOC

long check_blocks(void)
{
    return 0;
}

#else

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

void *malloc(size_t);
void *calloc(size_t, size_t);
void *realloc(void *, size_t);
void *memalign(size_t, size_t);
void *aligned_alloc(size_t, size_t);
int posix_memalign(void **, size_t, size_t);
void free(void *);

static atomic_long live;

long check_blocks(void)
{
    return live;
}

static void *counted(void *block)
{
    if (block)
        atomic_fetch_add(&live, 1);
    return block;
}

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    return counted(__libc_malloc(size));
}

__attribute__((visibility("default"))) void *calloc(size_t n, size_t size)
{
    return counted(__libc_calloc(n, size));
}

__attribute__((visibility("default"))) void *realloc(void *block, size_t size)
{
    void *moved = __libc_realloc(block, size);
    if (!block)
        return counted(moved);
    if (!moved && size == 0)
        atomic_fetch_sub(&live, 1);
    return moved;
}

__attribute__((visibility("default"))) void *memalign(size_t align, size_t size)
{
    return counted(__libc_memalign(align, size));
}

__attribute__((visibility("default"))) void *aligned_alloc(size_t align, size_t size)
{
    return counted(__libc_memalign(align, size));
}

__attribute__((visibility("default"))) int posix_memalign(void **out, size_t align, size_t size)
{
    if (align % sizeof(void *) || (align & (align - 1)) || !align)
        return EINVAL;
    *out = counted(__libc_memalign(align, size));
    return *out ? 0 : ENOMEM;
}

__attribute__((visibility("default"))) void free(void *block)
{
    if (block)
        atomic_fetch_sub(&live, 1);
    __libc_free(block);
}

#endif
