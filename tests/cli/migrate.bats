#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

@test "upgrade applies all, says so on stderr, and again does nothing" {
    line
    go upgrade
    is 0
    [ -z "$output" ]
    says "applied 3 revisions in " "now at cccc00000003 (head)"
    [ "$(tables)" = "t_aaaa00000001 t_bbbb00000002 t_cccc00000003" ]
    go upgrade
    is 0
    says "nothing to do; at cccc00000003 (head)"
}

@test "upgrade and downgrade take every form of target" {
    line
    for step in "upgrade +1:aaaa00000001" "upgrade bbbb:bbbb00000002" "upgrade head:cccc00000003 (head)" \
        "downgrade -1:bbbb00000002" "downgrade head-2:aaaa00000001" "upgrade aaaa+1:bbbb00000002" \
        "downgrade base:" "upgrade heads:cccc00000003 (head)"; do
        # shellcheck disable=SC2086
        go ${step%%:*}
        is 0
        go current
        prints "${step#*:}"
    done
}

@test "targets that lead nowhere are usage errors and change nothing" {
    line
    godwit upgrade bbbb
    for arguments in "upgrade +9" "upgrade -1" "upgrade zzzz" "upgrade +1abc" "downgrade +1" \
        "downgrade -9" "downgrade cccc" "upgrade aaaa:bbbb" "downgrade bbbb:aaaa"; do
        # shellcheck disable=SC2086
        go $arguments
        is 2
        go current
        prints "bbbb00000002"
    done
}

@test "upgrade without a target needs one head" {
    fork
    go upgrade
    is 2
    says "bbbb00000002" "cccc00000001"
    go upgrade heads
    is 0
    says "applied 5 revisions" "bbbb00000002 (head), cccc00000001 (head)"
}

@test "downgrade reverts and says where it ended" {
    line
    godwit upgrade
    go downgrade base
    is 0
    says "reverted 3 revisions" "now at base"
    [ "$(tables)" = "" ]
}

@test "label@base that takes the trunk along needs a yes" {
    fork
    godwit upgrade heads
    go downgrade feat@base
    is 2
    says "--yes"
    go current
    [ "${#lines[@]}" -eq 2 ]
    go downgrade feat@base --yes
    is 0
    go current
    prints ""
}

@test "redo reverts and applies the last revisions in one run" {
    line
    godwit upgrade
    go redo
    is 0
    says "reverted 1 revision and applied 1 revision" "now at cccc00000003 (head)"
    go redo 3 --quiet
    is 0
    [ -z "$stderr" ]
    for n in 0 -1 x 4; do
        go redo "$n"
        is 2
    done
    [ "$(tables)" = "t_aaaa00000001 t_bbbb00000002 t_cccc00000003" ]
}

@test "--plan shows statements and changes nothing" {
    line
    go upgrade +2 --plan
    is 0
    says "CREATE TABLE t_aaaa00000001" "bbbb00000002" "2 steps pending"
    silent_on "cccc00000003"
    [ ! -e app.db ]
}

@test "--dry-run exits 3 while something is pending, and creates no file" {
    line
    before=$(ls -a)
    go upgrade --dry-run
    is 3
    [ "$before" = "$(ls -a)" ]
    godwit upgrade
    before=$(ls -a; sha256sum app.db)
    go upgrade --dry-run
    is 0
    go downgrade -1 --dry-run
    is 3
    says "DROP TABLE t_cccc00000003"
    [ "$before" = "$(ls -a; sha256sum app.db)" ]
}

@test "--dry-run works on files that cannot be written" {
    line
    godwit upgrade +1
    chmod a-w app.db .
    go upgrade --dry-run
    chmod u+w app.db .
    is 3
}

@test "--fake records and runs nothing" {
    line
    go upgrade --fake
    is 0
    says "recorded 3 revisions"
    [ "$(tables)" = "" ]
    go downgrade -1 --fake
    is 0
    says "forgot 1 revision"
    go current
    prints "bbbb00000002"
}

