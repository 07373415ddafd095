#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# MariaDB as a user meets it: first steps, and everything that a server can refuse.
load helper
load servers

backend=mysql
url_of() { printf '%s\n' "${GODWIT_TEST_MYSQL/\/godwit\?//$name?}"; }
tcp_of() { printf '%s\n' "${GODWIT_TEST_MYSQL_TCP%/*}/$name"; }
socket_of() { printf '%s\n' "${GODWIT_TEST_MYSQL#*socket=}"; }
client() { mariadb --no-defaults --batch --skip-column-names --user=root --socket="$(socket_of)" "$@"; }
admin() { client -e "$1"; }
ask() { client -e "$1" "$name"; }
make_database() { admin "CREATE DATABASE $name"; }
# Sessions that a test leaves would keep it.
drop_database() {
    local id
    for id in $(admin "SELECT id FROM information_schema.processlist WHERE db = '$name'"); do
        admin "KILL $id" 2>/dev/null || :
    done
    admin "DROP DATABASE IF EXISTS $name"
}
has_no() { [ "$(ask "SELECT count(*) FROM information_schema.tables WHERE table_schema = '$name' AND table_name = '$1'")" = 0 ]; }
recorded() { ask "SELECT count(*) FROM godwit_revision"; }
# running PATTERN: a statement like it runs on the server.
running() { [ -n "$(admin "SELECT id FROM information_schema.processlist WHERE db = '$name' AND info LIKE '$1'")" ]; }

