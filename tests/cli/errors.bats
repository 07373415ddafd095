#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Bad input of every kind: one clear sentence with file and line, what to do next, the right exit code.
load helper

# hinted: the last line of stderr says what to do next, and nothing crashed.
hinted() {
    [[ "${stderr##*$'\n'}" == "  "* ]] || {
        printf 'no hint: %s\n' "$stderr" >&2
        return 1
    }
}

@test "broken header" {
    line
    sed -i 's/^-- revision: bbbb00000002/-- revisoin: bbbb00000002/' migrations/*bbbb00000002*
    go upgrade
    is 2
    says "20240101_000000_bbbb00000002_m.sql:" "revisoin" "revision"
    [ ! -s app.db ]
}

@test "header without an id" {
    line
    sed -i '/^-- revision:/d' migrations/*bbbb00000002*
    go heads
    is 2
    says "bbbb00000002_m.sql"
}

@test "duplicate id" {
    line
    cp migrations/*bbbb00000002* migrations/20250101_000000_bbbb00000002_again.sql
    go heads
    is 2
    says "bbbb00000002" "20240101_000000_bbbb00000002_m.sql" "20250101_000000_bbbb00000002_again.sql"
}

@test "missing parent" {
    line
    rm migrations/*bbbb00000002*
    for command in heads history upgrade "create x" merge; do
        # shellcheck disable=SC2086
        go $command
        is 2
        says "cccc00000003_m.sql:4" "bbbb00000002"
    done
}

@test "cycle" {
    line
    sed -i 's/^-- revises: $/-- revises: cccc00000003/' migrations/*aaaa00000001*
    go heads
    is 2
    says "aaaa00000001" "bbbb00000002" "cccc00000003"
}

@test "a revision that revises itself" {
    project
    migration aaaa00000001 aaaa00000001 "self"
    go heads
    is 2
    says "aaaa00000001"
}

@test "directive typo" {
    line
    sed -i 's/^-- godwit:down/-- godwit:donw/' migrations/*bbbb00000002*
    go upgrade
    is 2
    says "bbbb00000002_m.sql:10" "donw" "down"
    [ ! -s app.db ]
}

@test "unreadable file: a folder in its place" {
    line
    rm migrations/*bbbb00000002*
    mkdir migrations/20240101_000000_bbbb00000002_m.sql
    go upgrade
    is 2
    says "bbbb00000002"
}

@test "unreadable file: no permission" {
    [ "$(id -u)" -ne 0 ] || skip "root reads everything"
    line
    chmod 0 migrations/*bbbb00000002*
    go upgrade
    is 2
    says "bbbb00000002_m.sql" "permission" "owner"
}

@test "wrong encoding" {
    line
    printf -- '-- caf\xe9\n' >>migrations/20240101_000000_bbbb00000002_m.sql
    go upgrade
    is 2
    says "bbbb00000002_m.sql:12" "UTF-8"
}

@test "a NUL byte" {
    line
    printf 'SELECT \0 1;\n' >>migrations/20240101_000000_bbbb00000002_m.sql
    go upgrade
    is 2
    says "bbbb00000002_m.sql"
}

@test "a file of 100 MB" {
    line
    truncate -s 100M migrations/20240101_000000_bbbb00000002_m.sql
    go upgrade
    is 2
    says "bbbb00000002_m.sql" "bytes"
}

@test "missing plugin" {
    line
    sed -i 's/"sqlite"/"sqlitte"/' plugins.conf
    go upgrade
    is 11
    says "sqlitte"
    hinted
    go history
    is 0
}

@test "a database file that is none" {
    line
    printf 'this is a text file, and by no means a database of any kind\n' >app.db
    for command in upgrade current status "upgrade --dry-run" wait; do
        # shellcheck disable=SC2086
        go $command
        [ "$status" -eq 12 ]
        says "app.db" "not a database"
    done
    grep -q "this is a text file" app.db
}

@test "the folder of the database does not exist" {
    line
    sed -i 's|app.db|nowhere/app.db|' plugins.conf
    go upgrade
    is 12
    says "nowhere"
}

@test "titles are shown, never obeyed; odd file names work" {
    project
    odd=$'migrations/a "quoted" \'name\' ; $(touch x) `y` -- \\ é.sql'
    printf -- '-- evil \033]0;owned\007 title\n-- revision: aaaa00000001\n-- revises:\n\n-- godwit:up\nCREATE TABLE a (x);\n-- godwit:down\nDROP TABLE a;\n' >"$odd"
    for command in history "history -v" "show head" "upgrade --plan" upgrade status "history --json" \
        "downgrade base"; do
        # shellcheck disable=SC2086
        go $command
        is 0
        [[ "$output$stderr" != *$'\033'* ]]
        [[ "$output$stderr" != *$'\007'* ]]
    done
    EDITOR=true go edit head
    is 0
}

@test "a file name that no terminal can show is refused by name" {
    for name in $'new\nline.sql' $'esc\033[31m.sql' $'\xff\xfe.sql'; do
        rm -rf migrations
        line
        mv migrations/*bbbb00000002* "migrations/$name"
        go history
        is 2
        says "a file name in 'migrations'" "rename the file"
        [[ "$output$stderr" != *$'\033'* ]]
    done
}

@test "no plugins.conf: the defaults, and a sentence about them" {
    go history
    is 2
    says "migrations"
    hinted
    mkdir migrations
    migration aaaa00000001 "" "first"
    go history
    is 0
    go config show
    is 0
    says "default"
}

@test "no migrations folder" {
    project
    rmdir migrations
    for command in history upgrade status "create x"; do
        # shellcheck disable=SC2086
        go $command
        is 2
        says "migrations"
    done
}

@test "an empty migrations folder" {
    project
    go upgrade
    is 0
    says "nothing to do; at base"
    go upgrade +1
    is 2
    go downgrade -1
    is 2
    go heads
    is 0
    prints ""
}

@test "a typo in plugins.conf names file, line and the nearest key" {
    line
    echo 'databse = { };' >>plugins.conf
    go upgrade
    is 2
    says "plugins.conf:3" "databse" "database"
}

@test "an unset variable names key and line" {
    line
    sed -i 's|app.db|${NOT_SET_ANYWHERE}|' plugins.conf
    go current
    is 2
    says "plugins.conf:1" "NOT_SET_ANYWHERE"
}

@test "a missing --config file" {
    go heads --config nothing.conf
    is 2
    says "nothing.conf"
}

@test "no secret is ever shown" {
    line
    cat >plugins.conf <<'CONF'
database = { backend = "sqlite"; url = "${SECRET_URL}"; };
CONF
    export SECRET_URL="file:nowhere-hunter2/app.db?password=hunter2"
    for command in "config show" "config show --json" "upgrade -v -v" "current --json" status "wait --timeout 0"; do
        # shellcheck disable=SC2086
        go $command
        silent_on hunter2
    done
}

@test "a read-only folder" {
    [ "$(id -u)" -ne 0 ] || skip "root writes everywhere"
    line
    chmod a-w .
    go upgrade
    chmod u+w .
    [ "$status" -ne 0 ]
    hinted
    chmod a-w migrations
    go create "x"
    chmod u+w migrations
    is 2
    hinted
}
