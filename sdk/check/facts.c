/* SPDX-License-Identifier: 0BSD */
#include "cases.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the file ---- */

struct image {
    const char *bytes;
    size_t size;
};

/* Read from the file, as the host does: in memory a sanitizer may have put something of its own around. */
static bool map_file(struct check *check, struct image *out)
{
    struct stat st;
    int fd = open(check->settings->file, O_RDONLY | O_CLOEXEC);
    void *bytes = MAP_FAILED;

    if (fd >= 0 && !fstat(fd, &st) && st.st_size > 0)
        bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (fd >= 0)
        close(fd);
    if (bytes == MAP_FAILED) {
        check_fail(check, "cannot read '%s'", check->settings->file);
        return false;
    }
    *out = (struct image){ bytes, (size_t)st.st_size };
    return true;
}

/* Are [at, at + size) bytes of the file? */
static bool inside(const struct image *image, uint64_t at, uint64_t size)
{
    return at <= image->size && size <= image->size - at;
}

/* ---- the note ---- */

struct note_search {
    int found;
    struct gw_note note;
};

static void read_notes(struct note_search *search, const char *at, size_t size)
{
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) head;
        memcpy(&head, at, sizeof head);
        const uint64_t whole = sizeof head + ((uint64_t)head.n_namesz + 3) / 4 * 4 +
                               ((uint64_t)head.n_descsz + 3) / 4 * 4;
        if (whole > size)
            return;
        if (head.n_type == GW_NOTE_TYPE && head.n_namesz == sizeof GW_NOTE_NAME &&
            head.n_descsz == 12 &&
            memcmp(at + sizeof head, GW_NOTE_NAME, sizeof GW_NOTE_NAME) == 0) {
            search->found++;
            memcpy(&search->note, at, sizeof search->note);
        }
        at += whole;
        size -= whole;
    }
}

static void read_segments(struct note_search *search, const struct image *image)
{
    ElfW(Ehdr) header;

    if (!inside(image, 0, sizeof header))
        return;
    memcpy(&header, image->bytes, sizeof header);
    for (unsigned i = 0; i < header.e_phnum; i++) {
        ElfW(Phdr) segment;
        const uint64_t at = header.e_phoff + (uint64_t)i * sizeof segment;
        if (!inside(image, at, sizeof segment))
            return;
        memcpy(&segment, image->bytes + at, sizeof segment);
        if (segment.p_type == PT_NOTE && inside(image, segment.p_offset, segment.p_filesz))
            read_notes(search, image->bytes + segment.p_offset, segment.p_filesz);
    }
}

void check_case_note(struct check *check)
{
    const struct gw_plugin *descriptor = &check->plugin.descriptor;
    struct note_search search = { 0 };
    struct image image;

    if (!map_file(check, &image))
        return;
    read_segments(&search, &image);
    if (search.found != 1)
        check_fail(check, "has %d notes " GW_NOTE_SECTION ": use GW_PLUGIN() once", search.found);
    else if (search.note.abi_major != descriptor->abi_major ||
             search.note.abi_minor != descriptor->abi_minor)
        check_fail(check, "its note says ABI %u.%u, its descriptor %u.%u", search.note.abi_major,
                   search.note.abi_minor, descriptor->abi_major, descriptor->abi_minor);
    else if (search.note.kinds != check->plugin.kinds)
        check_fail(check, "its note says kinds %#x, its interfaces are of kinds %#x",
                   search.note.kinds, check->plugin.kinds);
}

/* ---- exported symbols ---- */

static void judge_symbols(struct check *check, const struct image *image, const ElfW(Shdr) * table,
                          const ElfW(Shdr) * names)
{
    if (!inside(image, table->sh_offset, table->sh_size) ||
        !inside(image, names->sh_offset, names->sh_size) || !names->sh_size ||
        image->bytes[names->sh_offset + names->sh_size - 1])
        return;
    for (size_t at = 0; at + sizeof(ElfW(Sym)) <= table->sh_size; at += sizeof(ElfW(Sym))) {
        ElfW(Sym) symbol;
        memcpy(&symbol, image->bytes + table->sh_offset + at, sizeof symbol);
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS || /* a version's name */
            symbol.st_name >= names->sh_size)
            continue;
        const char *name = image->bytes + names->sh_offset + symbol.st_name;
        if (strcmp(name, "godwit_plugin_v1") != 0)
            check_fail(check,
                       "exports '%.100s' besides godwit_plugin_v1: build with "
                       "-fvisibility=hidden and a version script, as godwit_add_plugin() does",
                       name);
    }
}

