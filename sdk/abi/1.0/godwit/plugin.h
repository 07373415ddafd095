/* SPDX-License-Identifier: 0BSD */
/* The plugin descriptor and its registration.
 *
 *   loaded --init--> ready --open--> instance --calls...--> close --> ready --fini--> done
 *
 * A plugin is never unmapped. init opens no socket and starts no thread. */
#ifndef GODWIT_PLUGIN_H
#define GODWIT_PLUGIN_H

#include <godwit/base.h>
#include <godwit/host.h>
#include <godwit/option.h>

GW_C_BEGIN

/* gw_plugin.flags */
enum {
    GW_P_ISOLATABLE = 1 << 0, /* works when served from a child process */
    GW_P_NETWORK = 1 << 1,
    GW_P_SECRETS = 1 << 2
};

/* kinds, in the ELF note */
enum {
    GW_KIND_DRIVER = 1 << 0,
    GW_KIND_VALIDATOR = 1 << 1,
    GW_KIND_BACKUP = 1 << 2,
    GW_KIND_HOOK = 1 << 3
};

struct gw_plugin {
    uint32_t struct_size;
    uint16_t abi_major; /* GW_ABI_MAJOR */
    uint16_t abi_minor; /* the lowest host minor that it can live with: GW_API */
    uint64_t flags;
    const char *id; /* reverse DNS, for ever */
    const char *version;
    const char *vendor;
    const char *license; /* SPDX */
    const char *summary; /* one line */
    const char *url;
    const struct gw_option *options;
    uint32_t n_options;
    uint32_t option_size;               /* sizeof(struct gw_option) when the plugin was built */
    const struct gw_provides *provides; /* ends with {0, 0} */
    /* Optional. Called once after loading; host lives until fini returns. */
    gw_status (*init)(struct gw_call *, const struct gw_host *host);
    void (*fini)(void); /* optional */
};

/* The one symbol that a plugin exports. */
GW_EXPORT const struct gw_plugin *godwit_plugin_v1(void);

/* The ELF note that the host reads before dlopen runs any code of the file. */
#define GW_NOTE_SECTION ".note.godwit"
#define GW_NOTE_NAME "Godwit"
#define GW_NOTE_TYPE 1
struct gw_note {
    uint32_t name_size; /* 7 */
    uint32_t desc_size; /* 12 */
    uint32_t type;      /* GW_NOTE_TYPE */
    char name[8];       /* "Godwit", padded to 8 */
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t kinds;
    uint32_t reserved;
};

#define GW_NOTE_(kinds_) \
    GW_ATTRIBUTE((section(GW_NOTE_SECTION), used, aligned(4))) \
    static const struct gw_note gw_note_ = { \
        7, 12, GW_NOTE_TYPE, GW_NOTE_NAME, GW_ABI_MAJOR, GW_API, (kinds_), 0 \
    }

/* GW_PLUGIN(sqlite, GW_KIND_DRIVER, &descriptor); once in a plugin, in C or C++. With -DGW_STATIC it
 * defines godwit_plugin_v1_<name> instead, for a program that links the plugin in. */
#ifdef __cplusplus
#define GW_EXTERN_C_ extern "C"
#else
#define GW_EXTERN_C_
#endif
#if defined(GW_STATIC)
#define GW_PLUGIN(name_, kinds_, descriptor_) \
    GW_EXTERN_C_ const struct gw_plugin *godwit_plugin_v1_##name_(void); \
    GW_EXTERN_C_ const struct gw_plugin *godwit_plugin_v1_##name_(void) \
    { \
        return (descriptor_); \
    } \
    extern int gw_plugin_end_of_macro_
#elif defined(__GNUC__)
#define GW_PLUGIN(name_, kinds_, descriptor_) \
    GW_NOTE_(kinds_); \
    GW_EXPORT const struct gw_plugin *godwit_plugin_v1(void) \
    { \
        return (descriptor_); \
    } \
    extern int gw_plugin_end_of_macro_
#endif

GW_C_END

#endif
