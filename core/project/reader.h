/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of reading plugins.conf: scan the text, let libconfig parse it, check every key of it, then
 * read the values that count. */
#ifndef GW_PROJECT_READER_H
#define GW_PROJECT_READER_H

#include "base/vec.h"
#include "project/project.h"

struct config_setting_t; /* libconfig's */

enum gw_key_type {
    GW_KEY_NAME,     /* of a plugin: const char * */
    GW_KEY_TEXT,     /* const char * */
    GW_KEY_PATH,     /* relative to the folder of the file: const char *, openable from here */
    GW_KEY_ABSOLUTE, /* the same, made absolute */
    GW_KEY_OBJECT, /* the same for a shared object: no bare name, which one might think is searched for */
    GW_KEY_URL,      /* const char *; a file name counts from the folder, too */
    GW_KEY_CHOICE,   /* one of choices: const char * */
    GW_KEY_ORDINAL,  /* one of choices: an enum, by its position */
    GW_KEY_DURATION, /* int64_t, nanoseconds */
    GW_KEY_SIZE,     /* int64_t, bytes */
    GW_KEY_BOOL,     /* bool */
    GW_KEY_FORM, /* "off" or of a placeholder, as it stands, with no regard to ${}: const char * */
    GW_KEY_SHA256,  /* 64 hex digits: const char * */
    GW_KEY_PUBLIC,  /* 32 bytes as hex or base64: const char * */
    GW_KEY_TEXTS,   /* a list of texts: struct gw_texts */
    GW_KEY_OPTIONS, /* a group of any keys: struct gw_settings */
    GW_KEY_VARS     /* the same, text only */
};

struct gw_key {
    const char *group; /* "database" */
    const char *name;
    enum gw_key_type type;
    const char *fallback; /* NULL: none */
    const char *choices;  /* "a|b" */
    size_t offset;        /* in struct gw_project; of plugins in struct gw_plugin_entry */
};

extern const struct gw_key gw_keys[];
extern const size_t gw_n_keys;
extern const struct gw_key gw_plugin_keys[];
extern const size_t gw_n_plugin_keys;

struct gw_reader {
    struct gw_project *project;
    const char *name; /* of the file, in messages */
    const struct config_setting_t *root;
    const struct config_setting_t *chosen; /* the environment; NULL: none */
    size_t budget;                         /* bytes that the environment may still bring in */
    GW_VEC(struct gw_project_value) values;
    struct gw_fault *fault;
};

/* GW_USAGE with "FILE:LINE: path.of.key: " in front. */
int gw_reader_fail(struct gw_reader *reader, const struct config_setting_t *at, const char *format,
                   ...) GW_PRINTF(3, 4);

/* Refuses what libconfig would misread in silence, blow up on or open other files for. text ends with a
 * NUL, which len does not count. */
int gw_config_scan(const char *text, size_t len, const char *name, struct gw_fault *fault);

/* Checks every key and type in the whole file, environments that were not chosen too, and finds the
 * chosen one. */
int gw_config_check(struct gw_reader *reader, const char *environment);
/* Does text fit key? from_env: it may be a secret and is not quoted in the message. */
int gw_key_accept(struct gw_reader *reader, const struct config_setting_t *at,
                  const struct gw_key *key, const char *text, bool from_env);
/* Position of word in "a|b|c", or -1. */
int gw_choice_find(const char *choices, const char *word);

struct gw_expanded {
    const char *text; /* in the project's arena */
    bool from_env;
};
/* Replaces ${NAME} by the environment and $${ by ${. With out NULL the spelling alone is checked. */
int gw_expand(struct gw_reader *reader, const struct config_setting_t *at, const char *text,
              struct gw_expanded *out);

/* What may be shown of a text: nothing that came from the environment, no password. NULL when out of
 * memory. */
const char *gw_expanded_shown(struct gw_reader *reader, const struct gw_expanded *value);

/* Fills the project from the checked file. */
int gw_config_read(struct gw_reader *reader);
/* Reads one value, from at or, if that is NULL, the default, into base + key->offset. prefix is what
 * stands before the key's name in `config show`. */
int gw_value_read(struct gw_reader *reader, const struct gw_key *key,
                  const struct config_setting_t *at, const char *prefix, void *base);
/* Reads one key of an options or vars group. */
int gw_value_free(struct gw_reader *reader, const struct config_setting_t *at, const char *prefix,
                  struct gw_setting *out);
/* Adds a line to `config show`. */
int gw_value_note(struct gw_reader *reader, const char *prefix, const char *name, const char *shown,
                  const struct config_setting_t *at, bool from_env);

#endif
