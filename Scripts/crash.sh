#!/usr/bin/env bash
# `make crash`: writers and coordinators are killed, stalled and deprived of their stores, round after round; then everything
# that was acknowledged is looked for in the stores alone.
#
# STORE   sqlite for files, the default; mongodb for a replica set that is started here, with one file beside it; azure for
#         Cosmos DB and Blob Storage of the emulator, with one file beside them and the control store in Cosmos DB
# ROUNDS  how many rounds, default 200 on files and 20 on a server
# SEED    of the moments and points, default random, always printed
# BUILT   1 when the release build and the server are there already
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# shellcheck source=Scripts/emulator.sh
source "$(dirname "${BASH_SOURCE[0]}")/emulator.sh"

STORE=${STORE:-sqlite}
SEED=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
case $STORE in
    sqlite) ROUNDS=${ROUNDS:-200} ;;
    mongodb | azure) ROUNDS=${ROUNDS:-20} ;;
    *) die "STORE is sqlite, mongodb or azure, not $STORE" ;;
esac

if [ "${BUILT:-0}" != 1 ]; then
    step "system packages" ensure_packages git pkg-config libcurl4-openssl-dev libmongoc-dev libsqlite3-dev
    [ "$step_status" -eq 0 ] || finish "make crash"
    if [ "$STORE" = mongodb ]; then
        step "MongoDB server" Scripts/fetch-mongod.sh
        [ "$step_status" -eq 0 ] || finish "make crash"
    fi
    if [ "$STORE" = azure ]; then
        step "Azure emulator" emulator_build
        [ "$step_status" -eq 0 ] || finish "make crash"
    fi
    step "release build" swift build "${plan_anew[@]}" --configuration release --product cutover-crash-migration
    [ "$step_status" -eq 0 ] || finish "make crash"
fi

rounds() {
    "$(swift build --configuration release --show-bin-path)/cutover-crash-migration" rounds \
        --store "$STORE" --rounds "$ROUNDS" --seed "$SEED"
}

step "killed migrations on $STORE, $ROUNDS rounds" rounds
finish "make crash"
