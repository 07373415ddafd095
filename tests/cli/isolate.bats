#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

# hooked OPTIONS [KEY = VALUE;]...: three migrations and a hook of the project, trusted, that hears everything.
hooked() {
    local options=$1
    shift
    line
    mkdir -p plugins
    install -m 644 "$(dirname "$GODWIT")/tests/plugins/worker-hook.so" plugins/watch.so
    echo "plugins = ( { name = \"watch\"; path = \"./plugins/watch.so\"; $* options = { $options }; } );" >>plugins.conf
    godwit plugin trust watch
}

# journal: what the state tables say of what is under way.
journal() {
    python3 - <<'PY'
import sqlite3
db = sqlite3.connect("file:app.db?mode=ro", uri=True)
print(*(db.execute("SELECT count(*) FROM " + table).fetchone()[0] for table in ("godwit_revision", "godwit_statement")))
PY
}

@test "a hook hears of a run, in order" {
    hooked ""
    go upgrade
    is 0
    says "watch: run.started (gate)" "watch: revision.applied" "watch: run.finished" "watch: run.summary"
    heard=$(grep -o 'watch: [a-z.]*' <<<"$stderr" | grep -v 'open\|init' | tr '\n' ' ')
    [[ $heard == "watch: run.started watch: revision.started watch: revision.applied watch: revision.started "* ]]
    [[ $heard == *"watch: run.finished watch: run.summary " ]]
    go upgrade --json
    is 0
    go downgrade -1
    is 0
    says "watch: revision.reverted"
    go redo
    is 0
    says "watch: revision.reverted" "watch: revision.applied"
}

@test "a failed run is told of, too" {
    hooked ""
    migration dddd00000004 cccc00000003 "wrong" "CREATE TABEL x;"
    go upgrade
    is 6
    says "watch: run.finished" "watch: failed"
}

@test "a command that changes nothing loads no hook" {
    hooked ""
    for command in status history "upgrade --plan" "upgrade --dry-run"; do
        # shellcheck disable=SC2086  # words of ours
        go $command
        silent_on "watch"
    done
}

@test "a hook that crashes is a warning, and the run goes on" {
    hooked 'crash = "revision.applied";'
    go upgrade
    is 0
    says "warning: hook 'watch' failed: plugin 'watch' died (SIGSEGV) while handling 'revision.applied'"
    [ "$(grep -c "hook 'watch' failed" <<<"$stderr")" = 1 ]
    [ "$(tables)" = "t_aaaa00000001 t_bbbb00000002 t_cccc00000003" ]
    [ "$(journal)" = "3 0" ]
}

@test "a hook that hangs holds nothing up but the end" {
    hooked 'crash = "hang";' 'timeout = "300ms";'
    install -m 644 "$(dirname "$GODWIT")/tests/plugins/worker-late.so" plugins/watch.so
    godwit plugin trust watch
    go upgrade
    is 0
    says "hook 'watch' failed: plugin 'watch' missed its deadline of 300 ms while handling 'revision.applied'"
    [ "$(tables)" = "t_aaaa00000001 t_bbbb00000002 t_cccc00000003" ]
}

@test "a gate that says no stops the run before anything has changed" {
    hooked 'crash = "gate";'
    go upgrade
    is 6
    says "hook 'watch' holds up 'run.started': not on a friday" "ask the release manager"
    [ "$(tables)" = "" ]
    [ "$(journal)" = "0 0" ]
    go lock status
    is 0
    sed -i 's/"gate"/""/' plugins.conf
    go upgrade
    is 0
    sed -i 's/crash = ""/crash = "gate"/' plugins.conf
    go downgrade base --yes
    is 6
    [ "$(tables)" = "t_aaaa00000001 t_bbbb00000002 t_cccc00000003" ]
}

@test "a hook that dies at a gate holds the run up" {
    hooked 'crash = "run.started";'
    go upgrade
    is 6
    says "hook 'watch' holds up 'run.started': plugin 'watch' died (SIGSEGV) while handling 'run.started'"
    [ "$(tables)" = "" ]
    go lock status
    is 0
}

@test "a hook that does not open says no at its gates" {
    hooked 'crash = "no";'
    go upgrade
    is 6
    says "warning: hook 'watch' failed: worker does not open" "hook 'watch' holds up 'run.started'"
    install -m 644 "$(dirname "$GODWIT")/tests/plugins/worker-late.so" plugins/watch.so # has asked for no gate
    godwit plugin trust watch
    go upgrade
    is 0
    [ "$(grep -c "warning: hook 'watch' failed: worker does not open" <<<"$stderr")" = 1 ]
}

@test "a hook that was not trusted stops a run before it begins" {
    hooked ""
    godwit plugin trust --revoke watch
    go upgrade
    is 11
    says "that you have not trusted"
    [ "$(tables)" = "" ]
}

@test "resume asks the gate as well" {
    hooked 'crash = "gate";'
    sed -i 's/"gate"/""/' plugins.conf
    migration dddd00000004 cccc00000003 "half" \
        "-- godwit:no-transaction
CREATE TABLE one (x);
VACUUM;
INSERT INTO nowhere VALUES (1);"
    go upgrade
    is 7
    sed -i 's/INSERT INTO nowhere VALUES (1)/CREATE TABLE two (x)/' migrations/*dddd*
    sed -i 's/crash = ""/crash = "gate"/' plugins.conf
    go resume
    is 6
    says "holds up 'run.started'"
    [ "$(tables)" = "one t_aaaa00000001 t_bbbb00000002 t_cccc00000003" ]
    sed -i 's/"gate"/""/' plugins.conf
    go resume
    is 0
    [ "$(tables)" = "one t_aaaa00000001 t_bbbb00000002 t_cccc00000003 two" ]
}

@test "a plugin of the project is described by a process of its own" {
    project
    mkdir plugins
    install -m 644 "$(dirname "$GODWIT")/tests/plugins/worker-constructor.so" plugins/mine.so
    echo 'plugins = ( { name = "mine"; path = "./plugins/mine.so"; } );' >>plugins.conf
    godwit plugin trust mine
    go plugin info mine
    is 11
    says "plugin 'mine' died (SIGSEGV) while it was loaded"
    go plugin list
    is 0
    says "refused: plugin 'mine' died (SIGSEGV) while it was loaded" "sqlite"
}

@test "plugin info tells where a plugin runs" {
    hooked ""
    go plugin info watch
    is 0
    says "runs       in a process of its own"
    sed -i 's/name = "watch";/name = "watch"; isolate = "none";/' plugins.conf
    go plugin info watch
    is 0
    says "runs       within godwit"
    go plugin info sqlite --json
    is 0
    says '"isolated":false'
}

@test "the host of a plugin does nothing without godwit" {
    go --plugin-host
    [ "$status" -ne 0 ]
}
