#!/usr/bin/env bash
# `make mutants`: deliberate bugs as run-time switches, in one build with -DMUTANTS; each must be caught by the test that
# Tests/Mutants/mutants.tsv names, or by the simulation, within its time limit.
#
# ONLY  names of mutants to look at, instead of all
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# A build of its own, in a folder of its own: no other command ever runs a program with these switches.
folder=.build-mutants

build() { swift build --build-tests -Xswiftc -DMUTANTS --scratch-path "$folder"; }

# A seed takes a tenth of a second of optimised code, and more than a second of the other.
build_simulation() {
    swift build --configuration release --product cutover-simulate -Xswiftc -DMUTANTS --scratch-path "$folder"
}

mutants() {
    local programs
    programs=$(swift build --build-tests -Xswiftc -DMUTANTS --scratch-path "$folder" --show-bin-path)
    # shellcheck disable=SC2086 # several names are several words
    python3 Scripts/mutants.py "$programs" ${ONLY:-}
}

step "system packages" ensure_packages git pkg-config libcurl4-openssl-dev libmongoc-dev libsqlite3-dev sqlite3 python3
[ "$step_status" -eq 0 ] || finish "make mutants"
step "debug build with -DMUTANTS" build
[ "$step_status" -eq 0 ] || finish "make mutants"
step "release build of the simulation" build_simulation
[ "$step_status" -eq 0 ] || finish "make mutants"
step "mutants" mutants
finish "make mutants"
