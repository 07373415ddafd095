/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define SECOND INT64_C(1000000000)

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

int64_t gw_clock_wall_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

int64_t gw_clock_steady_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static struct tm time_parts(int64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / SECOND);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    return parts;
}

void gw_time_text(char out[GW_TIME_TEXT], int64_t wall_ns)
{
    struct tm parts = time_parts(wall_ns);
    strftime(out, GW_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

void gw_time_stamp(char out[GW_TIME_TEXT], int64_t wall_ns)
{
    struct tm parts = time_parts(wall_ns);
    strftime(out, GW_TIME_TEXT, "%Y%m%d_%H%M%S", &parts);
}

void gw_duration_text(char out[GW_TIME_TEXT], int64_t ns)
{
    if (ns < SECOND)
        snprintf(out, GW_TIME_TEXT, "%.1f ms", (double)ns / 1e6);
    else if (ns < 60 * SECOND)
        snprintf(out, GW_TIME_TEXT, "%.1f s", (double)ns / 1e9);
    else
        snprintf(out, GW_TIME_TEXT, "%" PRId64 " min %02" PRId64 " s", ns / (60 * SECOND),
                 ns / SECOND % 60);
}

void gw_sleep_ns(int64_t ns)
{
    struct timespec time = { .tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND) };
    nanosleep(&time, NULL);
}
