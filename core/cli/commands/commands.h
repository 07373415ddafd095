/* SPDX-License-Identifier: Apache-2.0 */
/* The commands, and the few functions that several of them share. */
#ifndef GW_CLI_COMMANDS_H
#define GW_CLI_COMMANDS_H

#include "cli/command.h"
#include "engine/apply.h"

extern const struct gw_command gw_command_init, gw_command_create, gw_command_upgrade,
    gw_command_downgrade, gw_command_redo, gw_command_resume, gw_command_revert_partial,
    gw_command_mark_done, gw_command_current, gw_command_status, gw_command_history,
    gw_command_heads, gw_command_branches, gw_command_show, gw_command_merge, gw_command_stamp,
    gw_command_edit, gw_command_repair, gw_command_check, gw_command_wait, gw_command_lock_status,
    gw_command_lock_break, gw_command_plugin_list, gw_command_plugin_info, gw_command_plugin_new,
    gw_command_plugin_check, gw_command_plugin_inspect, gw_command_plugin_trust,
    gw_command_config_show, gw_command_help;

/* GW_USAGE if folder is there and not empty; hidden files do not count: a fresh clone has a .git. usage: how
 * to name another one. */
int gw_require_empty(struct gw_cli *cli, const char *folder, const char *usage,
                     struct gw_fault *fault);
/* "7b15fd9db179 (head)" or "base" of a workspace with its state read: as text, and as ids between spaces. */
int gw_add_position(struct gw_cli *cli, struct gw_buf *text, struct gw_buf *ids,
                    struct gw_fault *fault);
/* plan as one "script" event. from_base: with the state tables' DDL. */
int gw_emit_script(struct gw_cli *cli, const struct gw_plan *plan, bool from_base,
                   enum gw_apply_how how, struct gw_fault *fault);

/* Runs use with the plugins of the project, but without its migrations: those may be broken, plugins do not care. */
int gw_with_registry(struct gw_cli *cli,
                     int (*use)(struct gw_cli *, struct gw_registry *, struct gw_fault *),
                     struct gw_fault *fault);

#endif
