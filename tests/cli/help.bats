#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

commands() {
    godwit help | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\( [a-z]*\)\?\)  .*/\1/p' | sed 's/ *$//'
}

@test "--version is one line" {
    go --version
    is 0
    prints "godwit 0.1.0"
}

@test "help lists the commands, on stdout" {
    for form in help --help -h; do
        go "$form"
        is 0
        says "upgrade" "downgrade" "lock status" "options of every command"
        [ -z "$stderr" ]
    done
}

@test "each command has help with an example, in both forms" {
    count=0
    while read -r -a words; do
        count=$((count + 1))
        go help "${words[@]}"
        is 0
        says "usage: godwit ${words[*]}" "example:" "  godwit ${words[*]}"
        first=$output
        go "${words[@]}" --help
        is 0
        prints "$first"
    done < <(commands)
    [ "$count" -ge 25 ]
}

@test "help of a family lists its commands" {
    for form in "help lock" "lock --help"; do
        # shellcheck disable=SC2086
        go $form
        is 0
        says "lock status" "lock break"
        silent_on "upgrade"
    done
}

@test "no command: help on stderr, exit 2" {
    go
    is 2
    [ -z "$output" ]
    says "usage: godwit COMMAND"
}

@test "a family alone says what it needs, exit 2" {
    go lock
    is 2
    says "lock status" "lock break"
}

@test "an unknown command names the nearest" {
    go upgrad
    is 2
    says "unknown command 'upgrad'" 'did you mean `godwit upgrade`?'
    go lock brake
    is 2
    says "unknown command 'lock brake'" 'did you mean `godwit lock break`?'
    go frobnicate
    is 2
    says "unknown command 'frobnicate'" '`godwit help` lists'
}

@test "an unknown option names the nearest" {
    go upgrade --dry-rum
    is 2
    says "unknown option '--dry-rum'" "'--dry-run'"
}

@test "too few and too many arguments show the usage" {
    project
    go downgrade
    is 2
    says "needs TARGET" "usage: godwit downgrade TARGET"
    go upgrade a b
    is 2
    says "'b' is one argument too many" "usage: godwit upgrade [TARGET]"
}

@test "global options stand before or behind the command" {
    project
    go --json heads
    is 0
    go heads --json
    is 0
    go lock --quiet status
    is 0
    prints "free"
}

@test "environment variables stand in for options" {
    line
    GODWIT_JSON=1 go heads
    is 0
    says '"type":"revision"'
    GODWIT_COLOR=purple go heads
    is 2
    says "GODWIT_COLOR" "auto|always|never"
    mkdir elsewhere
    cd elsewhere
    GODWIT_CONFIG=../plugins.conf go heads
    is 0
    prints "cccc00000003 (head)"
}

@test "docs/commands.md has every command and every option" {
    docs=$BATS_TEST_DIRNAME/../../docs/commands.md
    while read -r -a words; do
        grep -qx -- "## ${words[*]}" "$docs"
        while read -r option; do
            sed -n "/^## ${words[*]}\$/,/^## /p;/^## Options of every command/,/^## /p" "$docs" |
                grep -q -- "\`[^\`]*$option" || { echo "$option of ${words[*]} is not there" >&2; false; }
        done < <(godwit help "${words[@]}" | grep -o -- '--[a-z][a-z-]*' | sort -u)
    done < <(commands)
}

@test "docs/events.md has every type of event" {
    run python3 - "$BATS_TEST_DIRNAME/../.." <<'PY'
import pathlib, re, sys
root = pathlib.Path(sys.argv[1])
docs = (root / "docs/events.md").read_text()
missing = set()
for source in (root / "core").rglob("*.c"):
    for call in re.findall(r"\bgw_emit\((.*?)(?:GW_FIELDS|GW_NO_FIELDS)", source.read_text(), re.S):
        for name in re.findall(r'"([a-z_]+(?:\.[a-z_]+)*)"', call):
            if f"`{name}`" not in docs:
                missing.add(name)
print(" ".join(sorted(missing)))
PY
    is 0
    prints ""
}
