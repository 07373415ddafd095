#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# headers.sh FOLDER HEADER: compiles alone, in every language that a plugin may be written in.
set -u
failed=0
for language in gcc:c:c99 gcc:c:c11 gcc:c:c17 clang:c:c99 clang:c:c11 clang:c:c17 \
    g++:c++:c++11 g++:c++:c++17 clang++:c++:c++11 clang++:c++:c++17; do
    compiler=${language%%:*} standard=${language##*:}
    command -v "$compiler" >/dev/null || continue
    kind=${language#*:}
    printf '#include <%s>\n' "$2" |
        "$compiler" -std="$standard" -x "${kind%%:*}" -fsyntax-only -Wall -Wextra -Wpedantic -Wpadded -Wshadow \
            -Wconversion -Werror -I "$1" - || failed=1
done
exit $failed
