#!/usr/bin/env bash
# `make simulate`: whole migrations on virtual time, one process per core, each with its own run of seeds.
#
# SEEDS  how many seeds, default 2000
# FIRST  the first seed, default random
# BUILT  1 when the release build is there already
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

SEEDS=${SEEDS:-2000}
FIRST=${FIRST:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}

if [ "${BUILT:-0}" != 1 ]; then
    step "system packages" ensure_packages git pkg-config libsqlite3-dev
    [ "$step_status" -eq 0 ] || finish "make simulate"
    step "release build" swift build "${plan_anew[@]}" --configuration release --product cutover-simulate
    [ "$step_status" -eq 0 ] || finish "make simulate"
fi

simulate() {
    local program cores share number status=0 logs pids=()
    program=$(swift build --configuration release --show-bin-path)/cutover-simulate
    cores=$(getconf _NPROCESSORS_ONLN)
    share=$(((SEEDS + cores - 1) / cores))
    logs=$(mktemp -d)
    say "$SEEDS seeds from $FIRST on, in $cores processes"
    for ((number = 0; number < cores; number++)); do
        "$program" --seeds "$share" --first "$((FIRST + number * share))" >"$logs/$number.log" 2>&1 &
        pids+=($!)
    done
    for ((number = 0; number < cores; number++)); do
        wait "${pids[$number]}" || status=1
        cat "$logs/$number.log"
    done
    rm -rf "$logs"
    return "$status"
}

step "simulation" simulate
finish "make simulate"
