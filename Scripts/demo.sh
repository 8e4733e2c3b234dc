#!/usr/bin/env bash
# `make demo`: the main job on real, local data, then the live move of a tenant. Ends non-zero if anything is off.
#
# ONLY   copy or move: that part alone; mongodb: the command-line program with a replica set as one of its stores and as its
#        control store; without it copy, move, and the command-line program over files
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ONLY=${ONLY:-}
case $ONLY in
    '' | copy | move | mongodb) ;;
    *) die "ONLY is '$ONLY'; it can be copy, move or mongodb" ;;
esac

# The documents of the demo are the machine's own package index. Where it is missing and can be fetched, it is; where it
# cannot, the demo generates its documents and says so.
package_index() {
    command -v apt-cache >/dev/null 2>&1 || { say "this system has no package index; the demo generates its documents"; return 0; }
    local count
    count=$(apt-cache dumpavail 2>/dev/null | grep -c '^Package:' || true)
    if [ "$count" -lt 10000 ] && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }; then
        say "the package index names $count packages: apt-get update"
        refresh_lists
        count=$(apt-cache dumpavail 2>/dev/null | grep -c '^Package:' || true)
    fi
    say "the package index names $count packages"
}

examples=(--package-path Examples --scratch-path .build --configuration release)
summaries=.build/demo-summaries.jsonl

build() { swift build "${examples[@]}" "${plan_anew[@]}"; }

demo() { "$programs/cutover-demo" --summaries "$summaries" ${ONLY:+--only "$ONLY"}; }

# The program that operators use, end to end, against stores that are written to meanwhile.
command_line() { "$programs/tenant-migration-check" --program "$programs/tenant-migration"; }

command_line_over_mongodb() {
    Scripts/fetch-mongod.sh
    Scripts/with-mongod.sh "$programs/tenant-migration-check" --program "$programs/tenant-migration" --mongodb
}

step "system packages" ensure_packages git pkg-config libcurl4-openssl-dev libmongoc-dev libsqlite3-dev python3
[ "$step_status" -eq 0 ] || finish "make demo"
[ "$ONLY" = move ] || [ "$ONLY" = mongodb ] || step "package index" package_index
step "build" build
[ "$step_status" -eq 0 ] || finish "make demo"
programs=$(swift build "${examples[@]}" --show-bin-path)
rm -f "$summaries"
[ -n "$ONLY" ] || step "command-line program" command_line
if [ "$ONLY" = mongodb ]; then
    step "command-line program over MongoDB" command_line_over_mongodb
else
    step "demo" demo
fi

# One JSON line for each part comes last, after the seconds of the steps.
verdict=0
(finish "make demo") || verdict=$?
[ ! -e "$summaries" ] || cat "$summaries"
exit "$verdict"
