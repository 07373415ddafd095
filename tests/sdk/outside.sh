#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# outside.sh PREFIX SDK CASE: a plugin that knows nothing of Godwit but an installation.
set -euo pipefail
prefix=$1 sdk=$2 case=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset GODWIT_CONFIG GODWIT_PLUGIN_DIR GODWIT_ENVIRONMENT CMAKE_PREFIX_PATH Godwit_DIR
export XDG_DATA_HOME=$work/data PATH=$prefix/bin:$PATH CFLAGS= CXXFLAGS= LDFLAGS=
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name godwit-plugin.pc)")
export PKG_CONFIG_PATH

skip() {
    echo "skipped: $*"
    exit 77
}

build() { # build FOLDER [CMAKE ARGUMENT...]: configure, build, test, without a warning
    local folder=$1
    shift
    cmake -S "$folder" -B "$folder/build" "$@" >"$work/log" 2>&1 && cmake --build "$folder/build" >>"$work/log" 2>&1 &&
        (cd "$folder/build" && ctest --output-on-failure >>"$work/log" 2>&1) || {
        cat "$work/log"
        exit 1
    }
    ! grep -i warning: "$work/log"
}

loads() { # loads NAME FILE: godwit itself does
    cat >plugins.conf <<CONF
database = { backend = "sqlite"; url = "app.db"; };
plugins = ( { name = "$1"; path = "$2"; isolate = "none"; } );
CONF
    godwit plugin trust "$1" --yes
    godwit plugin info "$1" | grep -q '^  id .*org\.'
}

case $case in
find-package)
    godwit plugin new --kind validator my-check
    build my-check
    loads my-check "$work/my-check/build/my-check.so"
    [ "$(nm -D --defined-only my-check/build/my-check.so | awk '{ print $3 }')" = godwit_plugin_v1 ]
    ;;
pkg-config)
    godwit plugin new --kind hook --language c++ notify
    build notify -DCMAKE_DISABLE_FIND_PACKAGE_Godwit=ON
    loads notify "$work/notify/build/notify.so"
    ;;
plain-cc)
    godwit plugin new --kind backup keep
    # shellcheck disable=SC2046
    cc -shared -fPIC keep/src/keep.c $(pkg-config --cflags --libs godwit-plugin) -o keep.so
    godwit plugin check keep.so
    loads keep "$work/keep.so"
    ;;
c++)
    command -v c++ >/dev/null || skip "no C++ compiler"
    godwit plugin new --kind validator --language c++ my-check
    build my-check -DCMAKE_CXX_STANDARD=11 -DCMAKE_CXX_FLAGS='-Wpedantic -Wshadow -Wconversion -Werror'
    loads my-check "$work/my-check/build/my-check.so"
    ;;
rust)
    command -v cargo >/dev/null || skip "no cargo"
    for kind in validator hook; do
        godwit plugin new --kind $kind --language rust my-check $kind
        (cd $kind && cargo test --offline && cargo build --release --offline) >log 2>&1 || { cat log && exit 1; }
        ! grep '^warning' log
        loads my-check "$work/$kind/target/release/libmy_check.so"
    done
    ;;
every-template)
    for kind in driver validator backup hook; do
        godwit plugin new --kind $kind it-$kind
        build it-$kind -DCMAKE_C_FLAGS='-std=c99 -Wpedantic -Wshadow -Wconversion -Werror'
        loads it-$kind "$work/it-$kind/build/it-$kind.so"
    done
    ;;
examples)
    for folder in "$sdk"/examples/*/; do
        cp -r "$folder" .
        build "$(basename "$folder")"
    done
    ;;
bundled)
    [ -f "$prefix/lib/godwit/plugins/sqlite.so" ]
    godwit plugin info sqlite | grep -q "$(realpath "$prefix")/lib/godwit/plugins/sqlite.so"
    cp -r "$prefix" "$work/moved" # an installation knows no absolute path of its own
    mkdir shop && cd shop
    "$work/moved/bin/godwit" init
    "$work/moved/bin/godwit" upgrade
    ;;
refuses)
    refused() { # refused WORDS COMMAND...
        local words=$1 out
        shift
        if out=$(godwit plugin new "$@" 2>&1); then
            echo "not refused: $*" && return 1
        elif ! [[ $out == *"$words"* ]]; then
            echo "said: $out" && return 1
        fi
    }
    mkdir full && touch full/file
    refused "not empty" --kind hook name full
    refused "cannot be the name" --kind hook Name
    refused "cannot be the name" --kind hook ../name
    refused "cannot be the name" --kind hook 1name
    refused "means something else" --kind hook test
    refused "which kind" name
    refused "no template for a driver in rust" --kind driver --language rust name
    [ ! -e name ]
    ;;
guide)
    # The guide's own words: its sh blocks, with what it says to write into plugins.conf between them.
    awk '/^```sh$/ { n++; in_block = 1; next } /^```/ { in_block = 0 } in_block { print > ("block-" n ".sh") }' \
        "$sdk/../docs/plugin-guide.md"
    sed -i "s|/path/to/godwit/sdk|$sdk|" block-*.sh
    echo bytes >some-file
    sed -i "s|/tmp/|$work/|g" block-7.sh
    blocks=$work
    for n in 1 2 3 4 5 6 7; do
        [ $n != 3 ] || grep -m1 '^plugins = ( { name = "my-check"' "$sdk/../docs/plugin-guide.md" >>plugins.conf
        # shellcheck disable=SC1090
        . "$blocks/block-$n.sh"
    done
    godwit plugin info my-check | grep -q 'DROP TABLE'
    # the list with both, as the guide writes it
    sed -i '/^plugins = /d' plugins.conf
    sed -n '/^plugins = ($/,/^);$/p' "$sdk/../docs/plugin-guide.md" >>plugins.conf
    godwit plugin trust keys --yes
    godwit plugin list | grep -q '^keys .*trusted'
    ;;
*)
    echo "no case '$case'" && exit 2
    ;;
esac
