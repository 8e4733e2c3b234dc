#!/usr/bin/env bash
# `make bench`: measures in a release build, one line per measure; the same as JSON lines in Benchmarks/results.jsonl.
# ONLY=word runs the measures whose name contains the word; STRICT=1 makes a missed bar an error.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source Scripts/emulator.sh

arguments=(--results Benchmarks/results.jsonl --scratch .build/benchmarks)
[ -z "${ONLY:-}" ] || arguments+=(--only "$ONLY")
[ "${STRICT:-}" != 1 ] || arguments+=(--strict)

in_benchmarks=(swift build --package-path Benchmarks --scratch-path .build "${plan_anew[@]}" --configuration release)

# The same job in Python, in a virtual environment of the cache.
eventsource_py() {
    local folder=$CUTOVER_CACHE/eventsource-py
    python_environment "$folder" Benchmarks/Python/requirements.txt
    "$folder/bin/python" -c 'import eventsource'
}

build() { "${in_benchmarks[@]}"; }

# Our half of the measures of the transport, which only a program of the package itself can do.
in_package=(swift build --scratch-path .build "${plan_anew[@]}" --configuration release --product cutover-transport-speed)
transport_program() { "${in_package[@]}"; }

# Whether a word is in the name of a measure that was selected.
measures_need() { "$program" "${arguments[@]}" --list | grep "$1" >/dev/null; }

measure() { "${server[@]+"${server[@]}"}" "$program" "${arguments[@]}"; }

step "system packages" ensure_packages git pkg-config libcurl4-openssl-dev libmongoc-dev libsqlite3-dev python3 python3-venv
[ "$step_status" -eq 0 ] && step "release build" build
[ "$step_status" -eq 0 ] || finish "make bench"
program=$("${in_benchmarks[@]}" --show-bin-path)/cutover-benchmarks

# What only some measures need.
server=()
export CUTOVER_EVENTSOURCE_PYTHON=$CUTOVER_CACHE/eventsource-py/bin/python
export CUTOVER_PYMONGO=${CUTOVER_PYMONGO:-$CUTOVER_CACHE/pymongo/bin/python}
if measures_need eventsource; then step "eventsource-py" eventsource_py; fi
if measures_need mongo; then
    step "mongod" Scripts/fetch-mongod.sh
    step "PyMongo" Scripts/fetch-pymongo.sh
    server=(Scripts/with-mongod.sh)
fi
if measures_need azure-transport; then
    step "transport's half" transport_program
    CUTOVER_TRANSPORT_SPEED=$("${in_package[@]}" --show-bin-path)/cutover-transport-speed
    export CUTOVER_TRANSPORT_SPEED
fi
if measures_need 'azure-\(blob\|cosmos\)'; then
    # Unless another one was named.
    [ "$CUTOVER_EMULATOR" != "$emulator_scratch/release/azure-emulator" ] || step "emulator" emulator_build
fi
if measures_need azure-cosmos-import; then step "official Azure clients" emulator_environment; fi
step "measures" measure
finish "make bench"
