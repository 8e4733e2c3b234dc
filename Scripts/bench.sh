#!/usr/bin/env bash
# `make bench`: measures in a release build, one line per measure; the same as JSON lines in Benchmarks/results.jsonl.
# ONLY=word runs the measures whose name contains the word; STRICT=1 makes a missed bar an error.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

arguments=(--results Benchmarks/results.jsonl --scratch .build/benchmarks)
[ -z "${ONLY:-}" ] || arguments+=(--only "$ONLY")
[ "${STRICT:-}" != 1 ] || arguments+=(--strict)

in_benchmarks=(swift build --package-path Benchmarks --scratch-path .build "${plan_anew[@]}" --configuration release)

build() { "${in_benchmarks[@]}"; }

measure() {
    local bin
    bin=$("${in_benchmarks[@]}" --show-bin-path)
    "$bin/cutover-benchmarks" "${arguments[@]}"
}

step "system packages" ensure_packages git pkg-config libsqlite3-dev
[ "$step_status" -eq 0 ] && step "release build" build
[ "$step_status" -eq 0 ] && step "measures" measure
finish "make bench"
