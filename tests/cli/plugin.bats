#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
load helper

# mine [KEY = VALUE;]...: a plugin that the project brings along, and its entry.
mine() {
    project
    mkdir -p plugins
    install -m 644 "$(dirname "$GODWIT")/tests/plugins/good.so" plugins/mine.so
    echo "plugins = ( { name = \"mine\"; path = \"./plugins/mine.so\"; $* } );" >>plugins.conf
}

hash_of() {
    sha256sum "$1" | cut -d' ' -f1
}

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
    says "sha256" "abi 1.0, driver" "libsqlite3.so"
    printf 'not a plugin' >a.so
    for file in a.so nothing.so . /dev/null /bin/true; do
        go plugin inspect "$file"
        is 11
    done
}

@test "plugin inspect shows every reason against a file" {
    install -m 666 /bin/true a.so
    go plugin inspect a.so
    is 11
    says "refused  others may write to '$PWD/a.so'" "refused  '$PWD/a.so' is not a plugin of godwit" \
        "refused  '$PWD/a.so' exports no 'godwit_plugin_v1'" "'$PWD/a.so' would not be loaded"
    go plugin inspect a.so --json
    is 11
    says '"type":"plugin.refusal"' '"refusals":3'
}

@test "a plugin of the project runs only after plugin trust" {
    mine
    go plugin info mine
    is 11
    says "plugins.conf:3: plugin 'mine' is a file of this project that you have not trusted" \
        "$PWD/plugins/mine.so" "$(hash_of plugins/mine.so)" "godwit plugin trust mine"
    go plugin list
    is 0
    says "untrusted  refused: "
    go plugin trust mine
    is 0
    says "trusted '$PWD/plugins/mine.so'" "$(hash_of plugins/mine.so)"
    [ "$(stat -c %a "$XDG_DATA_HOME/godwit") $(stat -c %a "$XDG_DATA_HOME/godwit/trusted")" = "700 600" ]
    go plugin info mine
    is 0
    says "org.example.plugin" "// port = 80;" "GODWIT_TEST_PASSWORD" "secret, never shown"
    go plugin info mine --json
    is 0
    says '"type":"plugin.option"' '"key":"port","takes":"int","default":"80"' '"min":1,"max":65535'
    go plugin list
    is 0
    says "hook" "1.2" "plugins.conf:3" "trusted"
    go plugin list --json
    is 0
    says '"version":"1.2","trust":"trusted"'
}

@test "a trusted plugin that changed is refused, with both hashes" {
    mine
    godwit plugin trust mine
    old=$(hash_of plugins/mine.so)
    install -m 644 "$(dirname "$GODWIT")/tests/plugins/other.so" plugins/mine.so
    new=$(hash_of plugins/mine.so)
    go plugin info mine
    is 11
    says "plugin 'mine' has changed since it was trusted" "$old" "$new" "godwit plugin trust mine"
    go plugin list
    is 0
    says "changed  refused: "
    go plugin trust --list
    is 0
    says "$old  changed  $PWD/plugins/mine.so"
}

@test "plugin trust is taken back, also when the file is gone" {
    mine
    godwit plugin trust mine
    go plugin trust --list
    is 0
    prints "$(hash_of plugins/mine.so)  trusted  $PWD/plugins/mine.so"
    go plugin trust --revoke mine
    is 0
    go plugin info mine
    is 11
    says "that you have not trusted"
    go plugin trust --revoke mine
    is 6
    says "was not trusted"
    godwit plugin trust mine
    rm plugins/mine.so
    go plugin trust --list
    is 0
    says "missing"
    go plugin trust --revoke "$PWD/plugins/mine.so"
    is 0
    go plugin trust --list
    is 0
    says "no plugin is trusted"
}

@test "plugin trust refuses what would be refused anyway" {
    mine
    go plugin trust
    is 2
    go plugin trust --list mine
    is 2
    go plugin trust nothing
    is 11
    go plugin trust sqlite
    is 0
    says "came with godwit"
    chmod 666 plugins/mine.so
    go plugin trust mine
    is 11
    says "others may write to"
    install -m 644 /bin/true plugins/mine.so
    go plugin trust mine
    is 11
    says "is not a plugin of godwit"
    [ ! -e "$XDG_DATA_HOME/godwit/trusted" ]
}

