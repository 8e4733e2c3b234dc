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

measure() {
    local bin
    bin=$("${in_benchmarks[@]}" --show-bin-path)
    "${server[@]+"${server[@]}"}" "$bin/cutover-benchmarks" "${arguments[@]}"
}

# A server only for measures that need one; the program is linked with libmongoc whatever it measures.
server=()
needs_mongo() { case ${ONLY:-mongo} in *mongo*) ;; *) false ;; esac }

step "system packages" ensure_packages git pkg-config libcurl4-openssl-dev libmongoc-dev libsqlite3-dev python3 python3-venv
export CUTOVER_EVENTSOURCE_PYTHON=$CUTOVER_CACHE/eventsource-py/bin/python
case ${ONLY:-eventsource} in
    *eventsource*) [ "$step_status" -eq 0 ] && step "eventsource-py" eventsource_py ;;
esac
if [ "$step_status" -eq 0 ] && needs_mongo; then
    step "mongod" Scripts/fetch-mongod.sh
    server=(Scripts/with-mongod.sh)
fi
[ "$step_status" -eq 0 ] && step "release build" build
[ "$step_status" -eq 0 ] && step "measures" measure
finish "make bench"
