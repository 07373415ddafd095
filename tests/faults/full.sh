#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The long forms: every point of every history, 1,000 races, 200 stopped owners. `./dev faults` runs it.
# full.sh BUILD-FOLDER
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
build=${1:?the build folder}
failed=0

run() {
    python3 -B "$here/$1" --godwit "$build/godwit" --preload "$build/tests/faults/libgwfault.so" "${@:2}"
    local code=$?
    [ $code -eq 0 ] || [ $code -eq 77 ] || failed=1
}

run sweep.py --control
run races.py --races 1000
run races.py --stopped 200
run sweep.py --all --durability revision --history journalled
run sweep.py --all
exit $failed