@test "a trust file that is not ours is believed in nothing" {
    mine
    godwit plugin trust mine
    chmod 660 "$XDG_DATA_HOME/godwit/trusted"
    go plugin info mine
    is 11
    says "others may write to '$XDG_DATA_HOME/godwit/trusted'"
    chmod 600 "$XDG_DATA_HOME/godwit/trusted"
    echo nonsense >>"$XDG_DATA_HOME/godwit/trusted"
    go plugin info mine
    is 11
    says "$XDG_DATA_HOME/godwit/trusted:3: " "trust anew"
    go plugin info sqlite # a bundled one does not ask it
    is 0
}

@test "a pin lets a plugin run in a configuration that was named" {
    hash=$(hash_of "$(dirname "$GODWIT")/tests/plugins/good.so")
    mine "sha256 = \"$hash\";"
    go plugin info mine --config plugins.conf
    is 0
    GODWIT_CONFIG=plugins.conf go plugin list
    is 0
    says "pinned"
    go plugin info mine
    is 11
    says "that you have not trusted" "its pin alone does not let it run: plugins.conf was found, not named by --config"
    chmod 664 plugins.conf
    go plugin info mine --config plugins.conf
    is 11
    says "its pin alone does not let it run: others may write to '$PWD/plugins.conf'"
    chmod 644 plugins.conf
    install -m 644 "$(dirname "$GODWIT")/tests/plugins/other.so" plugins/mine.so
    go plugin info mine --config plugins.conf
    is 11
    says "plugin 'mine' is not the file that was pinned" "$hash" "$(hash_of plugins/mine.so)"
    go plugin trust mine # the pin stands above it
    is 11
}

@test "require_pins refuses what has no pin" {
    mine
    godwit plugin trust mine
    echo 'plugin_policy = { require_pins = true; };' >>plugins.conf
    go plugin info mine
    is 11
    says "plugin 'mine' has no pin, and plugin_policy.require_pins asks for one" "$(hash_of plugins/mine.so)"
    go plugin info sqlite
    is 0
    sed -i 's/require_pins = true/require_pins = "yes"/' plugins.conf
    go plugin list
    is 2
    says "plugin_policy.require_pins: must be true or false"
}

# signed KEY: the plugin with that public_key, and what comes of it.
signed() {
    rm -f plugins.conf
    mine "public_key = \"$1\";"
    go plugin info mine --config plugins.conf
}

@test "a vendor signs with the script of the SDK" {
    sign=$BATS_TEST_DIRNAME/../../sdk/tools/godwit-plugin-sign
    key=$("$sign" --new-key vendor.key)
    other=$("$sign" --new-key other.key)
    [ "$(stat -c %a vendor.key) $("$sign" --public vendor.key)" = "600 $key" ]
    signed "$key"
    is 11
    says "plugin 'mine' has no signature that can be read"
    "$sign" vendor.key plugins/mine.so
    signed "$key"
    is 0
    signed "$other"
    is 11
    says "plugin 'mine' is not signed with the pinned public_key"
    signed "nonsense"
    is 2
    says "'nonsense' is not an Ed25519 public key"
}

@test "a vendor signs with openssl" {
    mine
    openssl genpkey -algorithm ed25519 -out vendor.pem
    key=$(openssl pkey -in vendor.pem -pubout -outform DER | tail -c 32 | base64)
    openssl pkeyutl -sign -rawin -inkey vendor.pem -in plugins/mine.so -out plugins/mine.so.sig
    signed "$key"
    is 0
}

@test "a path in plugins.conf is a path" {
    project
    echo 'plugins = ( { name = "mine"; path = "mine.so"; } );' >>plugins.conf
    go plugin list
    is 2
    says "'mine.so' is a bare name, and nothing is searched for" "./plugins/my_check.so"
    sed -i 's/"mine.so"/""/' plugins.conf
    go plugin list
    is 2
    says "plugins[0].path: is empty"
}

@test "a folder that others may write into is none for plugins" {
    mine
    chmod 777 plugins
    go plugin trust mine
    is 11
    says "others may write into the folder '$PWD/plugins' and exchange the plugin" "chmod go-w"
    chmod 1777 plugins
    go plugin trust mine
    is 11
    says "move the plugin into a folder that only you can write into"
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
