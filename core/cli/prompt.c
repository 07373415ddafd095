/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/prompt.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool can_ask(const struct gw_cli *cli)
{
    return isatty(fileno(cli->in)) && isatty(fileno(cli->err)) && !gw_cli_has(cli, GW_ARG_JSON);
}

/* An end of input, and Ctrl-C, are a no. */
static bool read_yes(struct gw_cli *cli)
{
    char answer[16];

    if (!fgets(answer, sizeof answer, cli->in)) {
        fputc('\n', cli->err);
        return false;
    }
    answer[strcspn(answer, "\r\n")] = '\0';
    return strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
}

int gw_prompt(struct gw_cli *cli, struct gw_fault *fault, const char *format, ...)
{
    struct gw_buf question = GW_BUF_TEXT, safe = GW_BUF_TEXT;
    int code = GW_DONE;
    va_list args;

    if (cli->yes)
        return GW_DONE;
    va_start(args, format);
    gw_buf_vprintf(&question, format, args);
    va_end(args);
    if (!can_ask(cli)) {
        code = gw_fail(fault, GW_USAGE, "this needs a yes: %s", gw_buf_str(&question));
        gw_hint(fault, "give --yes to go on without a question");
    } else {
        gw_text_safe(&safe, gw_buf_str(&question), question.len, true);
        fprintf(cli->err, "%s? [y/N] ", gw_buf_str(&safe));
        fflush(cli->err);
        if (!read_yes(cli)) {
            code = gw_fail(fault, GW_UNCHANGED, "not confirmed, nothing was changed");
            gw_hint(fault, "answer y, or give --yes");
        }
    }
    gw_buf_free(&question);
    gw_buf_free(&safe);
    return code;
}
