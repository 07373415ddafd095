/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GW_BASE_CLOCK_H
#define GW_BASE_CLOCK_H

#include <stdint.h>

enum {
    GW_TIME_TEXT = 32
};

int64_t gw_clock_wall_ns(void);   /* since 1970-01-01T00:00:00Z */
int64_t gw_clock_steady_ns(void); /* never goes back; for durations */
/* "2024-10-14T14:30:22Z" */
void gw_time_text(char out[GW_TIME_TEXT], int64_t wall_ns);
/* "20241014_143022" */
void gw_time_stamp(char out[GW_TIME_TEXT], int64_t wall_ns);
/* "1.2 ms", "3.4 s", "2 min 05 s" */
void gw_duration_text(char out[GW_TIME_TEXT], int64_t ns);
void gw_sleep_ns(int64_t ns); /* may end early on a signal */

#endif
