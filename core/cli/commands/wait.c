/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/text.h"
#include "cli/commands/commands.h"

#include <string.h>

#define SECOND INT64_C(1000000000)
enum {
    DEFAULT_TIMEOUT_S = 60,
    LONGEST_PAUSE_MS = 1000,
    FIRST_PAUSE_MS = 50
};

static int read_timeout(struct gw_cli *cli, int64_t *ns, struct gw_fault *fault)
{
    const char *text = gw_argument_text(&cli->args, GW_ARG_TIMEOUT);

    *ns = DEFAULT_TIMEOUT_S * SECOND;
    if (!text || gw_text_duration(text, strlen(text), ns))
        return GW_DONE;
    gw_fail(fault, GW_USAGE, "'%.200s' is no duration", text);
    return gw_hint(fault, "write 500ms, 30s or 2m");
}

static int try_once(struct gw_cli *cli, struct gw_fault *fault)
{
    int code = gw_cli_reopen(cli, GW_NEED_READ, fault);
    /* What is no database now will be none later. */
    if (code == GW_NO_CONNECTION && cli->workspace.session.status == GW_E_NOT_A_DATABASE)
        return GW_USAGE;
    return code;
}

static int run_wait(struct gw_cli *cli, struct gw_fault *fault)
{
    const int64_t start = gw_clock_steady_ns();
    int64_t timeout, pause = FIRST_PAUSE_MS;
    char time[GW_TIME_TEXT];

    if (read_timeout(cli, &timeout, fault))
        return fault->code;
    for (;; pause = pause * 2 < LONGEST_PAUSE_MS ? pause * 2 : LONGEST_PAUSE_MS) {
        *fault = (struct gw_fault){ 0 };
        int code = try_once(cli, fault);
        int64_t waited = gw_clock_steady_ns() - start;
        gw_duration_text(time, waited);
        if (!code)
            break;
        if (code != GW_NO_CONNECTION)
            return fault->code;
        if (cli->stop->level) {
            *fault = (struct gw_fault){ 0 };
            gw_fail(fault, GW_UNCHANGED, "stopped on request after %s", time);
            return gw_hint(fault, "run the command again to go on waiting");
        }
        if (waited >= timeout) {
            gw_fault_prefix(fault, "no answer within %s", time);
            return fault->code;
        }
        gw_emit(&cli->events, GW_LEVEL_PROGRESS, "database.waiting",
                GW_FIELDS(gw_field_int("waited_ns", waited)), "waiting %s: %s", time,
                fault->message);
        int64_t left = timeout - waited;
        gw_sleep_ns(left < pause * 1000000 ? left : pause * 1000000);
    }
    gw_emit(&cli->events, GW_LEVEL_INFO, "database.ready",
            GW_FIELDS(gw_field_text("product", cli->workspace.session.product),
                      gw_field_text("version", cli->workspace.session.version)),
            "the database answers (after %s)", time);
    return GW_DONE;
}

static const struct gw_switch options[] = {
    { GW_ARG_TIMEOUT, 0, "timeout", "TIME", NULL, NULL, "how long; default 60s" },
};

const struct gw_command gw_command_wait = {
    .name = "wait",
    .words = "",
    .summary = "wait until the database answers",
    .example = "godwit wait --timeout 2m && godwit upgrade",
    .options = GW_SWITCHES(options),
    .run = run_wait,
};