void check_case_symbols(struct check *check)
{
    ElfW(Ehdr) header;
    struct image image;

    if (!map_file(check, &image) || !inside(&image, 0, sizeof header))
        return;
    memcpy(&header, image.bytes, sizeof header);
    if (header.e_shentsize != sizeof(ElfW(Shdr)) ||
        !inside(&image, header.e_shoff, (uint64_t)header.e_shnum * sizeof(ElfW(Shdr))))
        return;
    for (unsigned i = 0; i < header.e_shnum; i++) {
        ElfW(Shdr) table, names;
        memcpy(&table, image.bytes + header.e_shoff + i * sizeof table, sizeof table);
        if (table.sh_type != SHT_DYNSYM || table.sh_link >= header.e_shnum)
            continue;
        memcpy(&names, image.bytes + header.e_shoff + table.sh_link * sizeof names, sizeof names);
        judge_symbols(check, &image, &table, &names);
    }
}

/* ---- the descriptor ---- */

enum {
    TEXT_MOST = 1024 /* as the host has it */
};

static void judge_texts(struct check *check, const struct gw_plugin *d)
{
    const char *const texts[] = { d->id, d->version, d->vendor, d->license, d->summary, d->url };
    static const char *const names[] = { "id", "version", "vendor", "license", "summary", "url" };

    for (size_t i = 0; i < CHECK_COUNT(texts); i++) {
        size_t len = texts[i] ? strnlen(texts[i], TEXT_MOST) : 0;
        if (i < 2 && !len)
            check_fail(check, "its descriptor has no %s", names[i]);
        else if (len == TEXT_MOST || !check_utf8(texts[i], len))
            check_fail(check, "%s is too long or not valid UTF-8", names[i]);
    }
}

void check_case_descriptor(struct check *check)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
    const struct gw_plugin *d = &check->plugin.descriptor;

    if (d->abi_major != GW_ABI_MAJOR || d->abi_minor > GW_ABI_MINOR)
        check_fail(check, "needs plugin ABI %u.%u, this checker is of %d.%d", d->abi_major,
                   d->abi_minor, GW_ABI_MAJOR, GW_ABI_MINOR);
    judge_texts(check, d);
    if (check_failed(check))
        return;
    if (!strchr(d->id, '.'))
        check_fail(check, "the id '%.100s' is not reverse DNS, as in com.example.my-check", d->id);
    else if (strspn(d->id, letters) != strlen(d->id))
        check_fail(check, "the id '%.100s' has other characters than a-z, 0-9, . - _", d->id);
    else if (d->summary && strchr(d->summary, '\n'))
        check_fail(check, "the summary has several lines");
}

static void require(struct check *check, const char *interface, const char *slot, bool there)
{
    if (!there)
        check_fail(check, "%s: %s is NULL, and is required", interface, slot);
}

static void pairs(struct check *check, const char *interface, bool open, bool close,
                  uint32_t threads)
{
    if (open != close)
        check_fail(check, "%s: open and close are there together or not at all", interface);
    if (threads > 2)
        check_fail(check, "%s: threads is %u: 0, 1 or 2", interface, threads);
}

static void judge_rules(struct check *check, const struct gw_validator *validator)
{
    if (validator->n_rules && validator->rule_size < offsetof(struct gw_rule, flags)) {
        check_fail(check, GW_VALIDATOR ": rule_size is %u: sizeof(struct gw_rule)",
                   validator->rule_size);
        return;
    }
    for (uint32_t i = 0; i < validator->n_rules; i++) {
        struct gw_rule rule = { 0 };
        memcpy(&rule, (const char *)validator->rules + (size_t)i * validator->rule_size,
               validator->rule_size < sizeof rule ? validator->rule_size : sizeof rule);
        if (!rule.id || !strchr(rule.id, '/') || !check_utf8(rule.id, strlen(rule.id)))
            check_fail(check, "the id of rule %u is not of the form VENDOR/RULE", i);
        else if (!rule.summary || !rule.summary[0])
            check_fail(check, "rule '%.100s' has no summary", rule.id);
        else if (rule.severity < GW_SEVERITY_NOTE || rule.severity > GW_SEVERITY_ERROR)
            check_fail(check, "rule '%.100s' has severity %d", rule.id, (int)rule.severity);
    }
}

