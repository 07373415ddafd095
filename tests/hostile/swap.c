/* SPDX-License-Identifier: Apache-2.0 */
/* A preloaded library: the plugin's file is exchanged right after it was checked, when the host is about to make the
 * copy that it loads. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((visibility("default"))) int memfd_create(const char *name, unsigned flags)
{
    const char *other = getenv("SWAP_FROM"), *plugin = getenv("SWAP_TO");
    if (other && plugin && access(other, F_OK) == 0 && rename(other, plugin))
        _exit(99);
    return (int)syscall(SYS_memfd_create, name, flags);
}
