/* SPDX-License-Identifier: 0BSD */
#ifndef CHECK_BLOCKS_H
#define CHECK_BLOCKS_H

/* Blocks that malloc and its like have given to this process and not got back. In a build with a sanitizer,
 * which has a malloc of its own: 0. */
long check_blocks(void);

#endif
