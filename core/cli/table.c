/* SPDX-License-Identifier: Apache-2.0 */
/* The commands, in the order in which help shows them. */
#include "cli/commands/commands.h"

const struct gw_command *const gw_commands[] = {
    &gw_command_init,           &gw_command_create,
    &gw_command_upgrade,        &gw_command_downgrade,
    &gw_command_redo,           &gw_command_status,
    &gw_command_current,        &gw_command_history,
    &gw_command_heads,          &gw_command_branches,
    &gw_command_show,           &gw_command_edit,
    &gw_command_merge,          &gw_command_check,
    &gw_command_stamp,          &gw_command_repair,
    &gw_command_resume,         &gw_command_revert_partial,
    &gw_command_mark_done,      &gw_command_lock_status,
    &gw_command_lock_break,     &gw_command_wait,
    &gw_command_plugin_list,    &gw_command_plugin_info,
    &gw_command_plugin_inspect, &gw_command_config_show,
    &gw_command_help,           NULL
};
