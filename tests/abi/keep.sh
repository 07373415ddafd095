#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# keep.sh RELEASE: builds one plugin of each kind against the frozen headers of that release (1.0), for the machine that
# this runs on, into tests/abi/kept/RELEASE/MACHINE/. Done once, when sdk/abi/freeze.sh froze them: what is kept is
# never built again, for that is what it is kept for. Needs libc alone; SHA256SUMS says what they were.
set -eu
cd "$(dirname "$0")/../.."
release=$1
headers=sdk/abi/$release
out=tests/abi/kept/$release/$(uname -m)
[ -d "$headers/godwit" ] || {
    echo "keep.sh: there are no frozen headers in '$headers'" >&2
    exit 1
}
[ ! -e "$out" ] || {
    echo "keep.sh: '$out' is there already, and is kept as it is" >&2
    exit 1
}
mkdir -p "$out"
for kind in validator backup hook driver; do
    ${CC:-cc} -std=c99 -O2 -shared -fPIC -fvisibility=hidden -Wl,-z,defs -Wl,-z,relro,-z,now -Wl,--build-id=none \
        -Wl,--version-script=sdk/cmake/plugin.map -Wl,-z,max-page-size=4096 -Wl,-z,noseparate-code -s -I "$headers" \
        "sdk/templates/c/$kind/src/my_plugin.c" -o "$out/$kind.so"
done
(cd "$out" && sha256sum ./*.so >SHA256SUMS)
ls -l "$out"
