/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/formats/survey_cache.h"

#include "base/clock.h"
#include "base/file.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILES_LEAST = 500,
    TEXTS = 7, /* name, id, title, created, labels, revises, depends_on */
    LAYOUT = 1
};
#define CACHE_MOST ((size_t)256 << 20)
/* A file that changed within the clock's grain of being read may look unchanged: such an entry is not used. */
#define GRAIN_NS INT64_C(2000000000)

struct head {
    char magic[8];
    uint32_t layout, n;
    uint64_t text_len;
    int64_t written_ns;
    uint64_t check;     /* SipHash-2-4 of all that follows the head: a damaged cache is no cache */
    struct gw_hash key; /* program version, dialect, folder */
};

struct record {
    uint64_t dev, ino, size;
    int64_t mtime_ns, ctime_ns;
    uint64_t text; /* where its texts begin */
    struct gw_hash sha256;
    uint32_t flags, id_line, revises_line, depends_line, labels_line, reserved;
};

static const char magic[8] = "GWFILES";

struct gw_survey_cache {
    char *path;
    struct gw_buf bytes; /* the file as read */
    struct head head;    /* n is 0 if there is none that can be used */
    const char *text;
    uint32_t next; /* record to compare with the next name */
    struct gw_hash key;
    GW_VEC(struct record) seen; /* of each name asked for */
    bool stale;                 /* something had to be read */
};

/* ---- where ---- */

