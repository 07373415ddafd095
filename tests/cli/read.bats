#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

@test "current prints nothing at base and creates nothing" {
    line
    before=$(ls -a)
    go current
    is 0
    prints ""
    [ "$before" = "$(ls -a)" ]
}

@test "current marks heads, branch points and merge points" {
    fork
    godwit upgrade aaaa00000002
    go current
    prints "aaaa00000002 (branchpoint)"
    godwit upgrade heads
    go current
    prints "bbbb00000002 (head)
cccc00000001 (head)"
    migration dddd00000001 "bbbb00000002 cccc00000001" "joined"
    godwit upgrade
    go current
    prints "dddd00000001 (head) (mergepoint)"
}

@test "current --check-heads exits 3 below the effective heads" {
    fork
    migration eeee00000001 "" "needs feat" "CREATE TABLE e (x);" "DROP TABLE e;" "depends_on: bbbb00000002"
    godwit upgrade eeee
    go current --check-heads
    is 3
    says "the database is not at 'cccc00000001'" "godwit upgrade heads"
    godwit upgrade heads
    go current --check-heads
    is 0
    says "bbbb00000002 (effective head)" "eeee00000001 (head)"
}

@test "history is newest first, without opening the database" {
    line
    sed -i 's|app.db|/nonexistent/folder/app.db|' plugins.conf
    go history
    is 0
    prints "bbbb00000002 -> cccc00000003 (head), third
aaaa00000001 -> bbbb00000002, second
<base> -> aaaa00000001, first"
}

@test "history marks labels, dependencies, branch and merge points" {
    fork
    migration dddd00000001 "" "apart" "CREATE TABLE d (x);" "DROP TABLE d;" "depends_on: feat" "branch: side"
    migration eeee00000001 "bbbb00000002 cccc00000001" "joined"
    go history
    is 0
    says "bbbb00000002, cccc00000001 -> eeee00000001" "(head) (mergepoint), joined" \
        "<base> (bbbb00000001) -> dddd00000001 (side)" \
        "aaaa00000001 -> aaaa00000002 (branchpoint), trunk two" \
        "aaaa00000002 -> bbbb00000001 (feat)"
}

@test "history -i marks what is current" {
    line
    godwit upgrade bbbb
    go history -i
    is 0
    says "aaaa00000001 -> bbbb00000002 (current), second"
    go history
    silent_on "(current)"
}

@test "history -r takes ranges, negative ones too" {
    line
    godwit upgrade bbbb
    third="bbbb00000002 -> cccc00000003 (head), third"
    second="aaaa00000001 -> bbbb00000002, second"
    first="<base> -> aaaa00000001, first"
    go history -r aaaa:bbbb
    prints "$second
$first"
    go history -r bbbb:
    prints "$third
$second"
    go history -r -1:current
    prints "$second
$first"
    go history -r-1:current
    prints "$second
$first"
    go history --rev-range=aaaa:+1
    prints "$second
$first"
    for range in aaaa cccc:aaaa zzzz:; do
        go history -r "$range"
        is 2
        [ -z "$output" ]
    done
}

@test "history -v shows files, show REV one revision" {
    line
    go history -v
    is 0
    says "Rev: cccc00000003 (head)" "Parent: bbbb00000002" \
        "Path: migrations/20240101_000000_cccc00000003_m.sql" "Parent: <base>"
    go show bbbb
    is 0
    says "Rev: bbbb00000002" "Parent: aaaa00000001" "    second"
    silent_on "cccc"
}

@test "history --graph draws branches and merges" {
    fork
    migration eeee00000001 "bbbb00000002 cccc00000001" "joined"
    go history --graph
    is 0
    says "● eeee00000001 (head) (mergepoint), joined" "├─╮" "├─╯" "● aaaa00000001, trunk one"
    [ "$(grep -c '●' <<<"$output")" -eq 6 ]
    LC_ALL=C go history --graph
    is 0
    says "* eeee00000001" "|-."
    [[ "$output" != *"●"* ]]
}

@test "history of an empty project says how to begin" {
    project
    go history
    is 0
    prints ""
    says "godwit create"
}

@test "heads leaves out dependencies on request" {
    fork
    migration eeee00000001 "" "needs feat" "CREATE TABLE e (x);" "DROP TABLE e;" "depends_on: bbbb00000002"
    go heads
    prints "bbbb00000002 (effective head)
cccc00000001 (head)
eeee00000001 (head)"
    go heads --resolve-dependencies
    prints "cccc00000001 (head)
eeee00000001 (head)"
}

@test "branches shows what follows each branch point" {
    fork
    go branches
    is 0
    prints "aaaa00000002 (branchpoint)
  -> bbbb00000001 (feat)
  -> cccc00000001 (head)"
}

@test "show takes symbols; base shows nothing" {
    line
    godwit upgrade bbbb
    go show current
    is 0
    says "Rev: bbbb00000002 (current)" "Applied: 20"
    go show base
    is 0
    prints ""
    go show head --applied
    is 0
    says "Applied: no"
    go show zz
    is 2
    says "'zz'"
}

@test "an ambiguous prefix lists its candidates" {
    line
    migration aaaa00000009 cccc00000003 "fourth"
    go show aaaa
    is 2
    says "aaaa00000001" "aaaa00000009"
}

@test "status shows counts, heads and what to do" {
    line
    go status
    is 0
    says "not there yet" "applied       0" "pending       3" "current       base" "godwit upgrade"
    [ ! -e app.db ]
    godwit upgrade bbbb
    go status --exit-code
    is 3
    says "applied       2" "pending       1" "cccc00000003  third" "lock          free"
    godwit upgrade
    go status --exit-code
    is 0
}

@test "status shows changed files and unknown revisions" {
    line
    godwit upgrade
    echo "-- only a comment" >>migrations/*aaaa00000001*
    sed -i 's/x INTEGER/x TEXT/' migrations/*bbbb00000002*
    rm migrations/*cccc00000003*
    go status --exit-code
    is 3
    says "changed       bbbb00000002" "reworded      aaaa00000001" "unknown       cccc00000003  third"
}

@test "a revision that only the database knows is still shown and reverted" {
    line
    godwit upgrade
    rm migrations/*cccc00000003*
    go current
    is 0
    says "cccc00000003"
    go show cccc --applied
    is 0
    says "Rev: cccc00000003" "(no file)"
    go upgrade
    is 0
    go downgrade -1
    is 0
    [ "$(tables)" = "t_aaaa00000001 t_bbbb00000002" ]
}
