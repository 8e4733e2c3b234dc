#!/usr/bin/env bash
# `make model`: the cutover in Promela, searched exhaustively in several sizes by spin; its variants must fail.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# search NAME OPTION... compiles the model with options of its own and searches it; the search's report is in $work/NAME/log.
search() {
    local name=$1 folder
    shift
    folder=$work/$name
    mkdir -p "$folder"
    cp Model/cutover.pml "$folder"
    (
        cd "$folder"
        spin -a "$@" cutover.pml >spin.log || die "spin refuses the model: $(tail -n 3 spin.log)"
        gcc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c
        # Bounded in memory and time: a search that does not end is a failure, not a wait.
        ulimit -v 6000000
        timeout 300 ./pan -m1000000 >log 2>&1 || true
    )
    grep -E 'errors:|states, stored' "$folder/log" || die "the search ended without a report: $(tail -n 3 "$folder/log")"
}

holds() {
    search "$@"
    grep -q 'errors: 0' "$work/$1/log" || die "$1: a promise is broken; run spin's trail in a copy of Model/"
    ! grep -qE 'out of memory|max search depth too small|Search not completed' "$work/$1/log" || die "$1: not exhausted"
}

fails() {
    search "$@"
    ! grep -q 'errors: 0' "$work/$1/log" || die "$1: this variant must fail, and it does not"
}

step "system packages" ensure_packages spin gcc
[ "$step_status" -eq 0 ] || finish "make model"
step "one writer, two cutovers, an abort" holds one-writer -DWRITERS=1 -DCUTOVERS=2 -DMOVES=0 -DABORTS=1
step "two writers, one cutover" holds two-writers -DWRITERS=2 -DCUTOVERS=1 -DMOVES=0 -DABORTS=0
step "without the fence it fails" fails no-fence -DNO_FENCE
step "leaving a cutover by one epoch fails" fails one-epoch -DONE_EPOCH
for situation in 1 2 3; do
    step "the model gets to situation $situation" fails "reach-$situation" "-DREACH=$situation"
done
finish "make model"
