#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# PostgreSQL as a user meets it: first steps, and everything that a server can refuse.
load helper
load servers

backend=postgres
url_of() { printf '%s\n' "${GODWIT_TEST_POSTGRES/postgres\?/$name?}"; }
tcp_of() { printf '%s\n' "${GODWIT_TEST_POSTGRES_TCP%/*}/$name"; }
admin() { psql -XAtq -v ON_ERROR_STOP=1 "$GODWIT_TEST_POSTGRES" -c "$1"; }
ask() { psql -XAtq -v ON_ERROR_STOP=1 "$(url_of)" -c "$1"; }
make_database() { admin "CREATE DATABASE $name"; }
drop_database() { admin "DROP DATABASE IF EXISTS $name WITH (FORCE)"; }

@test "first migration on a server" {
    project
    go create "Add users"
    is 0
    file=$(ls migrations/*.sql)
    sed -i 's/^-- godwit:up$/&\nCREATE TABLE users (id integer PRIMARY KEY);/
            s/^-- godwit:down$/&\nDROP TABLE users;/' "$file"
    go upgrade --dry-run
    is 3
    [ -z "$(ask "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")" ]
    go upgrade
    is 0
    [ "$(ask "SELECT count(*) FROM users")" = 0 ]
    go upgrade
    is 0
    go status
    is 0
    go downgrade base --yes
    is 0
    [ "$(ask "SELECT to_regclass('users') IS NULL")" = t ]
}

@test "a revision is all or nothing" {
    project
    migration aaaa00000001 "" "good"
    migration bbbb00000002 aaaa00000001 "bad" $'CREATE TABLE half (x integer);\nSELECT 1 / 0;'
    go upgrade
    is 6
    says "bbbb00000002_m.sql:9:" "division by zero"
    [ "$(ask "SELECT to_regclass('half') IS NULL, (SELECT count(*) FROM godwit_revision)")" = "t|1" ]
}

@test "wrong password" {
    project "$(tcp_of | sed 's/:[^:@]*@/:wrong-horse@/')"
    migration aaaa00000001 "" "first"
    fails 12 "password authentication failed"
    silent_on wrong-horse
}

@test "no server" {
    project "postgresql://godwit:hunter2@127.0.0.1:1/x"
    migration aaaa00000001 "" "first"
    fails 12 "cannot connect" "127.0.0.1"
    silent_on hunter2
}

@test "no socket" {
    project "postgresql://godwit@/x?host=$PWD&port=1"
    migration aaaa00000001 "" "first"
    fails 12 "cannot connect"
}

@test "keywords, a service file, several hosts: each names the database" {
    project
    migration aaaa00000001 "" "first"
    host=$(printf '%s\n' "$GODWIT_TEST_POSTGRES" | sed 's/.*host=\([^&]*\).*/\1/')
    port=${GODWIT_TEST_POSTGRES##*port=}
    printf '[shop]\nhost=%s\nport=%s\nuser=godwit\ndbname=%s\n' "$host" "$port" "$name" >services
    export PGSERVICEFILE=$PWD/services
    tcp=$(part "$(tcp_of)" port)
    password=$(part "$(tcp_of)" password)
    for url in "host=$host port=$port user=godwit dbname=$name" "service=shop" "postgresql:///?service=shop" \
        "postgresql://godwit:$password@127.0.0.1:1,127.0.0.1:$tcp/$name?target_session_attrs=read-write"; do
        configure "$url"
        go upgrade
        is 0
        go downgrade base --yes
        is 0
        silent_on "$password"
    done
    configure "postgresql://godwit:$password@127.0.0.1:$tcp/$name?target_session_attrs=standby"
    fails 12 "standby"
    silent_on "$password"
}

@test "the history has a schema of its own, whatever a migration makes of search_path" {
    project
    ask 'CREATE SCHEMA "o""ps; x"'
    cat >>plugins.conf <<'CONF'
engine = { lock_wait = "200ms"; state_schema = "o\"ps; x"; };
CONF
    sed -i '0,/^engine/{/^engine/d}' plugins.conf
    migration aaaa00000001 "" "moves" $'CREATE SCHEMA app;\nSET search_path = app;\nCREATE TABLE t (x integer);'
    migration bbbb00000002 aaaa00000001 "dump" $'SELECT pg_catalog.set_config(\'search_path\', \'\', false);\nCREATE TABLE public.u (x integer);'
    go upgrade
    is 0
    [ "$(ask 'SELECT count(*) FROM "o""ps; x".godwit_revision')" = 2 ]
    [ "$(ask "SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY 1) FROM pg_tables WHERE schemaname IN ('app', 'public')")" = "app.t public.u" ]
    go upgrade
    is 0
}

@test "names of every kind" {
    name="gw cli'\"; é$$"
    admin "CREATE DATABASE \"${name//\"/\"\"}\""
    configure "host=$(printf '%s\n' "$GODWIT_TEST_POSTGRES" | sed 's/.*host=\([^&]*\).*/\1/') port=${GODWIT_TEST_POSTGRES##*port=} user=godwit dbname='gw cli\\\\'\\\"; é$$'"
    migration aaaa00000001 "" "odd" 'CREATE TABLE "a ""b'"'"'; DROP" ("ü :x" integer);'
    go upgrade
    is 0
    go status
    says "gw cli"
    go lock status
    is 0
    go downgrade base --yes
    [ "$status" -eq 0 ] || is 6
    admin "DROP DATABASE \"${name//\"/\"\"}\" WITH (FORCE)"
    name=gw_cli_$$
}

@test "TLS, and a certificate that is not the host's" {
    project "$(tcp_of)?sslmode=require"
    migration aaaa00000001 "" "first"
    go upgrade
    is 0
    home=$(printf '%s\n' "$GODWIT_TEST_POSTGRES" | sed 's/.*host=\([^&]*\).*/\1/')
    cp "$home/certificate" authority
    configure "$(tcp_of)?sslmode=verify-full&sslrootcert=$PWD/authority"
    fails 12 "certificate"
    silent_on "$(part "$GODWIT_TEST_POSTGRES_TCP" password)"
}

@test "TLS that the server does not have" {
    own postgres
    admin "ALTER SYSTEM SET ssl = off"
    own_again postgres
    project "$(tcp_of)?sslmode=require"
    migration aaaa00000001 "" "first"
    fails 12 "SSL"
    silent_on "$(part "$GODWIT_TEST_POSTGRES_TCP" password)"
}

@test "database missing" {
    configure "$(url_of)"
    migration aaaa00000001 "" "first"
    fails 12 "$name" "does not exist"
}

@test "no rights" {
    project "$(tcp_of | sed 's/godwit:/godwit_client:/')"
    migration aaaa00000001 "" "first"
    fails 6 "permission denied"
    [ "$(ask "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")" = 0 ]
    go status
    is 0
}

@test "statement timeout" {
    project
    migration aaaa00000001 "" "slow" $'CREATE TABLE half (x integer);\nSET LOCAL statement_timeout = 100;\nSELECT pg_sleep(30);'
    fails 6 "timeout"
    [ "$(ask "SELECT to_regclass('half') IS NULL")" = t ]
}


@test "a lock that another session holds" {
    project "$(url_of)" 'lock_timeout = "300ms";'
    ask "CREATE TABLE t (x integer)"
    psql -XAtq "$(url_of)" -c "BEGIN; LOCK TABLE t; SELECT pg_sleep(60)" >/dev/null 2>&1 3>&- &
    other=$!
    waits eval '[ "$(ask "SELECT count(*) FROM pg_locks WHERE relation = '"'t'"'::regclass AND granted")" = 1 ]'
    migration aaaa00000001 "" "blocked" "ALTER TABLE t ADD COLUMN y integer;"
    go upgrade
    kill "$other"
    [ "$status" -eq 6 ] || is 5
    says "lock"
    hinted
    [ "$(ask "SELECT count(*) FROM godwit_revision")" = 0 ]
}

@test "deadlock" {
    project "$(url_of)" 'lock_timeout = "0s";'
    ask "CREATE TABLE a (x integer); CREATE TABLE b (x integer)"
    # The other one holds b and asks for a when it is locked; it has the greater patience, so that it is not the one
    # that gives up.
    psql -XAtq "$(url_of)" >/dev/null 2>&1 3>&- <<'SQL' &
SET deadlock_timeout = '60s';
BEGIN;
LOCK TABLE b;
DO $$ BEGIN
    WHILE NOT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'b'::regclass AND NOT granted) LOOP
        PERFORM pg_sleep(0.02);
    END LOOP;
END $$;
LOCK TABLE a;
SQL
    other=$!
    waits eval '[ "$(ask "SELECT count(*) FROM pg_locks WHERE relation = '"'b'"'::regclass AND granted")" = 1 ]'
    migration aaaa00000001 "" "crossed" $'LOCK TABLE a;\nLOCK TABLE b;\nCREATE TABLE half (x integer);'
    go upgrade
    kill "$other" 2>/dev/null || :
    if [ "$status" -ne 0 ]; then # a retry may have got through
        is 6
        says "deadlock"
        hinted
        [ "$(ask "SELECT to_regclass('half') IS NULL, (SELECT count(*) FROM godwit_revision)")" = "t|0" ]
    fi
}

