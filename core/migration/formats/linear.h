/* SPDX-License-Identifier: Apache-2.0 */
/* Formats whose files carry a version: from file names to revisions in order. */
#ifndef GW_MIGRATION_FORMATS_LINEAR_H
#define GW_MIGRATION_FORMATS_LINEAR_H

#include "migration/formats/common.h"

/* One file, or one pair of files, as its name tells. Strings in the arena. */
struct gw_entry {
    const char *version; /* digits, or dotted digits; NULL: none */
    const char *label;   /* what comes after the version, as in the name; may be empty */
    const char *id;      /* NULL: the version, made unique */
    const char *up;      /* file names; at least one is set */
    const char *down;
    uint32_t flags; /* GW_REV_* */
    enum gw_revision_kind kind;
};
struct gw_entries {
    GW_VEC(struct gw_entry) list;
};

struct gw_linear {
    gw_version_order *compare;
    bool strip_zeros; /* the tool stores the version as a number */
    bool lone_down;   /* a down without an up is a revision whose up is empty; else an error */
    /* Finds flags in the text of a file that has both directions; NULL: not needed. */
    int (*inspect)(struct gw_revision *revision, const char *file, const char *text, size_t len,
                   struct gw_fault *fault);
};

/* Adds a file whose name is VERSION, then separator, then label. Too long a version is an error. */
int gw_entries_add(struct gw_entries *entries, struct gw_arena *arena,
                   const struct gw_folder *folder, const char *name, enum gw_direction direction,
                   struct gw_str version, struct gw_str label, struct gw_fault *fault);
/* Joins entries that have only an up with those that have only a down: by version, and by label
 * too where several share a version. */
int gw_entries_pair(struct gw_entries *entries, const struct gw_linear *linear,
                    const struct gw_folder *folder, struct gw_fault *fault);
/* By version, then label. */
void gw_entries_sort(struct gw_entries *entries, gw_version_order *compare);
/* Reads and hashes the files of sorted entries and appends them to out. */
int gw_entries_finish(struct gw_found_list *out, const struct gw_entries *entries,
                      const struct gw_linear *linear, const struct gw_folder *folder,
                      struct gw_arena *arena, struct gw_fault *fault);

/* Whether name is directly in the folder and is VERSION, '_', LABEL and ".sql", VERSION all
 * digits. */
bool gw_name_numbered(const char *name, struct gw_str *version, struct gw_str *label);
/* Fails for a *.sql file whose name the format cannot place; form is what it takes. */
int gw_name_refuse(const struct gw_folder *folder, const char *name, const char *form,
                   struct gw_fault *fault);
/* If text ends in tail, cuts it off. */
bool gw_cut_tail(struct gw_str *text, const char *tail);

/* "a_b__c" -> "a b c". */
char *gw_label_title(struct gw_arena *arena, const char *label);
/* text with everything but letters, digits, '_' and '.' made '_'. */
char *gw_label_id(struct gw_arena *arena, const char *text);

/* For create(): the version of a new migration, continuing what the folder uses: a time stamp
 * after time stamps (and in an empty folder), else the next number, as wide as the last. NULL
 * with the fault set. */
const char *gw_version_next(struct gw_arena *arena, const struct gw_history *history,
                            const struct gw_create_options *options, struct gw_fault *fault);
/* digits plus one, at least as wide. NULL when out of memory. */
char *gw_digits_next(struct gw_arena *arena, const char *digits);
/* What every linear format refuses: options that only a graph can hold. */
int gw_linear_check(const struct gw_history *history, const struct gw_create_options *options,
                    struct gw_fault *fault);
/* Files with these texts called VERSION_SLUG and what ends says; the texts are used as they are. */
int gw_linear_create(struct gw_arena *arena, const struct gw_history *history,
                     const struct gw_create_options *options, const char *const ends[2],
                     const char *const contents[2], const char *names[3], const char *texts[3],
                     struct gw_fault *fault);

#endif
