#!/usr/bin/env bash
# `make demo`: the main job on real, local data. Ends non-zero if anything is off.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

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

demo() {
    swift run --package-path Examples --scratch-path .build "${plan_anew[@]}" --configuration release cutover-demo
}

step "system packages" ensure_packages git pkg-config libsqlite3-dev
[ "$step_status" -eq 0 ] || finish "make demo"
step "package index" package_index
step "demo" demo
finish "make demo"