@test "disk full on the server" {
    own postgres
    home=$(printf '%s\n' "$GODWIT_TEST_POSTGRES" | sed 's/.*host=\([^&]*\).*/\1/')
    install -m 755 "$GODWIT_TEST_PRELOAD" "$home/full.so"
    own_again postgres LD_PRELOAD="$home/full.so" GODWIT_FAULT_DIR="$home/data/base" \
        GODWIT_FAULT_WHILE="$home/full" GODWIT_FAULT_ERRNO=ENOSPC
    project
    migration aaaa00000001 "" "first"
    migration bbbb00000002 aaaa00000001 "large" "CREATE TABLE big AS SELECT repeat(i::text, 100) AS x FROM generate_series(1, 20000) AS i;"
    go upgrade +1
    is 0
    touch "$home/full"
    fails 6 "No space left on device"
    rm "$home/full"
    [ "$(ask "SELECT to_regclass('big') IS NULL, (SELECT count(*) FROM godwit_revision)")" = "t|1" ]
    go upgrade
    is 0
    [ "$(ask "SELECT count(*) FROM big")" = 20000 ]
}

@test "a pooler in transaction mode: transactions work, CONCURRENTLY is refused by name" {
    project "${GODWIT_TEST_PGBOUNCER/postgres\?/$name?}"
    migration aaaa00000001 "" "first"
    go upgrade
    is 0
    [ "$(ask "SELECT count(*) FROM godwit_revision")" = 1 ]
    migration bbbb00000002 aaaa00000001 "index" "CREATE INDEX CONCURRENTLY i ON t_aaaa00000001 (x);" \
        "DROP INDEX i;"
    go upgrade
    [ "$status" -eq 2 ] || is 6
    says "bbbb00000002_m.sql:8:" "pooler"
    hinted
    [ "$(ask "SELECT to_regclass('i') IS NULL, (SELECT count(*) FROM godwit_revision)")" = "t|1" ]
    configure "$(url_of)"
    go upgrade
    is 0
    [ "$(ask "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass")" = t ]
}

