/* SPDX-License-Identifier: Apache-2.0 */
/* A stranger's shared object: every offset and size in it may be a lie. What is read of it lies within it. */
#include "plugin/object.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void check_text(const char *text, const char *bytes, size_t size)
{
    assert(text >= bytes && text < bytes + size);
    assert(memchr(text, '\0', size - (size_t)(text - bytes)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gw_object object;
    struct gw_fault fault = { 0 };
    char *bytes =
        malloc(size ? size : 1); /* exactly that long, so that one byte further is found */

    if (!bytes)
        return 0;
    if (size)
        memcpy(bytes, data, size);
    int code = gw_object_read(&object, bytes, size, "a.so", &fault);
    assert((code != 0) == (fault.message[0] != '\0'));
    for (size_t i = 0; i < object.n_needed; i++)
        check_text(object.needed[i], bytes, size);
    for (size_t i = 0; i < object.n_runpath; i++)
        check_text(object.runpath[i], bytes, size);
    for (gw_object_check *const *check = gw_object_checks; *check; check++) {
        struct gw_fault refusal = { 0 };
        code = (*check)(&object, "a.so", &refusal);
        assert((code != 0) == (refusal.message[0] != '\0'));
    }
    free(bytes);
    return 0;
}
