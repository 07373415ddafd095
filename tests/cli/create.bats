#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

@test "init makes a project that runs" {
    go init shop
    is 0
    says "shop/plugins.conf" "shop/migrations/" "godwit upgrade"
    cd shop
    go upgrade
    is 0
    says "applied 1 revision"
    [ "$(tables)" = "note" ]
    go downgrade base
    is 0
    [ "$(tables)" = "" ]
}

@test "init accepts hidden files and refuses others" {
    mkdir -p shop/.git
    go init shop
    is 0
    go init shop
    is 2
    says "'shop' is not empty"
    mkdir full && touch full/a
    go init full
    is 2
    says "'full' is not empty" "'a' is in it"
    [ "$(ls full)" = a ]
}

@test "init without DIR uses the working directory" {
    go init
    is 0
    [ -f plugins.conf ]
    go heads
    is 0
    says "(head)"
}

@test "every commented key of the new plugins.conf is one that exists" {
    godwit init
    sed -i 's|^\( *\)// \([a-z_]* = .*;\)|\1\2|' plugins.conf
    DATABASE_URL=x go config show
    is 0
    says "engine.lock_wait" "database.session"
}

@test "create prints the path of a file that loads" {
    project
    go create "Add question bank"
    is 0
    [ -f "$output" ]
    [[ "$output" == migrations/*_add_question_bank.sql ]]
    grep -q "^-- Add question bank" "$output"
    go upgrade
    is 0
    go create "Second"
    is 0
    go history
    is 0
    [ "${#lines[@]}" -eq 2 ]
    says "(head), Second"
}

@test "create refuses several heads and lists them" {
    fork
    go create "more"
    is 2
    says "2 heads" "bbbb00000002" "cccc00000001" "--head"
    [ "$(ls migrations | wc -l)" -eq 5 ]
    go create "more" --head feat@head
    is 0
    grep -q "^-- revises: *bbbb00000002" "$output"
}

@test "create on all heads merges, on base begins a new line" {
    fork
    go create "join" --head heads
    is 0
    go heads
    [ "${#lines[@]}" -eq 1 ]
    go create "apart" --head base --branch billing
    is 0
    go heads
    [ "${#lines[@]}" -eq 2 ]
    says "(billing) (head)"
}

@test "create on a revision that is no head needs --splice" {
    line
    go create "late" --head aaaa
    is 2
    says "'aaaa00000001' is not a head" "--splice"
    go create "late" --head aaaa --splice
    is 0
    go branches
    says "aaaa00000001 (branchpoint)"
}

@test "create checks ids and labels before it writes" {
    fork
    before=$(ls migrations)
    for arguments in "--rev-id bbbb00000001" "--branch feat" "--rev-id head" "--branch base" \
        "--rev-id a:b" "--branch a@b" "--depends-on nope" "--head nope"; do
        # shellcheck disable=SC2086
        go create "x" --head cccc $arguments
        is 2
        [ "$before" = "$(ls migrations)" ]
    done
    says "nope"
}

@test "create refuses a message that would break the file" {
    project
    for message in "" "revises: abc" "godwit:up" $'two\nlines' $'bad \xff'; do
        go create "$message"
        is 2
        [ -z "$(ls migrations)" ]
    done
}

@test "create records dependencies" {
    fork
    go create "x" --head cccc --depends-on feat --depends-on aaaa00000001
    is 0
    file=$output
    grep -q "^-- depends_on: .*bbbb00000001" "$file"
    go heads
    is 0
}

@test "create --edit and edit open the editor without a shell" {
    line
    cat >editor <<'SH'
#!/bin/sh
printf '%s\n' "$#" "$@" >>edited
SH
    chmod +x editor
    EDITOR="./editor --wait \$(touch pwned) ;" go edit cccc
    is 0
    [ ! -e pwned ]
    grep -qx -- '--wait' edited
    grep -q 'migrations/.*cccc00000003' edited
    EDITOR="./editor" go create "x" --edit
    is 0
    [ -f "$output" ]
    grep -qF -- "$output" edited
}

@test "a failing editor is an error" {
    line
    EDITOR=false go edit head
    is 2
    says "'false' failed with exit code 1" "EDITOR"
    EDITOR=./no-such-editor go edit head
    is 2
    says "cannot start './no-such-editor'"
}

@test "edit warns about an applied revision and reads the files again" {
    line
    godwit upgrade
    EDITOR=true go edit head
    is 0
    says "applied already"
    cat >breaker <<'SH'
#!/bin/sh
printf -- '-- godwit:upp\n' >>"$1"
SH
    chmod +x breaker
    EDITOR=./breaker go edit cccc
    is 2
    says "cccc00000003_m.sql:" "upp"
}

@test "edit base and unknown names" {
    line
    EDITOR=true go edit base
    is 2
    EDITOR=true go edit zzzz
    is 2
    says "zzzz"
}

@test "merge joins the heads" {
    fork
    go merge -m "join both"
    is 0
    grep -q "^-- join both" "$output"
    go heads
    [ "${#lines[@]}" -eq 1 ]
    says "(mergepoint)"
    go upgrade
    is 0
    go merge
    is 2
    says "nothing to merge"
}

@test "merge refuses duplicates and what is no head" {
    fork
    go merge feat@head feat@head
    is 2
    says "'bbbb00000002' is named twice"
    go merge bbbb00000001 cccc00000001
    is 2
    says "'bbbb00000001' is not a head" "--splice"
    go merge bbbb00000001 cccc00000001 --splice
    is 0
}

@test "merge with nothing there writes nothing" {
    project
    go merge
    is 2
    [ -z "$(ls migrations)" ]
}

@test "formats without branches refuse merge and --head" {
    project
    printf -- '-- +goose Up\nCREATE TABLE a (x);\n-- +goose Down\nDROP TABLE a;\n' >migrations/00001_a.sql
    go merge
    is 2
    says "goose"
    go create "x" --head 00001
    is 2
    says "goose" "no branches"
    go create "next one"
    is 0
    [ -f "${lines[0]}" ]
    go upgrade
    is 0
    says "applied 2 revisions"
}
