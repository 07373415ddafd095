/* SPDX-License-Identifier: Apache-2.0 */
/* Failures with a place: file, line, and the key from the root down. */
#include "project/reader.h"

#include <libconfig.h>

/* "environments.production.database.url", "plugins[2].name", from the root down to at. */
static void setting_path(struct gw_buf *out, const config_setting_t *at)
{
    const config_setting_t *chain[80]; /* the scan allows 64 */
    size_t n = 0;

    for (; !config_setting_is_root(at) && n < sizeof chain / sizeof chain[0];
         at = config_setting_parent(at))
        chain[n++] = at;
    for (size_t left = n; left; left--) {
        const config_setting_t *one = chain[left - 1];
        if (config_setting_name(one))
            gw_buf_printf(out, "%s%.60s", left == n ? "" : ".", config_setting_name(one));
        else
            gw_buf_printf(out, "[%d]", config_setting_index(one));
    }
}

int gw_reader_fail(struct gw_reader *reader, const config_setting_t *at, const char *format, ...)
{
    struct gw_buf path = GW_BUF_TEXT;
    va_list args;
    va_start(args, format);
    int code = gw_vfail(reader->fault, GW_USAGE, format, args);
    va_end(args);
    setting_path(&path, at);
    gw_fault_prefix(reader->fault, "%s:%u: %s", reader->name, config_setting_source_line(at),
                    gw_buf_str(&path));
    gw_buf_free(&path);
    return code;
}
