/* SPDX-License-Identifier: Apache-2.0 */
/* The files of new plugins, which the build puts into the program from sdk/templates/. */
#ifndef GW_CLI_TEMPLATES_H
#define GW_CLI_TEMPLATES_H

#include <stddef.h>

struct gw_template {
    const char *language;
    const char *kind; /* "common": of all kinds */
    const char *path; /* below the plugin's folder */
    const unsigned char *bytes;
    size_t len;
};

extern const struct gw_template gw_templates[]; /* ends with a NULL language */

#endif
