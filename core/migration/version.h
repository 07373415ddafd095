/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GW_MIGRATION_VERSION_H
#define GW_MIGRATION_VERSION_H

/* Compares versions such as 1.2, 1_10 or 20260703000000000000: components of digits of any length, '_' equal
 * to '.', missing components equal to 0. NULL comes first. Negative, 0 or positive. */
int gw_version_compare(const char *a, const char *b);

/* The order of their bytes, as a tool has it that keeps versions as text: 10 comes before 9. NULL comes
 * first. */
int gw_version_compare_text(const char *a, const char *b);

/* One of these. */
typedef int gw_version_order(const char *a, const char *b);

#endif
