#!/usr/bin/env bash
# `make demo`: the main job on real, local data. Ends non-zero if anything is off.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

demo() { swift run --package-path Examples --scratch-path .build --configuration release cutover-demo; }

step "system packages" ensure_packages git pkg-config libsqlite3-dev
[ "$step_status" -eq 0 ] && step "demo" demo
finish "make demo"
