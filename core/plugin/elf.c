/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/object.h"

#include <elf.h>
#include <godwit/plugin.h>
#include <string.h>

enum {
    SEGMENTS_MOST = 512, /* real files have about ten */
    SECTIONS_MOST = 4096,
    DYNAMIC_MOST = 4096,
    SYMBOLS_MOST = 1 << 20,
    NOTES_MOST = 4096, /* bytes of one segment of notes */
    NAME_MOST = 4096
};

#if defined(__x86_64__)
enum {
    OUR_MACHINE = EM_X86_64
};
#elif defined(__aarch64__)
enum {
    OUR_MACHINE = EM_AARCH64
};
#elif defined(__riscv)
enum {
    OUR_MACHINE = EM_RISCV
};
#elif defined(__powerpc64__)
enum {
    OUR_MACHINE = EM_PPC64
};
#elif defined(__s390x__)
enum {
    OUR_MACHINE = EM_S390
};
#else
#error "add this machine's number from elf.h"
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum {
    OUR_ORDER = ELFDATA2LSB
};
#else
enum {
    OUR_ORDER = ELFDATA2MSB
};
#endif

/* A file of a stranger: every offset and size in it may be a lie. */
struct elf {
    const unsigned char *bytes;
    uint64_t size;
    Elf64_Ehdr header;
    Elf64_Phdr dynamic; /* p_type PT_NULL: none */
    uint64_t names;     /* of the dynamic section: offset in the file, and size */
    uint64_t names_size;
    struct gw_object *out;
    const char *file;
    struct gw_fault *fault;
};

static int refuse(const struct elf *elf, const char *reason)
{
    gw_fail(elf->fault, GW_PLUGIN_REFUSED, "'%.400s' %s", elf->file, reason);
    return gw_hint(elf->fault,
                   "a plugin is a shared object that was built with <godwit/plugin.h> and "
                   "GW_PLUGIN() for this machine");
}

static int damaged(const struct elf *elf)
{
    return refuse(elf, "is cut off or damaged");
}

static bool there(const struct elf *elf, uint64_t offset, uint64_t len)
{
    return offset <= elf->size && len <= elf->size - offset;
}

/* The i-th thing of size bytes in a table at offset, which need not be aligned. */
static bool take(const struct elf *elf, void *out, size_t size, uint64_t offset, uint64_t i)
{
    if (offset > elf->size || i > elf->size / size || !there(elf, offset + i * size, size))
        return false;
    memcpy(out, elf->bytes + offset + i * size, size);
    return true;
}

static int read_header(struct elf *elf)
{
    const Elf64_Ehdr *header = &elf->header;
    if (!take(elf, &elf->header, sizeof elf->header, 0, 0) ||
        memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return refuse(elf, "is not a shared object");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != OUR_ORDER ||
        header->e_machine != OUR_MACHINE)
        return refuse(elf, "was built for another machine");
    if (header->e_type != ET_DYN)
        return refuse(elf, "is not a shared object");
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum > SEGMENTS_MOST)
        return damaged(elf);
    return GW_DONE;
}

/* ---- notes ---- */

/* desc is the body of a note of ours. */
static int take_note(struct elf *elf, const unsigned char *desc)
{
    struct gw_object *out = elf->out;
    if (out->note)
        return refuse(elf, "holds two plugins");
    out->note = true;
    memcpy(&out->abi_major, desc, sizeof out->abi_major);
    memcpy(&out->abi_minor, desc + 2, sizeof out->abi_minor);
    memcpy(&out->kinds, desc + 4, sizeof out->kinds);
    return GW_DONE;
}

static uint64_t padded(uint64_t size, uint64_t align)
{
    return (size + align - 1) / align * align;
}

/* Notes are {name size, description size, type}, name, description, each padded (gABI, "Note Section"). */
static int read_notes(struct elf *elf, const Elf64_Phdr *segment)
{
    static const char name[sizeof GW_NOTE_NAME] = GW_NOTE_NAME;
    const uint64_t size = segment->p_filesz, align = segment->p_align == 8 ? 8 : 4;
    enum {
        HEADER = 12,
        DESCRIPTION = 12
    };

    if (size > NOTES_MOST)
        return refuse(elf, "has more notes than a plugin needs");
    if (!there(elf, segment->p_offset, size))
        return damaged(elf);
    const unsigned char *notes = elf->bytes + segment->p_offset;
    for (uint64_t at = 0; size - at >= HEADER;) {
        uint32_t head[3]; /* no sum below can overflow: 32-bit numbers in 64 bits */
        memcpy(head, notes + at, sizeof head);
        uint64_t desc = at + padded(HEADER + (uint64_t)head[0], align);
        uint64_t next = desc + padded(head[1], align);
        if (desc > size || head[1] > size - desc)
            return damaged(elf);
        if (head[0] == sizeof name && head[1] == DESCRIPTION && head[2] == GW_NOTE_TYPE &&
            memcmp(notes + at + HEADER, name, sizeof name) == 0) {
            int code = take_note(elf, notes + desc);
            if (code)
                return code;
        }
        if (next > size)
            break; /* the last one need not be padded */
        at = next;
    }
    return GW_DONE;
}

/* ---- the dynamic section ---- */

/* Where the loader will have the byte at that address from. The dynamic section is read as it is loaded, so that
 * what is checked here is what counts there. */
static bool offset_of(const struct elf *elf, uint64_t address, uint64_t *offset)
{
    Elf64_Phdr segment;
    bool found = false;
    for (unsigned i = 0; i < elf->header.e_phnum; i++) {
        if (!take(elf, &segment, sizeof segment, elf->header.e_phoff, i))
            return false;
        if (segment.p_type != PT_LOAD || address < segment.p_vaddr ||
            address - segment.p_vaddr >= segment.p_filesz || segment.p_offset > elf->size)
            continue;
        *offset = segment.p_offset + (address - segment.p_vaddr);
        found = *offset < elf->size;
    }
    return found;
}

