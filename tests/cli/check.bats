#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

# repository: the working directory under git, all of it committed.
repository() {
    command -v git >/dev/null || skip "git is not here"
    export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
    git init -q -b main .
    git config user.name tester
    git config user.email tester@example.org
    commit "start"
}

commit() {
    git add -A
    git commit -q -m "$1"
}

@test "check finds nothing in a good project" {
    line
    go check
    is 0
    says "nothing found in 3 revisions"
    [ ! -e app.db ]
}

@test "check finds several heads, exit 3" {
    fork
    go check
    is 3
    says "2 heads" "bbbb00000002" "cccc00000001" "godwit merge"
}

@test "check finds changed files and unknown revisions" {
    line
    godwit upgrade
    sed -i 's/x INTEGER/x TEXT/' migrations/*bbbb00000002*
    rm migrations/*cccc00000003*
    go check
    is 3
    says "bbbb00000002_m.sql was changed after" "cccc00000003" "2 problems found"
    go check --json
    is 3
    says '"rule":"changed"' '"rule":"unknown"'
}

@test "check finds a directive that is wrong, in any file" {
    line
    printf -- '-- godwit:nonsense\n' >>migrations/20240101_000000_cccc00000003_m.sql
    go check
    is 2
    says "cccc00000003_m.sql:12" "nonsense"
}

@test "check finds SQL where the format does not look, unless it is ignored" {
    project
    mkdir -p migrations/1_a migrations/seeds/deep
    echo "CREATE TABLE t (x INTEGER);" >migrations/1_a/up.sql
    echo "x" >migrations/data.sql
    echo "x" >migrations/seeds/deep/users.sql
    go check
    is 3
    says "migrations/data.sql is not where diesel looks" "migrations/seeds/deep/users.sql is not" "2 problems found"
    go upgrade
    is 0
    says "migrations/data.sql and others: not where diesel looks"
    echo 'migrations = { ignore = [ "data.sql", "seeds/" ]; };' >>plugins.conf
    go check
    is 0
    silent_on "data.sql"
}

@test "--against sees the folders below, however deep" {
    project
    echo 'migrations = { format = "flyway"; };' >>plugins.conf
    mkdir -p migrations/3.0/ddl
    echo "CREATE TABLE t (x INTEGER);" >migrations/3.0/ddl/V1__a.sql
    repository
    git checkout -q -b theirs
    echo "CREATE TABLE u (x INTEGER);" >migrations/3.0/ddl/V2__b.sql
    commit "theirs"
    git checkout -q main
    echo "CREATE TABLE u (x INTEGER);" >migrations/3.0/ddl/V2__c.sql
    go check --against theirs
    is 2
    says "3.0/ddl/V2__c.sql: its version is that of"
    rm migrations/3.0/ddl/V2__c.sql
    go check --against theirs
    is 0
    says "in 2 revisions"
}

@test "check finds all that upgrade would refuse, with file and line, whether the database is there or not" {
    line
    migration dddd00000004 cccc00000003 "fourth" "ROLLBACK;
SELECT 1;
ATTACH 'x' AS y;
COMMIT;" "ROLLBACK;"
    migration eeee00000005 dddd00000004 "fifth" "SELECT 1;
VACUUM;"
    go check
    is 3
    says "dddd00000004_m.sql:8: a migration may not roll back" "_m.sql:10: " "_m.sql:11: commits a transaction" \
        "_m.sql:14: a migration may not roll back" "eeee00000005_m.sql:9: this statement cannot run inside" \
        "5 problems found"
    [ ! -e app.db ]
    go upgrade
    is 2
    says "dddd00000004_m.sql:8: a migration may not roll back (and 3 more refused)" "\`godwit check\` lists them all"
    go upgrade cccc00000003
    is 0
    go check
    is 3
    says "_m.sql:10: 'ATTACH' is refused" "5 problems found"
    go check --json
    says '"rule":"refused","revisions":["dddd00000004"]'
    go upgrade --plan
    is 2
    says "_m.sql:8: a migration may not roll back"
}

@test "upgrade that has one thing to refuse speaks of no other" {
    line
    migration dddd00000004 cccc00000003 "fourth" "ROLLBACK;"
    go upgrade
    is 2
    says "a migration may not roll back"
    silent_on "more refused"
}

@test "check leaves alone what is applied already, and names placeholders without a value in any file" {
    project
    echo 'migrations = { format = "flyway"; };' >>plugins.conf
    echo "ROLLBACK;" >migrations/V1__a.sql
    echo 'SELECT 1; -- ${x}' >migrations/V2__b.sql
    echo 'SELECT 2; -- ${y}' >migrations/V3__c.sql
    go check
    is 3
    says "V1__a.sql:1: a migration may not" "V2__b.sql:1: placeholder '\${x}'" "V3__c.sql:1: placeholder '\${y}'"
    go upgrade
    is 2
    says "V1__a.sql:1" "(and 2 more refused)"
    echo "SELECT 1;" >migrations/V2__b.sql
    go stamp 2
    is 0
    go check
    is 3
    silent_on "V1__a.sql"
    says "V3__c.sql:1" "1 problem found"
    sed -i 's/format = "flyway";/format = "flyway"; placeholders = "off";/' plugins.conf
    go check
    is 0
}

@test "check without its server looks at the files, and exits 12" {
    project
    printf 'database = { backend = "postgres"; url = "postgres://127.0.0.1:1/x"; };\n' >plugins.conf
    migration aaaa00000001 "" "first" "ROLLBACK;"
    go check
    is 12
    says "_m.sql:8: a migration may not roll back" "cannot connect"
}

@test "--against finds the second head that a merge would bring" {
    line
    repository
    git checkout -q -b theirs
    migration dddd00000001 cccc00000003 "theirs"
    commit "theirs"
    git checkout -q main
    go check --against theirs
    is 0
    migration eeee00000001 cccc00000003 "ours, not committed yet"
    go check --against theirs
    is 3
    says "2 heads once merged with 'theirs'" "dddd00000001" "eeee00000001"
    [ ! -e app.db ]
    go heads
    prints "eeee00000001 (head)"
}

@test "--against finds a duplicate id and a missing parent" {
    line
    repository
    git checkout -q -b theirs
    migration dddd00000001 cccc00000003 "theirs"
    mv migrations/*dddd00000001* migrations/20250101_000000_dddd00000001_theirs.sql
    commit "theirs"
    git checkout -q main
    migration dddd00000001 cccc00000003 "ours"
    go check --against theirs
    is 2
    says "merged with 'theirs'" "dddd00000001" "20250101_000000_dddd00000001_theirs.sql"
    silent_on "/tmp/godwit-merged"
    rm migrations/*dddd00000001*
    git checkout -q theirs
    git rm -q migrations/*cccc00000003*
    git rm -q migrations/*dddd00000001*
    commit "without the third"
    git checkout -q main
    migration eeee00000001 cccc00000003 "ours"
    go check --against theirs
    is 2
    says "merged with 'theirs'" "eeee00000001" "cccc00000003"
}

@test "--against takes their change of a file that we left alone" {
    line
    repository
    git checkout -q -b theirs
    migration dddd00000001 bbbb00000002 "between"
    sed -i 's/^-- revises: bbbb00000002/-- revises: dddd00000001/' migrations/*cccc00000003*
    commit "theirs"
    git checkout -q main
    go check --against theirs
    is 0
}

@test "--against keeps a file deleted that we deleted" {
    line
    repository
    git checkout -q -b theirs
    git checkout -q main
    rm migrations/*cccc00000003*
    migration dddd00000001 bbbb00000002 "instead"
    go check --against theirs
    is 0
}

@test "--against leaves no folder behind" {
    line
    repository
    export TMPDIR=$PWD/temporary
    mkdir "$TMPDIR"
    go check --against main
    is 0
    [ -z "$(ls "$TMPDIR")" ]
}

@test "--against with what git does not know" {
    line
    go check --against main
    is 2
    says "git"
    repository
    for ref in nothing -x "main..theirs" ""; do
        go check "--against=$ref"
        is 2
        says "git"
    done
}

@test "--against without git says so" {
    line
    run --separate-stderr env PATH=/nonexistent "$GODWIT" check --against main
    is 2
    says "cannot start 'git'" "install git"
}
