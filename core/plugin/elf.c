/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/loader.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    SEGMENTS_MOST = 512, /* real files have about ten */
    NOTES_MOST = 4096    /* bytes of one segment of notes */
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
    int fd;
    uint64_t size;
    struct gw_plugin_facts *facts;
    bool found;
    struct gw_fault *fault;
};

static int refuse(const struct elf *elf, const char *reason)
{
    gw_fail(elf->fault, GW_PLUGIN_REFUSED, "'%s' %s", elf->facts->path, reason);
    return gw_hint(elf->fault,
                   "a plugin is a shared object that was built with <godwit/plugin.h> and "
                   "GW_PLUGIN() for this machine");
}

static int read_at(const struct elf *elf, void *out, size_t len, uint64_t offset)
{
    char *to = out;
    if (offset > elf->size || len > elf->size - offset)
        return refuse(elf, "is cut off or damaged");
    while (len) {
        ssize_t got = pread(elf->fd, to, len, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gw_fail_errno(elf->fault, GW_PLUGIN_REFUSED, errno, "cannot read '%s'",
                                 elf->facts->path);
        if (got == 0)
            return refuse(elf, "is cut off or damaged");
        to += got;
        offset += (uint64_t)got;
        len -= (size_t)got;
    }
    return GW_DONE;
}

static int read_header(const struct elf *elf, Elf64_Ehdr *header)
{
    if (elf->size < sizeof *header)
        return refuse(elf, "is not a shared object");
    int code = read_at(elf, header, sizeof *header, 0);
    if (code)
        return code;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return refuse(elf, "is not a shared object");
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != OUR_ORDER ||
        header->e_machine != OUR_MACHINE)
        return refuse(elf, "was built for another machine");
    if (header->e_type != ET_DYN)
        return refuse(elf, "is not a shared object");
    if (header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phnum > SEGMENTS_MOST)
        return refuse(elf, "is cut off or damaged");
    return GW_DONE;
}

/* desc is the body of a note of ours. */
static int take_note(struct elf *elf, const unsigned char *desc)
{
    struct gw_plugin_facts *facts = elf->facts;
    if (elf->found)
        return refuse(elf, "holds two plugins");
    elf->found = true;
    memcpy(&facts->abi_major, desc, sizeof facts->abi_major);
    memcpy(&facts->abi_minor, desc + 2, sizeof facts->abi_minor);
    memcpy(&facts->kinds, desc + 4, sizeof facts->kinds);
    return GW_DONE;
}

static uint64_t padded(uint64_t size, uint64_t align)
{
    return (size + align - 1) / align * align;
}

/* Notes are {name size, description size, type}, name, description, each padded (gABI, "Note Section"). */
static int read_notes(struct elf *elf, const unsigned char *notes, uint64_t size, uint64_t align)
{
    static const char name[sizeof GW_NOTE_NAME] = GW_NOTE_NAME;
    enum {
        HEADER = 12,
        DESCRIPTION = 12
    };

    for (uint64_t at = 0; size - at >= HEADER;) {
        uint32_t head[3]; /* no sum below can overflow: 32-bit numbers in 64 bits */
        memcpy(head, notes + at, sizeof head);
        uint64_t desc = at + padded(HEADER + (uint64_t)head[0], align);
        uint64_t next = desc + padded(head[1], align);
        if (desc > size || head[1] > size - desc)
            return refuse(elf, "is cut off or damaged");
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

static int read_segment(struct elf *elf, const Elf64_Phdr *segment)
{
    unsigned char notes[NOTES_MOST];
    if (segment->p_type != PT_NOTE)
        return GW_DONE;
    if (segment->p_filesz > sizeof notes)
        return refuse(elf, "has more notes than a plugin needs");
    int code = read_at(elf, notes, (size_t)segment->p_filesz, segment->p_offset);
    return code ? code : read_notes(elf, notes, segment->p_filesz, segment->p_align == 8 ? 8 : 4);
}

int gw_elf_note(int fd, uint64_t size, struct gw_plugin_facts *out, struct gw_fault *fault)
{
    struct elf elf = { .fd = fd, .size = size, .facts = out, .fault = fault };
    Elf64_Ehdr header;

    int code = read_header(&elf, &header);
    if (code)
        return code;
    for (unsigned i = 0; i < header.e_phnum && !code; i++) {
        Elf64_Phdr segment;
        uint64_t offset = header.e_phoff + (uint64_t)i * sizeof segment;
        if (offset < header.e_phoff)
            return refuse(&elf, "is cut off or damaged");
        code = read_at(&elf, &segment, sizeof segment, offset);
        if (!code)
            code = read_segment(&elf, &segment);
    }
    if (code)
        return code;
    return elf.found ? GW_DONE
                     : refuse(&elf, "is not a plugin of godwit: it has no " GW_NOTE_SECTION);
}