static void judge_driver(struct check *check, const struct gw_driver *driver)
{
    const struct {
        const char *slot;
        bool there;
    } slots[] = { { "open", driver->open },       { "close", driver->close },
                  { "info", driver->info },       { "split", driver->split },
                  { "run", driver->run },         { "flush", driver->flush },
                  { "query", driver->query },     { "lock", driver->lock },
                  { "unlock", driver->unlock },   { "holds", driver->holds },
                  { "quote", driver->quote },     { "interrupt", driver->interrupt },
                  { "dialect", driver->dialect }, { "schemes", driver->schemes },
                  { "types", driver->types } };
    for (size_t i = 0; i < CHECK_COUNT(slots); i++)
        require(check, GW_DRIVER, slots[i].slot, slots[i].there);
    if (check_failed(check))
        return;
    if (!driver->schemes[0])
        check_fail(check, GW_DRIVER ": schemes is empty");
    for (int i = 0; i < GW_TYPES; i++)
        if (!driver->types[i] || !driver->types[i][0])
            check_fail(check, GW_DRIVER ": types[%d] is empty", i);
}

void check_case_interfaces(struct check *check)
{
    const struct check_plugin *p = &check->plugin;

    if (p->kinds & GW_KIND_VALIDATOR) {
        require(check, GW_VALIDATOR, "check", p->validator.check);
        require(check, GW_VALIDATOR, "rules", p->validator.rules && p->validator.n_rules);
        require(check, GW_VALIDATOR, "phases", p->validator.phases);
        pairs(check, GW_VALIDATOR, p->validator.open, p->validator.close, p->validator.threads);
        judge_rules(check, &p->validator);
    }
    if (p->kinds & GW_KIND_BACKUP) {
        const bool keeps = p->backup.caps & GW_BACKUP_KEEPS;
        require(check, GW_BACKUP, "take", p->backup.take);
        require(check, GW_BACKUP, "restore", p->backup.restore);
        require(check, GW_BACKUP, "verify", p->backup.verify || !keeps);
        require(check, GW_BACKUP, "discard", p->backup.discard || !keeps);
        pairs(check, GW_BACKUP, p->backup.open, p->backup.close, p->backup.threads);
        if (keeps == !!(p->backup.caps & GW_BACKUP_STREAMS))
            check_fail(check, GW_BACKUP ": caps has one of GW_BACKUP_STREAMS and GW_BACKUP_KEEPS");
    }
    if (p->kinds & GW_KIND_HOOK) {
        require(check, GW_HOOK, "handle", p->hook.handle);
        require(check, GW_HOOK, "events", p->hook.events && p->hook.events[0]);
        pairs(check, GW_HOOK, p->hook.open, p->hook.close, p->hook.threads);
    }
    if (p->kinds & GW_KIND_DRIVER)
        judge_driver(check, &p->driver);
}

/* ---- options ---- */

static void judge_key(struct check *check, const char *key)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    if (!key || key[0] < 'a' || key[0] > 'z' || strspn(key, letters) != strlen(key))
        check_fail(check, "the key '%.60s' of an option is not [a-z][a-z0-9_]*", key ? key : "");
}

static bool is_type(uint32_t type)
{
    return type == GW_BOOL || type == GW_INT || type == GW_REAL || type == GW_TEXT ||
           type == GW_TIME;
}

static void judge_option(struct check *check, const struct gw_option *option)
{
    struct gw_cell cell;
    const char *wrong = !option->doc || !option->doc[0] ? "has no doc"
                        : !is_type(option->type)        ? "has a type that means nothing"
                        : option->choices && option->type != GW_TEXT ? "has choices and is no text"
                        : option->min > option->max ? "has a minimum above its maximum"
                                                    : NULL;

    judge_key(check, option->key);
    if (check_failed(check))
        return;
    if (wrong)
        check_fail(check, "option '%.60s' %s", option->key, wrong);
    else if (option->fallback && !check_coerce(option, option->fallback, &cell))
        check_fail(check, "the default '%.60s' of option '%.60s' is not what it takes",
                   option->fallback, option->key);
    else if (option->fallback && (option->flags & GW_OPT_REQUIRED))
        check_fail(check, "option '%.60s' is required and has a default", option->key);
}

void check_case_options(struct check *check)
{
    const struct gw_plugin *d = &check->plugin.descriptor;

    if (d->n_options > 1024 || (d->n_options && !d->options) ||
        (d->n_options && d->option_size < offsetof(struct gw_option, max)))
        check_fail(check, "%u options of %u bytes: option_size is sizeof(struct gw_option)",
                   d->n_options, d->option_size);
    for (uint32_t i = 0; i < d->n_options && !check_failed(check); i++) {
        struct gw_option option, other;
        check_option(d, i, &option);
        judge_option(check, &option);
        for (uint32_t k = 0; k < i && !check_failed(check); k++) {
            check_option(d, k, &other);
            if (strcmp(other.key, option.key) == 0)
                check_fail(check, "option '%.60s' is there twice", option.key);
        }
    }
}
