#!/usr/bin/env bash
# `make fuzz`: mutates the corpora of the tests and checks what must hold for every input, for longer than make test does.
#
# COUNT         how many inputs, default 20 million
# CUTOVER_SEED  the seed; random unless given, always printed
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

COUNT=${COUNT:-20000000}
CUTOVER_SEED=${CUTOVER_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}

fuzz() {
    "$(swift build --configuration release --show-bin-path)/cutover-fuzz" --count "$COUNT" --seed "$CUTOVER_SEED"
}

step "system packages" ensure_packages git pkg-config libsqlite3-dev
[ "$step_status" -eq 0 ] || finish "make fuzz"
step "release build" swift build "${plan_anew[@]}" --configuration release --product cutover-fuzz
[ "$step_status" -eq 0 ] || finish "make fuzz"
# The time grows with the count.
step_within $((600 + COUNT / 1000)) "fuzz, $COUNT inputs" fuzz
finish "make fuzz"
