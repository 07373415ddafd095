/* SPDX-License-Identifier: Apache-2.0 */
/* The user's trust file: which files that projects bring along may run. $XDG_DATA_HOME/godwit/trusted, else
 * ~/.local/share/godwit/trusted; one "SHA256 PATH" a line, read as a stranger's text. */
#ifndef GW_PLUGIN_TRUSTED_H
#define GW_PLUGIN_TRUSTED_H

#include "base/arena.h"
#include "base/vec.h"

struct gw_trusted_entry {
    const char *path; /* absolute */
    char sha256[65];
};

struct gw_trusted { /* zero-initialise */
    struct gw_arena arena;
    const char *file; /* its path */
    GW_VEC(struct gw_trusted_entry) entries;
};

/* Reads the file; none is as good as an empty one. GW_PLUGIN_REFUSED if it is malformed, or if another user could
 * have written it. *out is to be freed in any case. */
int gw_trusted_load(struct gw_trusted *out, struct gw_fault *fault);
/* The same from its text; name stands for the file in messages. */
int gw_trusted_parse(struct gw_trusted *out, const char *text, size_t len, const char *name,
                     struct gw_fault *fault);
void gw_trusted_free(struct gw_trusted *trusted);

/* The entry of that path, or NULL. */
const struct gw_trusted_entry *gw_trusted_find(const struct gw_trusted *trusted, const char *path);

/* Replaces the entry of that path, or takes it away (sha256 NULL; *found tells whether there was one), and writes the
 * file: it is the old one or the whole new one. */
int gw_trusted_record(const char *path, const char *sha256, bool *found, struct gw_fault *fault);

#endif