/* A name in the table of names, ended within it; NULL if it is not. */
static const char *name_at(const struct elf *elf, uint64_t names, uint64_t names_size, uint64_t at)
{
    if (!there(elf, names, names_size) || at >= names_size)
        return NULL;
    const char *name = (const char *)elf->bytes + names + at;
    uint64_t most = names_size - at < NAME_MOST ? names_size - at : NAME_MOST;
    return memchr(name, '\0', (size_t)most) ? name : NULL;
}

static int take_entry(struct elf *elf, const Elf64_Dyn *entry)
{
    struct gw_object *out = elf->out;
    const bool path = entry->d_tag == DT_RPATH || entry->d_tag == DT_RUNPATH;
    const bool library =
        entry->d_tag == DT_NEEDED || entry->d_tag == DT_FILTER || entry->d_tag == DT_AUXILIARY;
    if (!path && !library)
        return GW_DONE;
    const char *name = name_at(elf, elf->names, elf->names_size, entry->d_un.d_val);
    if (!name)
        return damaged(elf);
    if (path ? out->n_runpath == GW_OBJECT_PATHS : out->n_needed == GW_OBJECT_LIBRARIES)
        return refuse(elf, "needs more libraries than a plugin does");
    if (path)
        out->runpath[out->n_runpath++] = name;
    else
        out->needed[out->n_needed++] = name;
    return GW_DONE;
}

/* The i-th entry; false behind the last one. */
static bool dynamic_at(const struct elf *elf, uint64_t offset, uint64_t i, Elf64_Dyn *entry)
{
    return i < elf->dynamic.p_memsz / sizeof *entry && take(elf, entry, sizeof *entry, offset, i) &&
           entry->d_tag != DT_NULL;
}

static int read_dynamic(struct elf *elf)
{
    Elf64_Dyn entry;
    uint64_t offset;
    bool named = false;

    if (elf->dynamic.p_type != PT_DYNAMIC)
        return refuse(elf, "is not a shared object");
    if (!offset_of(elf, elf->dynamic.p_vaddr, &offset))
        return damaged(elf);
    if (elf->dynamic.p_memsz / sizeof entry > DYNAMIC_MOST)
        return damaged(elf);
    for (uint64_t i = 0; dynamic_at(elf, offset, i, &entry); i++) {
        if (entry.d_tag == DT_STRTAB)
            named = offset_of(elf, entry.d_un.d_ptr, &elf->names);
        else if (entry.d_tag == DT_STRSZ)
            elf->names_size = entry.d_un.d_val;
    }
    if (!named)
        return damaged(elf);
    int code = GW_DONE;
    for (uint64_t i = 0; !code && dynamic_at(elf, offset, i, &entry); i++)
        code = take_entry(elf, &entry);
    return code;
}

/* ---- symbols ---- */

static bool is_entry(const struct elf *elf, const Elf64_Sym *symbol, const Elf64_Shdr *names)
{
    if (symbol->st_shndx == SHN_UNDEF || ELF64_ST_BIND(symbol->st_info) == STB_LOCAL)
        return false;
    const char *name = name_at(elf, names->sh_offset, names->sh_size, symbol->st_name);
    return name && strcmp(name, GW_ENTRY) == 0;
}

/* Counts the entries among the exported symbols. They are found by the section headers, which a stripped file may
 * lack and a hostile one may forge: dlsym decides in the end, this tells before any code has run. */
static int read_symbols(struct elf *elf)
{
    const Elf64_Ehdr *header = &elf->header;
    Elf64_Shdr section, names;
    Elf64_Sym symbol;

    if (header->e_shnum == 0 || header->e_shentsize != sizeof section)
        return GW_DONE;
    if (header->e_shnum > SECTIONS_MOST)
        return damaged(elf);
    for (unsigned i = 0; i < header->e_shnum; i++) {
        if (!take(elf, &section, sizeof section, header->e_shoff, i))
            return damaged(elf);
        if (section.sh_type != SHT_DYNSYM)
            continue;
        uint64_t n = section.sh_size / sizeof symbol;
        if (elf->out->has_symbols || n > SYMBOLS_MOST || section.sh_link >= header->e_shnum ||
            !there(elf, section.sh_offset, section.sh_size) ||
            !take(elf, &names, sizeof names, header->e_shoff, section.sh_link))
            return damaged(elf);
        elf->out->has_symbols = true;
        for (uint64_t s = 0; s < n && take(elf, &symbol, sizeof symbol, section.sh_offset, s); s++)
            elf->out->entries += is_entry(elf, &symbol, &names);
    }
    return GW_DONE;
}

int gw_object_read(struct gw_object *out, const void *bytes, size_t size, const char *file,
                   struct gw_fault *fault)
{
    struct elf elf = { .bytes = bytes, .size = size, .out = out, .file = file, .fault = fault };

    memset(out, 0, sizeof *out);
    int code = read_header(&elf);
    for (unsigned i = 0; !code && i < elf.header.e_phnum; i++) {
        Elf64_Phdr segment;
        if (!take(&elf, &segment, sizeof segment, elf.header.e_phoff, i))
            code = damaged(&elf);
        else if (segment.p_type == PT_NOTE)
            code = read_notes(&elf, &segment);
        else if (segment.p_type == PT_DYNAMIC)
            elf.dynamic = segment; /* the last one counts, as for the loader */
    }
    if (!code)
        code = read_dynamic(&elf);
    return code ? code : read_symbols(&elf);
}