@test "a standby is refused" {
    own postgres
    home=$(printf '%s\n' "$GODWIT_TEST_POSTGRES" | sed 's/.*host=\([^&]*\).*/\1/')
    project
    touch "$home/data/standby.signal"
    own_again postgres
    migration aaaa00000001 "" "first"
    go upgrade
    [ "$status" -eq 6 ] || is 12
    says "standby"
    hinted
    rm "$home/data/standby.signal"
    own_again postgres
}

@test "server killed in mid-statement" {
    own postgres
    project
    migration aaaa00000001 "" "slow" $'CREATE TABLE half (x integer);\nSELECT pg_sleep(60);'
    starts
    waits eval '[ "$(ask "SELECT count(*) FROM pg_stat_activity WHERE query ~ '"'pg_sleep'"' AND state = '"'active'"' AND pid <> pg_backend_pid()")" = 1 ]'
    "$servers" --folder "$BATS_TEST_TMPDIR/own" kill postgres
    ended
    [ "$status" -eq 6 ] || is 12
    says "connection"
    hinted
    "$servers" --folder "$BATS_TEST_TMPDIR/own" again postgres
    sed -i 's/pg_sleep(60)/1/' migrations/*
    go upgrade
    is 0
    [ "$(ask "SELECT count(*) FROM half")" = 0 ]
}

@test "a session that an administrator ends" {
    project
    migration aaaa00000001 "" "slow" "SELECT pg_sleep(60);"
    starts
    waits eval '[ "$(ask "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query ~ '"'pg_sleep'"' AND state = '"'active'"' AND pid <> pg_backend_pid()")" = 1 ]'
    ended
    [ "$status" -eq 6 ] || is 12
    says "administrator"
    hinted
}

@test "I10: the password is in no output, no argument, no table" {
    project '${DATABASE_URL}'
    DATABASE_URL=$(tcp_of)
    export DATABASE_URL
    password=$(part "$DATABASE_URL" password)
    migration aaaa00000001 "" "first"
    migration bbbb00000002 aaaa00000001 "slow" "SELECT pg_sleep(60);"
    starts --json
    waits eval '[ "$(ask "SELECT count(*) FROM pg_stat_activity WHERE query ~ '"'pg_sleep'"' AND state = '"'active'"' AND pid <> pg_backend_pid()")" = 1 ]'
    tr '\0' '\n' <"/proc/$runner/cmdline" >arguments
    "$GODWIT" lock status >>out 2>>err || :
    ask "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ 'pg_sleep' AND pid <> pg_backend_pid()"
    ended
    for command in status history "upgrade --plan" "plugin info postgres"; do
        # shellcheck disable=SC2086
        "$GODWIT" $command >>out 2>>err || :
    done
    pg_dump --inserts "$(url_of)" >dump
    grep -q aaaa00000001 dump
    [ -s arguments ]
    run ! grep -F "$password" out err arguments dump
}
