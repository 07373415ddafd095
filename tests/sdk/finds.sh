#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# finds.sh CHECKER PLUGIN CASE: that case fails, and says why; with `none`, none does.
out=$("$1" --timeout 3 "$2")
code=$?
if [ "$3" = none ]; then
    [ $code -eq 0 ] && exit 0
elif [ $code -eq 1 ] && printf '%s\n' "$out" | grep -A1 -E "^not ok [0-9]+ - $3:" | grep -q '^  # .'; then
    exit 0
fi
printf '%s\n' "$out"
exit 1
