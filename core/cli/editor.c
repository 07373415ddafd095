/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/editor.h"

#include "cli/process.h"

#include <string.h>

enum {
    WORDS_MOST = 32
};

int gw_editor_open(struct gw_cli *cli, const char *const *paths, struct gw_fault *fault)
{
    const char *argv[WORDS_MOST + 1];
    size_t n = 0;

    char *words = gw_arena_string(&cli->arena, cli->workspace.project.editor);
    if (!words)
        return gw_fail_memory(fault);
    char *rest = words;
    for (char *word; (word = strtok_r(rest, " ", &rest)) && n < WORDS_MOST;)
        argv[n++] = word;
    if (n == 0)
        argv[n++] = "vi";
    for (; *paths && n < WORDS_MOST; paths++)
        argv[n++] = *paths;
    argv[n] = NULL;
    if (gw_process_terminal(argv, fault))
        gw_hint(fault, "GODWIT_EDITOR, VISUAL or EDITOR names the editor");
    return fault->code;
}
