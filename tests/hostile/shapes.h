/* SPDX-License-Identifier: Apache-2.0 */
/* What a hostile plugin says of itself: right, until bend() has done what HOSTILE=shape.NAME asks for. */
#ifndef TESTS_HOSTILE_SHAPES_H
#define TESTS_HOSTILE_SHAPES_H

#include <godwit/driver.h>
#include <godwit/plugin.h>

enum {
    SHAPE_INTERFACES = 80,
    SHAPE_OPTIONS = 3
};

struct shape {
    struct {
        struct gw_plugin plugin;
        char later[256]; /* what a newer SDK might have appended */
    } plugin;
    struct {
        struct gw_driver driver;
        char later[256];
    } driver;
    struct gw_provides provides[SHAPE_INTERFACES]; /* ends with {0, 0} */
    struct gw_option options[SHAPE_OPTIONS];
    const char *types[GW_TYPES];
};

void bend(struct shape *shape);

#endif
