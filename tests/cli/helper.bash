# SPDX-License-Identifier: Apache-2.0
# What every test of the command line starts from: an empty folder, no settings from outside.
bats_require_minimum_version 1.5.0

setup() {
    GODWIT=$(realpath "${GODWIT:-$BATS_TEST_DIRNAME/../../build/godwit}")
    unset GODWIT_CONFIG GODWIT_ENVIRONMENT GODWIT_JSON GODWIT_QUIET GODWIT_COLOR GODWIT_YES
    unset GODWIT_EDITOR VISUAL EDITOR NO_COLOR
    export LC_ALL=C.UTF-8 XDG_DATA_HOME=$BATS_TEST_TMPDIR/data
    mkdir "$BATS_TEST_TMPDIR/work" && cd "$BATS_TEST_TMPDIR/work" || return 1
}

godwit() {
    "$GODWIT" "$@"
}

# project: a project in the working directory, without migrations.
project() {
    mkdir -p migrations
    cat >plugins.conf <<'CONF'
database = { backend = "sqlite"; url = "app.db"; };
engine = { lock_wait = "50ms"; };
CONF
}

# migration ID REVISES TITLE [UP] [DOWN] [HEADER LINE]...: a file of the native format.
migration() {
    local id=$1 revises=$2 title=$3
    local up=${4-"CREATE TABLE t_$id (x INTEGER);"} down=${5-"DROP TABLE t_$id;"}
    local file="migrations/20240101_000000_${id}_m.sql"
    shift $(($# < 5 ? $# : 5))
    {
        printf -- '-- %s\n--\n-- revision: %s\n-- revises: %s\n' "$title" "$id" "$revises"
        printf -- '-- created: 2024-01-01T00:00:00Z\n'
        for line in "$@"; do printf -- '-- %s\n' "$line"; done
        printf -- '\n-- godwit:up\n%s\n' "$up"
        [ "$down" = none ] || printf -- '\n-- godwit:down\n%s\n' "$down"
    } >"$file"
}

# line: three revisions, one after the other.
line() {
    project
    migration aaaa00000001 "" "first"
    migration bbbb00000002 aaaa00000001 "second"
    migration cccc00000003 bbbb00000002 "third"
}

# fork: a trunk of two, a branch `feat` of two and one of one from its end.
fork() {
    project
    migration aaaa00000001 "" "trunk one"
    migration aaaa00000002 aaaa00000001 "trunk two"
    migration bbbb00000001 aaaa00000002 "feat one" "CREATE TABLE b1 (x);" "DROP TABLE b1;" "branch: feat"
    migration bbbb00000002 bbbb00000001 "feat two"
    migration cccc00000001 aaaa00000002 "other"
}

# is CODE: the exit code of the last `run`.
is() {
    if [ "$status" -ne "$1" ]; then
        printf 'exit code %s, expected %s\nstdout: %s\nstderr: %s\n' "$status" "$1" "$output" "${stderr-}" >&2
        return 1
    fi
}

# says TEXT...: each is part of stdout or stderr.
says() {
    for text in "$@"; do
        case "$output
${stderr-}" in
        *"$text"*) ;;
        *)
            printf 'not said: %s\nstdout: %s\nstderr: %s\n' "$text" "$output" "${stderr-}" >&2
            return 1
            ;;
        esac
    done
}

# silent_on TEXT: it is neither on stdout nor on stderr.
silent_on() {
    case "$output
${stderr-}" in
    *"$1"*)
        printf 'said: %s\nstdout: %s\nstderr: %s\n' "$1" "$output" "${stderr-}" >&2
        return 1
        ;;
    esac
}

# prints TEXT: stdout is exactly that.
prints() {
    if [ "$output" != "$1" ]; then
        printf 'stdout: %s\nexpected: %s\nstderr: %s\n' "$output" "$1" "${stderr-}" >&2
        return 1
    fi
}

# go ARGUMENT...: runs the command, stdout in $output, stderr in $stderr.
go() {
    run --separate-stderr "$GODWIT" "$@"
}

# tables: what is in app.db but the state tables.
tables() {
    python3 - <<'PY'
import sqlite3
db = sqlite3.connect("file:app.db?mode=ro", uri=True)
rows = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'godwit%' "
                  "AND name NOT LIKE 'sqlite%' ORDER BY name")
print(" ".join(row[0] for row in rows))
PY
}
