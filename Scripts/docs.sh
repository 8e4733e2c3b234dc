#!/usr/bin/env bash
# `make docs`: one DocC archive per product in .build/documentation, made without a warning, after a check that every public
# symbol has a doc comment. It uses the docc of the toolchain and no package plugin: a plugin would be a dependency of every
# application that depends on this package.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

graphs=$PWD/.build/documentation/symbol-graphs
archives=$PWD/.build/documentation

# The docc that belongs to the toolchain: beside the real place of swift, which may be on PATH through a link.
find_docc() {
    if [ "$(uname)" = Darwin ]; then
        xcrun --find docc
    else
        command -v docc || ls "$(dirname "$(readlink -f "$(command -v swift)")")/docc"
    fi
}

# Every library product of the package is named like its only target.
products() {
    swift package describe --type json | python3 -c '
import json, sys
names = [p["name"] for p in json.load(sys.stdin)["products"] if "library" in p["type"]]
print(*sorted(names, key=lambda name: (name != "MigrationCore", name)))'
}

symbol_graphs() {
    # SwiftPM extracts the graphs of all targets from an ordinary debug build.
    swift package --enable-all-traits dump-symbol-graph --minimum-access-level public --skip-synthesized-members
    local extracted product graph
    extracted=$(swift build --show-bin-path)/../symbolgraph
    for product in $products; do
        mkdir -p "$graphs/$product"
        for graph in "$extracted/$product.symbols.json" "$extracted/$product"@*.symbols.json; do
            [ -e "$graph" ] && cp "$graph" "$graphs/$product/"
        done
        [ -e "$graphs/$product/$product.symbols.json" ] || die "no symbol graph of $product"
    done
}

# Archives refer to symbols of MigrationCore, so its archive comes first and is a dependency of the others.
archive() {
    local product=$1 arguments=()
    if [ -d "Sources/$product/Documentation.docc" ]; then arguments+=("Sources/$product/Documentation.docc"); fi
    if [ "$product" != MigrationCore ]; then arguments+=(--dependency "$archives/MigrationCore.doccarchive"); fi
    "$docc" convert ${arguments[@]+"${arguments[@]}"} --additional-symbol-graph-dir "$graphs/$product" \
        --fallback-display-name "$product" --fallback-bundle-identifier "cutover.$product" \
        --fallback-default-module-kind Library --enable-experimental-external-link-support \
        --warnings-as-errors --output-path "$archives/$product.doccarchive"
}

step "system packages" ensure_packages git python3 pkg-config libcurl4-openssl-dev libmongoc-dev libsqlite3-dev
[ "$step_status" -eq 0 ] || finish "make docs"
docc=$(find_docc) || die "this Swift toolchain has no docc"
rm -rf "$archives"
products=$(products)
step "symbol graphs" symbol_graphs
if [ "$step_status" -eq 0 ]; then
    step "doc comments" python3 Scripts/check_symbols.py "$graphs"
    for product in $products; do step "archive of $product" archive "$product"; done
fi
finish "make docs"
