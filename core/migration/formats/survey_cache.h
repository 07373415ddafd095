/* SPDX-License-Identifier: Apache-2.0 */
/* What earlier runs read of thousands of unchanged files, so that they need not be opened again: their headers
 * and hashes, under size, times and inode, as git's index does it. In the user's own cache folder
 * ($XDG_CACHE_HOME or ~/.cache, godwit/); never trusted if another could have written it; any doubt about a
 * file means that it is read. What runs is always read from the file itself and compared with its hash. */
#ifndef GW_MIGRATION_FORMATS_SURVEY_CACHE_H
#define GW_MIGRATION_FORMATS_SURVEY_CACHE_H

#include "migration/formats/format.h"

struct gw_survey_cache;

/* NULL where a cache is not worth it (fewer than 500 files), not wanted (GODWIT_CACHE=off), has no place to
 * be, or without memory: every function takes NULL. dialect: as in scan; entries for another are another
 * cache. */
struct gw_survey_cache *gw_survey_cache_open(const struct gw_folder *folder, const char *dialect);
/* True, with *found filled (strings in arena), if name is as it was. Names must come in ascending order. */
bool gw_survey_cache_find(struct gw_survey_cache *cache, const struct gw_folder *folder,
                          const char *name, struct gw_found *found, struct gw_arena *arena);
/* Writes a new cache of found, if any file had to be read, and frees. found must be what find was asked for,
 * in that order; anything else writes nothing. Nothing that goes wrong here matters. */
void gw_survey_cache_close(struct gw_survey_cache *cache, const struct gw_found_list *found);

#endif
