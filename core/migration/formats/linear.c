/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/formats/linear.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLUG_MOST = 60
};

char *gw_label_title(struct gw_arena *arena, const char *label)
{
    char *title = gw_arena_string(arena, label);
    size_t len = 0;
    if (!title)
        return NULL;
    for (const char *c = label; *c; c++) {
        bool blank = *c == '_' || *c == ' ';
        if (!blank)
            title[len++] = *c;
        else if (len && title[len - 1] != ' ')
            title[len++] = ' ';
    }
    while (len && title[len - 1] == ' ')
        len--;
    title[len] = '\0';
    return title;
}

char *gw_label_id(struct gw_arena *arena, const char *text)
{
    char *id = gw_arena_string(arena, text);
    for (char *c = id; c && *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte >= 0x80 || !(isalnum(byte) || byte == '_' || byte == '.'))
            *c = '_';
    }
    return id;
}

bool gw_cut_tail(struct gw_str *text, const char *tail)
{
    size_t len = strlen(tail);
    if (text->len < len || memcmp(text->ptr + text->len - len, tail, len) != 0)
        return false;
    text->len -= len;
    return true;
}

bool gw_name_numbered(const char *name, struct gw_str *version, struct gw_str *label)
{
    size_t digits = strspn(name, "0123456789");
    *version = (struct gw_str){ name, digits };
    if (!digits || name[digits] != '_' || strchr(name, '/'))
        return false;
    *label = (struct gw_str){ name + digits + 1, strlen(name + digits + 1) };
    return gw_cut_tail(label, ".sql");
}

int gw_name_refuse(const struct gw_folder *folder, const char *name, const char *form,
                   struct gw_fault *fault)
{
    char shown[GW_SHOWN];
    gw_format_shown(shown, folder, name);
    gw_format_fail(fault, shown, 0, "not a name of the form %s", form);
    return gw_hint(
        fault, "rename the file, move it out of the migrations folder, or name it in plugins.conf: "
               "migrations = { ignore = [ \"FILE\" ]; }");
}

int gw_entries_add(struct gw_entries *entries, struct gw_arena *arena,
                   const struct gw_folder *folder, const char *name, enum gw_direction direction,
                   struct gw_str version, struct gw_str label, struct gw_fault *fault)
{
    if (version.len > GW_VERSION_MOST) {
        char shown[GW_SHOWN];
        gw_format_shown(shown, folder, name);
        return gw_format_fail(fault, shown, 0, "a version of %zu characters; at most %d are taken",
                              version.len, GW_VERSION_MOST);
    }
    struct gw_entry entry = { .version = gw_str_copy(arena, version),
                              .label = gw_str_copy(arena, label),
                              .up = direction == GW_UP ? name : NULL,
                              .down = direction == GW_DOWN ? name : NULL };
    if (!entry.version || !entry.label || !gw_vec_push(&entries->list, entry))
        return gw_fail_memory(fault);
    return GW_DONE;
}

static int compare_entries(const void *a, const void *b, void *payload)
{
    const struct gw_entry *x = a, *y = b;
    gw_version_order *const *compare = payload;
    if (!x->version != !y->version)
        return x->version ? -1 : 1;
    int order = x->version ? (*compare)(x->version, y->version) : 0;
    if (!order)
        order = (int)(x->flags & GW_REV_BASELINE) - (int)(y->flags & GW_REV_BASELINE);
    if (!order)
        order = strcmp(x->label, y->label);
    if (!order)
        order = !x->up - !y->up;
    return order ? order : strcmp(x->up ? x->up : x->down, y->up ? y->up : y->down);
}

void gw_entries_sort(struct gw_entries *entries, gw_version_order *compare)
{
    if (entries->list.len)
        qsort_r(entries->list.at, entries->list.len, sizeof *entries->list.at, compare_entries,
                &compare);
}

static int refuse_lone(const struct gw_entry *entry, const struct gw_folder *folder,
                       struct gw_fault *fault)
{
    char shown[GW_SHOWN];
    gw_format_shown(shown, folder, entry->down);
    gw_format_fail(fault, shown, 0, "a down migration without its up");
    return gw_hint(fault, "add the file for the way up, or remove this one");
}

/* Within one version, sorted by label: an up and the down behind it are one migration if their
 * labels are the same, or if there is only one of each. */
static bool belong(const struct gw_entry *up, const struct gw_entry *down, size_t of_version)
{
    return up->up && !up->down && down->down && !down->up &&
           (of_version == 2 || strcmp(up->label, down->label) == 0);
}

