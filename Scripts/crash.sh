#!/usr/bin/env bash
# `make crash`: writers and coordinators on SQLite files are killed, stalled and deprived of their files, round after round;
# then everything that was acknowledged is looked for in the files alone.
#
# ROUNDS  how many rounds, default 200
# SEED    of the moments and points, default random, always printed
# BUILT   1 when the release build is there already
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ROUNDS=${ROUNDS:-200}
SEED=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}

if [ "${BUILT:-0}" != 1 ]; then
    step "system packages" ensure_packages git pkg-config libsqlite3-dev
    [ "$step_status" -eq 0 ] || finish "make crash"
    step "release build" swift build "${plan_anew[@]}" --configuration release --product cutover-crash-migration
    [ "$step_status" -eq 0 ] || finish "make crash"
fi

rounds() {
    "$(swift build --configuration release --show-bin-path)/cutover-crash-migration" rounds --rounds "$ROUNDS" --seed "$SEED"
}

step "killed migrations, $ROUNDS rounds" rounds
finish "make crash"