@test "first migration on a server" {
    project
    go create "Add users"
    is 0
    file=$(ls migrations/*.sql)
    sed -i 's/^-- godwit:up$/&\nCREATE TABLE users (id integer PRIMARY KEY);/
            s/^-- godwit:down$/&\nDROP TABLE users;/' "$file"
    go upgrade --dry-run
    is 3
    [ -z "$(ask "SHOW TABLES")" ]
    go upgrade
    is 0
    [ "$(ask "SELECT count(*) FROM users")" = 0 ]
    go upgrade
    is 0
    go status
    is 0
    go downgrade base --yes
    is 0
    has_no users
}

@test "a failure half-way says how far it came, and what can be done" {
    project
    migration aaaa00000001 "" "good"
    migration bbbb00000002 aaaa00000001 "bad" \
        $'CREATE TABLE half (x integer);\nALTER TABLE half ADD COLUMN y integer;\nALTER TABLE nowhere ADD COLUMN y integer;' \
        $'SELECT 1;\nALTER TABLE half DROP COLUMN y;\nDROP TABLE half;'
    fails 7 "bbbb00000002_m.sql:10:" "nowhere" "2 of 3"
    [ "$(recorded)" = 1 ]
    go status
    says "2 of 3 statements done" "resume" "revert-partial" "mark-done"
    go revert-partial --yes
    is 0
    has_no half
    go status
    is 0
}

@test "rows alone are all or nothing" {
    project
    ask "CREATE TABLE t (x integer PRIMARY KEY)"
    migration aaaa00000001 "" "rows" $'INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (2);\nINSERT INTO t VALUES (1);'
    go upgrade
    is 6
    says "aaaa00000001_m.sql:10:" "uplicate entry"
    [ "$(ask "SELECT count(*) FROM t")" = 0 ]
    [ "$(recorded)" = 0 ]
}

@test "wrong password" {
    project "$(tcp_of | sed 's/:[^:@]*@/:wrong-horse@/')"
    migration aaaa00000001 "" "first"
    fails 12 "godwit"
    silent_on wrong-horse
}

@test "no server" {
    project "mysql://godwit:hunter2@127.0.0.1:1/x"
    migration aaaa00000001 "" "first"
    fails 12 "127.0.0.1"
    silent_on hunter2
}

@test "no socket" {
    project "mysql://root@localhost/x?socket=$PWD/nothing"
    migration aaaa00000001 "" "first"
    fails 12 "nothing"
}

@test "TLS that the server does not have" {
    project "$(tcp_of)?ssl_mode=required"
    migration aaaa00000001 "" "first"
    go upgrade
    [ "$status" -eq 12 ] || is 2
    says "TLS"
    hinted
    silent_on "$(part "$GODWIT_TEST_MYSQL_TCP" password)"
}

@test "database missing" {
    configure "$(url_of)"
    migration aaaa00000001 "" "first"
    fails 12 "$name"
}

@test "no rights" {
    project "$(tcp_of | sed 's/godwit:/godwit_client:/')"
    migration aaaa00000001 "" "first"
    fails 12 "denied"
    admin "GRANT SELECT ON $name.* TO 'godwit_client'@'127.0.0.1'"
    go upgrade
    admin "REVOKE ALL ON $name.* FROM 'godwit_client'@'127.0.0.1'"
    is 6
    says "denied"
    hinted
    [ -z "$(ask "SHOW TABLES")" ]
}

@test "statement timeout" {
    project
    ask "CREATE TABLE t (x integer)"
    migration aaaa00000001 "" "slow" $'SET SESSION max_statement_time = 0.1;\nINSERT INTO t SELECT sleep(30);\nALTER TABLE t ADD COLUMN y integer;'
    go upgrade
    [ "$status" -eq 6 ] || is 7
    says "aaaa00000001_m.sql:9:" "max_statement_time"
    hinted
    [ "$(recorded)" = 0 ]
}

@test "a lock that another session holds" {
    project "$(url_of)" 'lock_timeout = "1s";'
    ask "CREATE TABLE t (x integer)"
    ask "START TRANSACTION; SELECT * FROM t; SELECT sleep(60)" >/dev/null 2>&1 3>&- &
    other=$!
    waits running 'SELECT sleep%'
    migration aaaa00000001 "" "blocked" "ALTER TABLE t ADD COLUMN y integer;"
    go upgrade
    kill "$other"
    [ "$status" -eq 6 ] || is 5
    says "lock"
    hinted
    [ "$(recorded)" = 0 ]
}

@test "deadlock" {
    project "$(url_of)" 'lock_timeout = "60s";'
    ask "CREATE TABLE a (x integer PRIMARY KEY); CREATE TABLE b (x integer PRIMARY KEY);
         INSERT INTO a VALUES (1); INSERT INTO b SELECT seq FROM seq_1_to_500"
    # The other one has changed more rows, so that the server gives up the one that migrates.
    client "$name" >/dev/null 2>&1 3>&- <<'SQL' &
START TRANSACTION;
UPDATE b SET x = x + 1000;
DELIMITER //
BEGIN NOT ATOMIC
    WHILE NOT EXISTS (SELECT 1 FROM information_schema.innodb_lock_waits) DO
        DO sleep(0.2); -- the table is not refreshed more often
    END WHILE;
END //
DELIMITER ;
UPDATE a SET x = 2;
COMMIT;
SQL
    other=$!
    waits running '%sleep(0.2)%'
    migration aaaa00000001 "" "crossed" $'UPDATE a SET x = 3;\nUPDATE b SET x = x + 5000 WHERE x = 1;'
    go upgrade
    kill "$other" 2>/dev/null || :
    if [ "$status" -ne 0 ]; then # a retry may have got through
        is 6
        says "eadlock"
        hinted
        [ "$(recorded)" = 0 ]
    fi
}

@test "disk full on the server" {
    own mariadb
    home=$(dirname "$(socket_of)")
    install -m 755 "$GODWIT_TEST_PRELOAD" "$home/full.so"
    own_again mariadb LD_PRELOAD="$home/full.so" GODWIT_FAULT_DIR="$home/data/$name" \
        GODWIT_FAULT_WHILE="$home/full" GODWIT_FAULT_ERRNO=ENOSPC
    project
    migration aaaa00000001 "" "first"
    migration bbbb00000002 aaaa00000001 "large" $'CREATE TABLE big (x varchar(1000));\nINSERT INTO big SELECT repeat(\'x\', 1000) FROM seq_1_to_10000;'
    go upgrade +1
    is 0
    touch "$home/full"
    go upgrade
    [ "$status" -eq 6 ] || is 7
    says "No space left"
    hinted
    rm "$home/full"
    [ "$(recorded)" = 1 ]
    go upgrade
    is 0
    [ "$(ask "SELECT count(*) FROM big")" = 10000 ]
}

@test "server killed in mid-statement" {
    own mariadb
    project
    ask "CREATE TABLE pause (s integer); INSERT INTO pause VALUES (60)"
    migration aaaa00000001 "" "slow" $'CREATE TABLE half (x integer);\nINSERT INTO half SELECT sleep(s) FROM pause;\nINSERT INTO half VALUES (7);'
    starts
    waits running 'INSERT INTO half%'
    "$servers" --folder "$BATS_TEST_TMPDIR/own" kill mariadb
    ended
    [ "$status" -eq 7 ] || is 12
    says "server"
    hinted
    "$servers" --folder "$BATS_TEST_TMPDIR/own" again mariadb
    go status
    says "1 of 3"
    ask "UPDATE pause SET s = 0"
    go resume
    [ "$status" -eq 0 ] || [ "$status" -eq 7 ] || is 2
    [ "$(ask "SELECT count(*) FROM half WHERE x = 7")" -le 1 ]
}

@test "a session that an administrator ends" {
    project
    ask "CREATE TABLE t (x integer)"
    migration aaaa00000001 "" "slow" "INSERT INTO t SELECT sleep(60);"
    starts
    waits running 'INSERT INTO t%'
    admin "KILL $(admin "SELECT id FROM information_schema.processlist WHERE info LIKE 'INSERT INTO t SELECT%'")"
    ended
    [ "$status" -eq 6 ] || is 12
    hinted
    [ "$(ask "SELECT count(*) FROM t")" = 0 ]
    [ "$(recorded)" = 0 ]
}

@test "a value that was cut is a failure" {
    project
    ask "CREATE TABLE t (x varchar(3))"
    migration aaaa00000001 "" "cut" $'SET SESSION sql_mode = \'\';\nINSERT INTO t VALUES (\'abcdef\');'
    go upgrade
    [ "$status" -eq 6 ] || is 7
    says "truncated"
    hinted
    [ "$(ask "SELECT count(*) FROM t")" = 0 ]
}

@test "I10: the password is in no output, no argument, no table" {
    project '${DATABASE_URL}'
    DATABASE_URL=$(tcp_of)
    export DATABASE_URL
    password=$(part "$DATABASE_URL" password)
    ask "CREATE TABLE t (x integer)"
    migration aaaa00000001 "" "first"
    migration bbbb00000002 aaaa00000001 "slow" "INSERT INTO t SELECT sleep(60);"
    starts --json
    waits running 'INSERT INTO t%'
    tr '\0' '\n' <"/proc/$runner/cmdline" >arguments
    "$GODWIT" lock status >>out 2>>err || :
    admin "KILL $(admin "SELECT id FROM information_schema.processlist WHERE info LIKE 'INSERT INTO t SELECT%'")"
    ended
    for command in status history "upgrade --plan" "plugin info mysql"; do
        # shellcheck disable=SC2086
        "$GODWIT" $command >>out 2>>err || :
    done
    mariadb-dump --no-defaults --user=root --socket="$(socket_of)" "$name" >dump
    grep -q aaaa00000001 dump
    [ -s arguments ]
    run ! grep -F "$password" out err arguments dump
}
