/* SPDX-License-Identifier: Apache-2.0 */
#include "migration/version.h"

#include <ctype.h>
#include <string.h>

/* The next component: its significant digits. Returns what follows it. */
static const char *component(const char *s, const char **digits, size_t *len)
{
    while (*s == '0')
        s++;
    *digits = s;
    while (isdigit((unsigned char)*s))
        s++;
    *len = (size_t)(s - *digits);
    while (*s && !isdigit((unsigned char)*s))
        s++;
    return s;
}

int gw_version_compare(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    while (*a || *b) {
        const char *x, *y;
        size_t n, m;
        a = component(a, &x, &n);
        b = component(b, &y, &m);
        if (n != m)
            return n < m ? -1 : 1;
        int order = memcmp(x, y, n);
        if (order)
            return order;
    }
    return 0;
}

int gw_version_compare_text(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}
