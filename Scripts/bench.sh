#!/usr/bin/env bash
# `make bench`: measures in a release build, one line per measure; the same as JSON lines in Benchmarks/results.jsonl.
# ONLY=word runs the measures whose name contains the word; STRICT=1 makes a missed bar an error.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

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
step "measures" measure
finish "make bench"
