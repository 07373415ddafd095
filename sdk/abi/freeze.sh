#!/bin/sh
# SPDX-License-Identifier: 0BSD
# freeze.sh [MINOR]: copies the headers of the ABI to sdk/abi/1.MINOR/godwit/, for the last time before its release.
# What is released never changes: afterwards the tests hold the headers to the copy.
set -eu
cd "$(dirname "$0")"
major=$(sed -n 's/^#define GW_ABI_MAJOR //p' ../include/godwit/base.h)
minor=$(sed -n 's/^#define GW_ABI_MINOR //p' ../include/godwit/base.h)
[ "${1:-$minor}" = "$minor" ] || {
    echo "freeze.sh: the headers are of ABI $major.$minor, not of $major.$1" >&2
    exit 1
}
rm -rf "$major.$minor/godwit"
mkdir -p "$major.$minor"
cp -r ../include/godwit "$major.$minor/godwit"
echo "sdk/abi/$major.$minor: $(ls "$major.$minor/godwit" | wc -l) headers"