int gw_entries_pair(struct gw_entries *entries, const struct gw_linear *linear,
                    const struct gw_folder *folder, struct gw_fault *fault)
{
    struct gw_entry *at = entries->list.at;
    size_t kept = 0, n = entries->list.len;

    gw_entries_sort(entries, linear->compare);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && !linear->compare(at[first].version, at[end].version);)
            end++;
        /* Labels apart, the down may have come first. */
        if (end - first == 2 && belong(&at[first + 1], &at[first], 2)) {
            struct gw_entry swap = at[first];
            at[first] = at[first + 1];
            at[first + 1] = swap;
        }
        for (size_t i = first; i < end; i++) {
            struct gw_entry entry = at[i];
            if (i + 1 < end && belong(&entry, &at[i + 1], end - first))
                entry.down = at[++i].down;
            if (!entry.up && !linear->lone_down)
                return refuse_lone(&entry, folder, fault);
            at[kept++] = entry;
        }
    }
    entries->list.len = kept;
    return GW_DONE;
}

/* The version, and behind it the slug for all but the first of those that share it: the id of a
 * migration that was there before stays as it was. */
static const char *unique_id(struct gw_arena *arena, const struct gw_entry *entry,
                             const char *version, const char *before)
{
    char slug[SLUG_MOST + 1];
    if (!before || strcmp(version, before) != 0)
        return version;
    gw_text_slug(slug, SLUG_MOST, entry->label);
    return gw_arena_printf(arena, "%s_%s", version, slug);
}

static const char *stored_version(const struct gw_entry *entry, const struct gw_linear *linear)
{
    const char *version = entry->version;
    while (version && linear->strip_zeros && version[0] == '0' && version[1])
        version++;
    return version;
}

static int read_entry(struct gw_revision *revision, const struct gw_entry *entry,
                      const struct gw_linear *linear, const struct gw_folder *folder,
                      struct gw_buf bufs[2], struct gw_fault *fault)
{
    const char *text;
    size_t len;
    bool both = entry->up && entry->down;

    int code = gw_format_read(&bufs[0], folder, revision->file, &text, &len, fault);
    if (!code && linear->inspect) {
        char shown[GW_SHOWN];
        gw_format_shown(shown, folder, revision->file);
        code = linear->inspect(revision, shown, text, len, fault);
    }
    if (code)
        return code;
    if (both) {
        code = gw_format_read(&bufs[1], folder, entry->down, &text, &len, fault);
        if (code)
            return code;
        gw_buf_char(&bufs[0], '\0');
        gw_buf_add(&bufs[0], bufs[1].data, bufs[1].len);
        if (bufs[0].failed)
            return gw_fail_memory(fault);
    }
    gw_hash_of(&revision->sha256, bufs[0].data, bufs[0].len);
    return GW_DONE;
}

static int finish_entry(struct gw_found_list *out, const struct gw_entry *entry, const char *before,
                        const struct gw_linear *linear, const struct gw_folder *folder,
                        struct gw_arena *arena, struct gw_buf bufs[2], struct gw_fault *fault)
{
    const char *version = stored_version(entry, linear);
    struct gw_revision revision = {
        .id = entry->id ? entry->id : unique_id(arena, entry, version, before),
        .title = gw_label_title(arena, entry->label),
        .file = entry->up ? entry->up : entry->down,
        .file_down = entry->down,
        .labels = "",
        .version = version,
        .flags = entry->flags | (entry->down ? GW_REV_HAS_DOWN : 0),
        .kind = entry->kind,
    };
    if (!revision.id || !revision.title)
        return gw_fail_memory(fault);
    if (!*revision.title)
        revision.title = revision.id;
    int code = read_entry(&revision, entry, linear, folder, bufs, fault);
    if (code)
        return code;
    return gw_vec_push(&out->found, (struct gw_found){ .revision = revision })
               ? GW_DONE
               : gw_fail_memory(fault);
}

int gw_entries_finish(struct gw_found_list *out, const struct gw_entries *entries,
                      const struct gw_linear *linear, const struct gw_folder *folder,
                      struct gw_arena *arena, struct gw_fault *fault)
{
    struct gw_buf bufs[2] = { GW_BUF((size_t)2 * GW_MIGRATION_MOST + 1),
                              GW_BUF(GW_MIGRATION_MOST) };
    const char *before = NULL;
    int code = GW_DONE;
    for (size_t i = 0; i < entries->list.len && !code; i++) {
        const struct gw_entry *entry = &entries->list.at[i];
        code = finish_entry(out, entry, before, linear, folder, arena, bufs, fault);
        before = entry->id ? before : stored_version(entry, linear);
    }
    gw_buf_free(&bufs[0]);
    gw_buf_free(&bufs[1]);
    return code;
}
