#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The long forms: every point of every history, 1,000 races, 200 stopped owners; on SQLite, then on PostgreSQL and
# MariaDB. `./dev faults` runs it.
# full.sh BUILD-FOLDER [sqlite|servers]
set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
build=${1:?the build folder}
failed=0

run() {
    python3 -B "$here/$1" --godwit "$build/godwit" --preload "$build/tests/faults/libgwfault.so" "${@:2}"
    local code=$?
    [ $code -eq 0 ] || [ $code -eq 77 ] || failed=1
}

sqlite() {
    run sweep.py --control
    run races.py --races 1000
    run races.py --stopped 200
    run sweep.py --all --durability revision --history journalled
    run sweep.py --all
}

# Inside of `server.py run`.
servers() {
    local backend
    run sweep.py --backend postgres --control
    for backend in postgres mysql; do
        run races.py --backend $backend --races 500
        run races.py --backend $backend --stopped 100
        run races.py --backend $backend --broken 100
        run sweep.py --backend $backend --history journalled-$backend --kill-server --points 50
        run sweep.py --backend $backend --history journalled-$backend --cut --first 200
        run sweep.py --backend $backend --history journalled-$backend --cut --points 300
        run sweep.py --backend $backend --all --durability revision --history journalled-$backend
        run sweep.py --backend $backend --all
    done
}

case ${2:-all} in
sqlite | servers) "$2" ;;
*)
    sqlite
    "$here/../servers/server.py" --folder "$build/servers" run postgres mariadb -- "$0" "$build" servers || failed=1
    ;;
esac
exit $failed
