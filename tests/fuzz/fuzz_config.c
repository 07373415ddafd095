/* SPDX-License-Identifier: Apache-2.0 */
/* plugins.conf from a stranger: read with and without an environment, and shown. */
#include "project/project.h"

#include <stdlib.h>

/* Without one, a plain failure; with one, text for people. */
static void check_fault(int code, const struct gw_fault *fault)
{
    if (code != fault->code || (code && code != GW_USAGE && code != GW_INTERNAL))
        abort();
}

static void read_config(const char *text, size_t size, const char *environment)
{
    struct gw_project project;
    struct gw_fault fault = { 0 };
    struct gw_buf shown = GW_BUF_TEXT;

    int code = gw_project_parse(&project, text, size, "plugins.conf", environment, &fault);
    check_fault(code, &fault);
    if (!code) {
        if (!project.database.url || !project.database.url_shown || !project.migrations.directory)
            abort();
        gw_project_show(&shown, &project);
    }
    gw_buf_free(&shown);
    gw_project_free(&project);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_config((const char *)data, size, NULL);
    read_config((const char *)data, size, "production");
    return 0;
}
