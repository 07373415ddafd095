# SPDX-License-Identifier: Apache-2.0
# What the tests on servers share. `server.py with` names the servers by GODWIT_TEST_*; the file that loads this says
# how to make a database and ask it: make_database, drop_database, ask.
bats_require_minimum_version 1.5.0

servers=$BATS_TEST_DIRNAME/../servers/server.py
name=gw_cli_$$

# project [URL [OPTIONS]]: a project in the working directory on a new database.
project() {
    make_database
    configure "${1-$(url_of)}" "${2-}"
}

# configure URL [OPTIONS]
configure() {
    mkdir -p migrations
    cat >plugins.conf <<CONF
database = { backend = "$backend"; url = "$1"; options = { ${2-} }; };
engine = { lock_wait = "200ms"; };
CONF
}

teardown() {
    if [ -d "$BATS_TEST_TMPDIR/own" ]; then
        "$servers" --folder "$BATS_TEST_TMPDIR/own" stop --all
    else
        drop_database
    fi
}

# own NAME: a server for this test alone, named by GODWIT_TEST_* from then on.
own() {
    "$servers" --folder "$BATS_TEST_TMPDIR/own" start "$1"
    eval "$("$servers" --folder "$BATS_TEST_TMPDIR/own" env)"
}

# own_again NAME [VARIABLE=VALUE...]: kills the test's own server and starts it on the same data.
own_again() {
    "$servers" --folder "$BATS_TEST_TMPDIR/own" kill "$1"
    env "${@:2}" "$servers" --folder "$BATS_TEST_TMPDIR/own" again "$1"
}

# hinted: the last line of stderr says what to do next, and nothing crashed.
hinted() {
    [[ "${stderr##*$'\n'}" == "  "* ]] || {
        printf 'no hint: %s\n' "$stderr" >&2
        return 1
    }
}

# fails CODE TEXT...: an upgrade ends so, in words with what to do next.
fails() {
    go upgrade
    is "$1"
    says "${@:2}"
    hinted
}

# waits COMMAND...: until it succeeds.
waits() {
    local i
    for ((i = 0; i < 200; i++)); do
        ! "$@" 2>/dev/null || return 0
        read -rt 0.05 <> <(:) || :
    done
    printf 'this did not happen: %s\n' "$*" >&2
    return 1
}

# part URL WHAT: the password, port or host of an address.
part() {
    python3 -c 'import sys; from urllib.parse import *; print(getattr(urlsplit(sys.argv[1]), sys.argv[2]))' "$@"
}

# starts: an upgrade in the background; ended: waits for it, as `go` does.
starts() {
    "$GODWIT" "$@" upgrade >out 2>err 3>&- &
    runner=$!
}
ended() {
    status=0
    wait "$runner" || status=$?
    output=$(<out)
    stderr=$(<err)
}
