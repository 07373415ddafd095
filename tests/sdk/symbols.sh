#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# symbols.sh GODWIT PLUGIN...: a plugin exports its entry alone, the program nothing that a plugin could bind to.
set -u
program=$1 failed=0
shift
ours=$(nm -D --defined-only "$program" | grep -vE ' (_IO_stdin_used|__data_start|data_start|environ|__environ|_environ|stdin|stdout|stderr|optarg|optind|opterr|optopt)(@|$)' |
    grep -vE '__(asan|ubsan|sanitizer|lsan|interceptor)|interceptor_' || true)
case $ours in
*gw_* | *godwit*)
    printf '%s exports: %s\n' "$program" "$ours"
    failed=1
    ;;
esac
for plugin in "$@"; do
    exported=$(nm -D --defined-only "$plugin" | awk '{ print $3 }')
    [ "$exported" = godwit_plugin_v1 ] || {
        printf '%s exports: %s\n' "$plugin" "$exported"
        failed=1
    }
done
exit $failed
