#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

@test "closed stdout is a failure of what prints, and touches no database" {
    line
    run --separate-stderr bash -c '"$0" heads >&-' "$GODWIT"
    is 1
    says "cannot write to standard output"
    run --separate-stderr bash -c '"$0" upgrade >&- 2>&-' "$GODWIT"
    is 0
    go current
    prints "cccc00000003 (head)"
}

@test "a full disk behind stdout is a failure" {
    line
    for command in heads "history --json" "upgrade --sql" "help" "--version"; do
        # shellcheck disable=SC2086
        run --separate-stderr bash -c '"$0" $1 >/dev/full' "$GODWIT" "$command"
        is 1
    done
}

@test "a reader that has seen enough is no crash" {
    project
    printf 'migrations/%s\n' x >/dev/null
    for i in $(seq -w 1 300); do
        printf -- '-- %s\n-- revision: %012d\n-- revises: %s\n\n-- godwit:up\n' "$(printf 'x%.0s' {1..300})" \
            "$((10#$i))" "$([ "$((10#$i))" -gt 1 ] && printf '%012d' "$((10#$i - 1))")" >"migrations/$i.sql"
    done
    run --separate-stderr bash -c '"$0" history | head -n 1; exit "${PIPESTATUS[0]}"' "$GODWIT"
    is 1
    [ "${#lines[@]}" -eq 1 ]
    [ -z "$stderr" ]
}

@test "without a terminal nothing asks, draws or colours" {
    fork
    run --separate-stderr bash -c '"$0" upgrade heads </dev/null' "$GODWIT"
    is 0
    [[ "$stderr" != *$'\r'* && "$stderr" != *$'\033'* ]]
    run --separate-stderr bash -c '"$0" downgrade feat@base </dev/null' "$GODWIT"
    is 2
    says "--yes"
}

@test "--color=always colours, NO_COLOR and never do not" {
    project
    go heads --color=always --bogus
    [[ "$stderr" == *$'\033[1;31m'* ]]
    go upgrade zzzz --color=always
    [[ "$stderr" == *$'\033[1;31m'* ]]
    go upgrade zzzz --color=never
    [[ "$stderr" != *$'\033'* ]]
}

@test "--quiet leaves data and errors" {
    line
    go upgrade --quiet
    is 0
    [ -z "$output$stderr" ]
    go heads -q
    prints "cccc00000003 (head)"
    go upgrade zzzz -q
    is 2
    [ -n "$stderr" ]
}

# On a terminal: script(1) gives one.
on_terminal() {
    command -v script >/dev/null || skip "script(1) is not here"
    run --separate-stderr script -qec "$GODWIT $1" /dev/null <<<"$2"
}

@test "a question on a terminal takes yes and no" {
    fork
    godwit upgrade heads
    on_terminal "downgrade feat@base" n
    is 6
    says "[y/N]" "not confirmed"
    go current
    [ "${#lines[@]}" -eq 2 ]
    on_terminal "downgrade feat@base" y
    is 0
    go current
    prints ""
}
