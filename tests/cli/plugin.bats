#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

@test "plugin list shows the bundled driver" {
    project
    go plugin list
    is 0
    says "sqlite" "driver" "bundled"
}

@test "plugin list shows what cannot be loaded, and why" {
    project
    mkdir plugins
    printf 'not a plugin' >plugins/mine.so
    echo 'plugins = ( { name = "mine"; path = "./plugins/mine.so"; } );' >>plugins.conf
    go plugin list
    is 0
    says "mine" "plugins.conf:3" "refused"
}

@test "plugin info shows identity and options" {
    project
    go plugin info sqlite
    is 0
    says "org.godwit.sqlite" "godwit.driver/1" "busy_timeout"
    go plugin info nothing
    is 11
    says "nothing"
}

@test "the template of plugin info can be used as it is" {
    project
    godwit plugin info sqlite | sed -n '/^  database = {/,/^  }; };/p' | sed 's|^    // \([a-z_]* = \)|\1|' \
        >plugins.conf
    grep -q "^busy_timeout" plugins.conf
    go wait
    is 0
}

@test "plugin inspect runs none of the file's code" {
    go plugin inspect "$(dirname "$GODWIT")/plugins/sqlite.so"
    is 0
    says "sha256" "kinds   driver"
    printf 'not a plugin' >a.so
    for file in a.so nothing.so . /dev/null /bin/true; do
        go plugin inspect "$file"
        is 11
    done
}

@test "plugins do not need the migrations to be right" {
    line
    echo "-- godwit:nonsense" >>migrations/*bbbb*
    go plugin list
    is 0
    go config show
    is 0
}

@test "config show says where each value comes from" {
    line
    echo 'environments = { production = { database = { url = "prod.db"; }; }; };' >>plugins.conf
    go config show
    is 0
    says "database.url" "app.db" "plugins.conf:1"
    go config show --environment production
    is 0
    says "prod.db"
    go config show --environment prodution
    is 2
    says "prodution" "production"
    go config show --json
    is 0
    says '"key":"database.url"'
}