static int64_t ns_of(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

static char *cache_folder(struct gw_arena *arena)
{
    const char *cache = secure_getenv("XDG_CACHE_HOME"), *home = secure_getenv("HOME");
    const char *wish = secure_getenv("GODWIT_CACHE");
    if (wish && strcmp(wish, "off") == 0)
        return NULL;
    if (cache && cache[0] == '/')
        return gw_arena_printf(arena, "%s/godwit", cache);
    return home && home[0] == '/' ? gw_arena_printf(arena, "%s/.cache/godwit", home) : NULL;
}

static bool choose_path(struct gw_survey_cache *cache, const char *folder, const char *dialect)
{
    struct gw_arena arena = { 0 };
    char hex[GW_HASH_TEXT];
    char *real = realpath(folder, NULL);
    const char *key =
        real ? gw_arena_printf(&arena, "%s\n%s\n%s", GODWIT_VERSION, dialect ? dialect : "", real)
             : NULL;
    const char *where = cache_folder(&arena);

    if (key && where) {
        gw_hash_of(&cache->key, key, strlen(key));
        gw_hash_text(hex, &cache->key);
        hex[32] = '\0';
        if (asprintf(&cache->path, "%s/%s.files", where, hex) < 0)
            cache->path = NULL;
    }
    free(real);
    gw_arena_free(&arena);
    return cache->path != NULL;
}

/* ---- reading ---- */

static bool ours_alone(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
           !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static uint64_t check_of(const void *bytes, size_t len)
{
    static const unsigned char key[crypto_shorthash_KEYBYTES];
    uint64_t check;
    _Static_assert(sizeof check == crypto_shorthash_BYTES, "one number");
    crypto_shorthash((unsigned char *)&check, bytes, len, key);
    return check;
}

/* Sizes that fit together, and a text that ends: all that lookups rely on. */
static bool is_sound(struct gw_survey_cache *cache)
{
    const struct gw_buf *bytes = &cache->bytes;
    struct head head;

    if (bytes->len < sizeof head)
        return false;
    memcpy(&head, bytes->data, sizeof head);
    if (memcmp(head.magic, magic, sizeof magic) != 0 || head.layout != LAYOUT ||
        memcmp(&head.key, &cache->key, sizeof head.key) != 0)
        return false;
    size_t records = (size_t)head.n * sizeof(struct record), rest = bytes->len - sizeof head;
    if (rest < records || rest - records != head.text_len || head.text_len == 0 ||
        bytes->data[bytes->len - 1] != '\0' ||
        head.check != check_of(bytes->data + sizeof head, rest))
        return false;
    cache->head = head;
    cache->text = bytes->data + sizeof head + records;
    return true;
}

struct gw_survey_cache *gw_survey_cache_open(const struct gw_folder *folder, const char *dialect)
{
    struct gw_fault ignored = { 0 };
    struct gw_survey_cache *cache = folder->n < FILES_LEAST ? NULL : calloc(1, sizeof *cache);

    if (!cache)
        return NULL;
    cache->bytes = GW_BUF(CACHE_MOST);
    if (!choose_path(cache, folder->path, dialect) || !gw_vec_reserve(&cache->seen, folder->n)) {
        gw_survey_cache_close(cache, NULL);
        return NULL;
    }
    if (!ours_alone(cache->path) ||
        gw_file_read(&cache->bytes, AT_FDCWD, cache->path, cache->path, &ignored) ||
        !is_sound(cache))
        cache->head = (struct head){ 0 };
    return cache;
}

static struct record record_at(const struct gw_survey_cache *cache, uint32_t i)
{
    struct record record;
    memcpy(&record, cache->bytes.data + sizeof cache->head + i * sizeof record, sizeof record);
    return record;
}

/* The texts of a record; false if they run over the end. */
static bool texts_of(const struct gw_survey_cache *cache, const struct record *record,
                     const char *texts[TEXTS])
{
    uint64_t at = record->text;
    for (int i = 0; i < TEXTS; i++) {
        if (at >= cache->head.text_len)
            return false;
        texts[i] = cache->text + at;
        at += strlen(texts[i]) + 1;
    }
    return true;
}

static bool is_same(const struct gw_survey_cache *cache, const struct record *then,
                    const struct record *now)
{
    const int64_t settled = cache->head.written_ns - GRAIN_NS;
    return then->dev == now->dev && then->ino == now->ino && then->size == now->size &&
           then->mtime_ns == now->mtime_ns && then->ctime_ns == now->ctime_ns &&
           then->mtime_ns < settled && then->ctime_ns < settled;
}

static bool fill(struct gw_found *found, const struct record *record,
                 const char *const texts[TEXTS], struct gw_arena *arena)
{
    struct gw_revision *revision = &found->revision;
    revision->id = gw_arena_string(arena, texts[1]);
    revision->title = gw_arena_string(arena, texts[2]);
    revision->created = texts[3][0] ? gw_arena_string(arena, texts[3]) : NULL;
    revision->labels = texts[4][0] ? gw_arena_string(arena, texts[4]) : "";
    revision->flags = record->flags;
    revision->sha256 = record->sha256;
    found->revises = texts[5][0] ? gw_arena_string(arena, texts[5]) : "";
    found->depends_on = texts[6][0] ? gw_arena_string(arena, texts[6]) : "";
    found->id_line = record->id_line;
    found->revises_line = record->revises_line;
    found->depends_line = record->depends_line;
    found->labels_line = record->labels_line;
    found->root_given = record->revises_line && !texts[5][0];
    return revision->id && revision->title && revision->labels && found->revises &&
           found->depends_on && (revision->created || !texts[3][0]);
}

/* Moves to the record of name, if there is one. */
static bool seek(struct gw_survey_cache *cache, const char *name, struct record *record,
                 const char *texts[TEXTS])
{
    for (; cache->next < cache->head.n; cache->next++) {
        *record = record_at(cache, cache->next);
        int order = texts_of(cache, record, texts) ? strcmp(texts[0], name) : -1;
        if (order >= 0)
            return order == 0;
    }
    return false;
}

bool gw_survey_cache_find(struct gw_survey_cache *cache, const struct gw_folder *folder,
                          const char *name, struct gw_found *found, struct gw_arena *arena)
{
    struct record now = { 0 }, then;
    const char *texts[TEXTS];
    struct stat st;

    if (!cache)
        return false;
    /* Looked at before it is read: what changes after this shows next time. */
    if (fstatat(folder->fd, name, &st, 0) == 0)
        now = (struct record){ .dev = st.st_dev,
                               .ino = st.st_ino,
                               .size = (uint64_t)st.st_size,
                               .mtime_ns = ns_of(&st.st_mtim),
                               .ctime_ns = ns_of(&st.st_ctim) };
    bool hit = seek(cache, name, &then, texts) && is_same(cache, &then, &now) &&
               fill(found, &then, texts, arena);
    if (!gw_vec_push(&cache->seen, now) || !hit)
        cache->stale = true;
    return hit;
}

/* ---- writing ---- */

static void add_text(struct gw_buf *out, const char *text)
{
    gw_buf_add(out, text ? text : "", (text ? strlen(text) : 0) + 1);
}

static void add_texts(struct gw_buf *out, const struct gw_found *found)
{
    add_text(out, found->revision.file);
    add_text(out, found->revision.id);
    add_text(out, found->revision.title);
    add_text(out, found->revision.created);
    add_text(out, found->revision.labels);
    add_text(out, found->revises);
    add_text(out, found->depends_on);
}

static void save(const struct gw_survey_cache *cache, const struct gw_found_list *found)
{
    struct head head = { .layout = LAYOUT,
                         .n = (uint32_t)found->found.len,
                         .key = cache->key,
                         .written_ns = gw_clock_wall_ns() };
    struct gw_buf text = GW_BUF(CACHE_MOST / 2), out = GW_BUF(CACHE_MOST);
    struct gw_fault ignored = { 0 };
    struct gw_arena arena = { 0 };

    memcpy(head.magic, magic, sizeof magic);
    gw_buf_add(&out, &head, sizeof head);
    for (size_t i = 0; i < found->found.len; i++) {
        const struct gw_found *from = &found->found.at[i];
        struct record record = cache->seen.at[i];
        record.text = text.len;
        record.sha256 = from->revision.sha256;
        record.flags = from->revision.flags;
        record.id_line = from->id_line;
        record.revises_line = from->revises_line;
        record.depends_line = from->depends_line;
        record.labels_line = from->labels_line;
        add_texts(&text, from);
        gw_buf_add(&out, &record, sizeof record);
    }
    gw_buf_add(&out, text.data, text.len);
    if (!text.failed && !out.failed && text.len) {
        head.text_len = text.len;
        head.check = check_of(out.data + sizeof head, out.len - sizeof head);
        memcpy(out.data, &head, sizeof head);
        char *folder = gw_file_folder(&arena, cache->path);
        if (folder && !gw_file_make_folder(folder, &ignored) &&
            !gw_file_write(cache->path, out.data, out.len, GW_FILE_REPLACE, &ignored))
            chmod(cache->path, 0600); /* whatever the umask: else it is not trusted next time */
    }
    gw_arena_free(&arena);
    gw_buf_free(&text);
    gw_buf_free(&out);
}

void gw_survey_cache_close(struct gw_survey_cache *cache, const struct gw_found_list *found)
{
    if (!cache)
        return;
    if (found && cache->stale && found->found.len == cache->seen.len && found->found.len)
        save(cache, found);
    gw_vec_free(&cache->seen);
    gw_buf_free(&cache->bytes);
    free(cache->path);
    free(cache);
}
