#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Two runners, and signals. No test sleeps: each waits for an event of the runner.
load helper

count="WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i <"

# setup_slow ROWS: three revisions, the first applied; the second counts to ROWS. Each is durable by itself,
# so that the owner of the lock is there for others to read.
setup_slow() {
    project
    sed -i 's/engine = {/& durability = "revision";/' plugins.conf
    migration aaaa00000001 "" "first"
    migration bbbb00000002 aaaa00000001 "slow" "CREATE TABLE before_it (x);
CREATE TABLE slow AS $count $1) SELECT max(i) AS n FROM c;" "DROP TABLE slow; DROP TABLE before_it;"
    migration cccc00000003 bbbb00000002 "third"
    godwit upgrade +1
}

# start ARGUMENT...: a runner in the background; returns when it has begun revision bbbb00000002.
start() {
    mkfifo events
    # A shell without job control lets its background jobs ignore Ctrl-C.
    env --default-signal=INT "$GODWIT" --json "$@" >events 2>errors 3>&- &
    runner=$!
    exec 9<events
    while read -r line <&9; do
        case "$line" in
        *'"revision.started"'*'bbbb00000002'*) return 0 ;;
        esac
    done
    return 1
}

# finish: the runner's exit code in $code.
finish() {
    cat <&9 >/dev/null
    code=0
    wait "$runner" || code=$?
    exec 9<&-
}

teardown() {
    [ -z "${runner-}" ] || kill -KILL "$runner" 2>/dev/null || true
}

@test "a second runner does not get the lock, exit 5, and is told who has it" {
    setup_slow 1000000000
    start upgrade
    go upgrade
    is 5
    says "pid $runner" "upgrade head" "godwit lock break"
    go lock status
    is 5
    says "held by" "pid $runner" "upgrade head"
    go status
    is 0
    says "held by"
    kill -INT "$runner"
    finish
    [ "$code" -eq 6 ]
    go lock status
    is 0
    [[ "$output" == free* ]]
}

@test "with durability = run a second runner is turned away as well" {
    setup_slow 1000000000
    sed -i 's/durability = "revision"/durability = "run"/' plugins.conf
    start upgrade
    go upgrade
    is 5
    says "$runner" "godwit lock status"
    kill -INT "$runner"
    finish
    [ "$code" -eq 6 ]
    go current
    prints "aaaa00000001"
}

@test "reading commands work while another runner writes" {
    setup_slow 1000000000
    start upgrade
    for command in current history status "upgrade --dry-run" check; do
        # shellcheck disable=SC2086
        go $command
        [ "$status" -eq 0 ] || [ "$status" -eq 3 ]
    done
    kill -INT "$runner"
    finish
}

@test "Ctrl-C cancels the statement; its revision leaves nothing, exit 6" {
    setup_slow 1000000000
    start upgrade
    kill -INT "$runner"
    finish
    [ "$code" -eq 6 ]
    grep -q "^godwit: " errors
    go current
    prints "aaaa00000001"
    [ "$(tables)" = "t_aaaa00000001" ]
}

@test "a second Ctrl-C changes nothing about safety" {
    setup_slow 1000000000
    start upgrade
    kill -INT "$runner"
    kill -INT "$runner" 2>/dev/null || true
    kill -TERM "$runner" 2>/dev/null || true
    finish
    [ "$code" -eq 6 ]
    go current
    prints "aaaa00000001"
}

@test "SIGTERM finishes the revision under way and stops there, exit 6" {
    setup_slow 1500000
    start upgrade
    kill -TERM "$runner"
    finish
    [ "$code" -eq 6 ]
    go current
    prints "bbbb00000002"
    go upgrade
    is 0
    go current
    prints "cccc00000003 (head)"
}

@test "kill -9 loses nothing, and the next run goes on" {
    setup_slow 1000000000
    start upgrade
    kill -KILL "$runner"
    finish
    [ "$code" -eq 137 ]
    go lock status
    is 0
    migration bbbb00000002 aaaa00000001 "slow" "CREATE TABLE slow (n);" "DROP TABLE slow;"
    go upgrade
    is 0
    [ "$(tables)" = "slow t_aaaa00000001 t_cccc00000003" ]
}

@test "lock break ends the runner that holds it" {
    setup_slow 1000000000
    start upgrade
    go lock break
    is 2
    says "--reason"
    go lock break --reason "test"
    is 2
    says "--yes" "end the session"
    go lock break --reason "test" --yes
    is 0
    says "the lock is free"
    finish
    [ "$code" -ne 0 ]
    go current
    prints "aaaa00000001"
}

@test "lock break of a free lock says so" {
    line
    godwit upgrade
    go lock break --reason "test" --yes
    is 0
    says "the lock is free"
}

@test "wait returns at once when the database answers" {
    line
    go wait
    is 0
    says "the database answers"
    [ ! -e app.db ]
    go wait --timeout soon
    is 2
    says "'soon' is no duration"
}