@test "--sql prints a script that does the same" {
    line
    go upgrade --sql
    is 0
    [ ! -e app.db ]
    printf '%s\n' "$output" >up.sql
    python3 -c 'import sqlite3, sys; sqlite3.connect("app.db").executescript(open("up.sql").read())'
    go current
    is 0
    prints "cccc00000003 (head)"
    go downgrade cccc:aaaa --sql
    is 0
    printf '%s\n' "$output" >down.sql
    python3 -c 'import sqlite3, sys; sqlite3.connect("app.db").executescript(open("down.sql").read())'
    go current
    prints "aaaa00000001"
    [ "$(tables)" = "t_aaaa00000001" ]
}

@test "--sql of a range holds that range alone" {
    line
    go upgrade aaaa:bbbb --sql
    is 0
    says "CREATE TABLE t_bbbb00000002"
    silent_on "CREATE TABLE t_aaaa00000001"
    silent_on "t_cccc00000003"
    go upgrade base:+1 --sql
    is 0
    says "CREATE TABLE t_aaaa00000001"
    silent_on "t_bbbb00000002"
}

@test "--sql with half a range is a usage error" {
    line
    for range in ":bbbb" "aaaa:" "a:b:c" "zzzz:head"; do
        go upgrade "$range" --sql
        is 2
        [ -z "$output" ]
    done
    go downgrade -1 --sql
    is 2
    says "FROM:TO"
}

@test "--sql passes every byte of a statement on" {
    project
    migration aaaa00000001 "" "bytes" "$(printf "CREATE TABLE a (x TEXT DEFAULT 'tab\there \033[1m é');")"
    godwit upgrade --sql >up.sql
    grep -qF "$(printf "'tab\there \033[1m é'")" up.sql
}

@test "only one of the modes can be given" {
    line
    go upgrade --plan --sql
    is 2
    says "only one of"
}

@test "a failing statement names file and line, and its revision leaves nothing" {
    line
    migration dddd00000004 cccc00000003 "broken" "CREATE TABLE fine (x);
INSERT INTO nowhere VALUES (1);"
    go upgrade
    is 6
    says "20240101_000000_dddd00000004_m.sql:9" "nowhere"
    [ "$(tables)" = "t_aaaa00000001 t_bbbb00000002 t_cccc00000003" ]
    go current
    prints "cccc00000003"
}

@test "an irreversible revision stops a downgrade before it begins" {
    project
    migration aaaa00000001 "" "first"
    migration bbbb00000002 aaaa00000001 "one way" "CREATE TABLE w (x);" '-- godwit:irreversible "data is gone"'
    migration cccc00000003 bbbb00000002 "third"
    godwit upgrade
    go downgrade base
    is 2
    says "bbbb00000002" "data is gone"
    go current
    prints "cccc00000003 (head)"
}

@test "an applied file that changed stops the run until it is repaired" {
    line
    godwit upgrade +1
    sed -i 's/x INTEGER/x TEXT/' migrations/*aaaa00000001*
    go upgrade
    is 2
    says "aaaa00000001" "was changed after it was applied" "godwit repair aaaa00000001"
    go repair aaaa
    is 2
    says "--reason"
    go repair aaaa --reason "only the type was corrected"
    is 0
    go upgrade
    is 0
}

@test "--json reports each step as one object a line" {
    line
    go upgrade --json
    is 0
    printf '%s\n' "$output" | python3 -c '
import json, sys
events = [json.loads(line) for line in sys.stdin]
applied = [e for e in events if e["type"] == "revision.applied"]
assert [e["revision"] for e in applied] == ["aaaa00000001", "bbbb00000002", "cccc00000003"], applied
assert len({e["run"] for e in events}) == 1
summary = events[-1]
assert summary["type"] == "run.summary" and summary["applied"] == 3, summary
assert summary["current"] == ["cccc00000003"], summary
'
}

@test "--json reports a failure, and stderr says it to people" {
    line
    go upgrade zzzz --json
    is 2
    printf '%s\n' "$output" | tail -n 1 | python3 -c '
import json, sys
event = json.loads(sys.stdin.read())
assert event["type"] == "failed" and event["code"] == 2 and "zzzz" in event["message"], event
'
    [[ "$stderr" == "godwit: "* ]]
}
