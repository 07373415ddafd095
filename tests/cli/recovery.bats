#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

# halfway: two revisions, the second stops after its first statement and outside a transaction.
halfway() {
    project
    migration aaaa00000001 "" "first"
    migration bbbb00000002 aaaa00000001 "in steps" "-- godwit:no-transaction
CREATE TABLE one (x);
INSERT INTO missing VALUES (1);
CREATE TABLE three (x);" "-- godwit:no-transaction
DROP TABLE three;
DELETE FROM missing;
DROP TABLE one;"
    run "$GODWIT" upgrade
}

@test "a revision that stops half-way says how far it came, exit 7" {
    halfway
    is 7
    says "1 of 3" "godwit resume" "godwit revert-partial"
    go status --exit-code
    is 7
    says "half-way" "bbbb00000002" "1 of 3"
    go upgrade
    [ "$status" -eq 7 ]
}

@test "resume finishes it once the cause is gone" {
    halfway
    python3 -c 'import sqlite3; sqlite3.connect("app.db").execute("CREATE TABLE missing (x)")'
    go resume
    is 0
    says "bbbb00000002"
    go current
    prints "bbbb00000002 (head)"
    [ "$(tables)" = "missing one t_aaaa00000001 three" ]
}

@test "revert-partial undoes what was done" {
    halfway
    go revert-partial
    is 2
    says "--yes" "half-way"
    go revert-partial --yes
    is 0
    [ "$(tables)" = "t_aaaa00000001" ]
    go status
    silent_on "half-way"
    go current
    prints "aaaa00000001"
}

@test "mark-done records a statement, with a reason" {
    halfway
    go mark-done 2
    is 2
    says "--reason"
    go mark-done two --reason "x"
    is 2
    go mark-done 9 --reason "x"
    is 2
    says "there are 3"
    go mark-done 2 --reason "the row is not needed"
    is 0
    go resume
    is 0
    [ "$(tables)" = "one t_aaaa00000001 three" ]
    go current
    prints "bbbb00000002 (head)"
}

@test "stamp strikes the journal, wherever it says that the database stands" {
    halfway
    python3 -c 'import sqlite3; sqlite3.connect("app.db").execute("DROP TABLE one")'
    go stamp aaaa00000001
    is 0
    go status
    silent_on "half-way"
    go upgrade aaaa00000001
    is 0
}

@test "nothing half-way: the recovery commands say so" {
    line
    godwit upgrade
    for command in resume "revert-partial --yes" "mark-done 1 --reason x"; do
        # shellcheck disable=SC2086
        go $command
        is 0
        says "nothing is half-way"
    done
}

@test "stamp records without running" {
    line
    go stamp bbbb
    is 0
    says "recorded as at bbbb00000002"
    go current
    prints "bbbb00000002"
    go stamp heads
    is 0
    go stamp base
    is 0
    go current
    prints ""
    [ "$(tables)" = "" ]
    go stamp zzzz
    is 2
    go stamp
    is 2
}

@test "stamp --purge is the way out of unknown revisions" {
    line
    godwit upgrade
    rm migrations/*
    migration dddd00000001 "" "a new beginning"
    go upgrade
    [ "$status" -ne 0 ]
    says "cccc00000003"
    go stamp --purge dddd
    is 0
    go current
    prints "dddd00000001 (head)"
    go stamp --purge zzzz
    is 2
    go current
    prints "dddd00000001 (head)"
}

@test "stamp --sql prints the records alone" {
    line
    go stamp head --sql
    is 0
    [ ! -e app.db ]
    says "aaaa00000001" "cccc00000003"
    silent_on "CREATE TABLE t_"
    printf '%s\n' "$output" >stamp.sql
    python3 -c 'import sqlite3, sys; sqlite3.connect("app.db").executescript(open("stamp.sql").read())'
    go current
    prints "cccc00000003 (head)"
    go stamp head --sql --purge
    is 2
}

@test "repair refuses what is not applied or not there" {
    line
    godwit upgrade bbbb
    go repair cccc --reason "x"
    is 2
    says "not applied"
    go repair base --reason "x"
    is 2
    go repair zzzz --reason "x"
    is 2
}
