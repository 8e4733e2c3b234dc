# shellcheck shell=bash
# What every script of this folder starts with: strict mode, the checkout as working directory, timed steps, and the
# installation of system packages that are missing. Source it; it runs in bash 3.2 (macOS) and later.

set -euo pipefail

# A CDPATH would send `cd` elsewhere and make it print.
unset CDPATH

# Standard input may be closed or a terminal; nothing here asks questions.
exec </dev/null

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# Where downloads are kept. An absolute path, because tests and nested packages run elsewhere.
CUTOVER_CACHE=${CUTOVER_CACHE:-.cache}
mkdir -p "$CUTOVER_CACHE"
CUTOVER_CACHE=$(cd "$CUTOVER_CACHE" && pwd)
export CUTOVER_CACHE

say() { printf '%s\n' "$*"; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# --- steps -----------------------------------------------------------------------------------------------------------

step_report=()
step_failures=0
step_status=0

# step NAME COMMAND... runs the command, prints its seconds, and remembers whether it failed. The script goes on, so that
# one run shows everything that is wrong; `step_status` tells a step that makes no sense after a failed one. The command
# runs in a subshell under `set -e`: never call `step` itself in a condition, or bash switches that off.
step() {
    local name=$1 started=$SECONDS verdict=ok
    shift
    say
    say "==> $name"
    set +e
    (
        set -e
        "$@"
    )
    step_status=$?
    set -e
    if [ "$step_status" -ne 0 ]; then
        verdict="FAILED ($step_status)"
        step_failures=$((step_failures + 1))
    fi
    say "<== $name: $((SECONDS - started)) s, $verdict"
    step_report+=("$(printf '%6d s  %-12s  %s' "$((SECONDS - started))" "$verdict" "$name")")
}

# Prints what the steps took and ends the script: with 0 only if none failed.
finish() {
    say
    say "$1: the steps and their seconds"
    printf '%s\n' "${step_report[@]}"
    printf '%6d s  in all\n' "$SECONDS"
    [ "$step_failures" -eq 0 ] || die "$step_failures of ${#step_report[@]} steps failed"
    exit 0
}

# --- system packages -------------------------------------------------------------------------------------------------

# Whether a thing that is asked for by its Debian name is usable, wherever it came from.
is_present() {
    case $1 in
        libsqlite3-dev) [ "$(uname)" = Darwin ] || [ -e /usr/include/sqlite3.h ] || pkg-config --exists sqlite3 2>/dev/null ;;
        binutils) command -v readelf >/dev/null 2>&1 ;;
        python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

homebrew_name() {
    case $1 in
        pkg-config) say pkgconf ;;
        python3-venv) say python ;;
        libsqlite3-dev | sqlite3) say sqlite ;;
        *) say "$1" ;;
    esac
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"; }

install_packages() { apt install -q -y --no-install-recommends "$@"; }

# A source of packages that cannot be reached and is not needed here must not stop the others.
refresh_lists() { apt update -q || say "not every package list could be fetched; going on with those that were"; }

# Whether the package lists name every one of these packages: they may be missing, empty or older than the package.
apt_knows() {
    local package
    for package in "$@"; do
        [ -n "$(apt-cache madison "$package" 2>/dev/null)" ] || return 1
    done
}

# ensure_packages NAME... installs those of these Debian packages whose content is missing. On macOS it says what to
# install with Homebrew instead.
ensure_packages() {
    local name missing=() formulas=()
    for name in "$@"; do
        is_present "$name" || missing+=("$name")
    done
    if [ ${#missing[@]} -eq 0 ]; then
        say "present: $*"
        return 0
    fi
    if [ "$(uname)" = Darwin ]; then
        for name in "${missing[@]}"; do formulas+=("$(homebrew_name "$name")"); done
        die "missing on this Mac: ${missing[*]}. Install with: brew install ${formulas[*]}"
    fi
    command -v apt-get >/dev/null 2>&1 || die "missing: ${missing[*]} (Debian's names). Without apt-get they have to be installed by hand."
    if [ "$(id -u)" -ne 0 ] && ! sudo -n true 2>/dev/null; then
        die "missing: ${missing[*]}. Not root and sudo asks for a password; run: sudo apt-get install ${missing[*]}"
    fi
    say "installing: ${missing[*]}"
    if ! apt_knows "${missing[@]}"; then
        say "the package lists do not name them all: apt-get update"
        refresh_lists
    fi
    # Lists that are out of date name versions that are gone: refresh them once and try again.
    install_packages "${missing[@]}" || { refresh_lists && install_packages "${missing[@]}"; }
    for name in "${missing[@]}"; do
        is_present "$name" || die "$name was installed and is still not usable"
    done
}

# --- Swift -----------------------------------------------------------------------------------------------------------

command -v swift >/dev/null 2>&1 || die "no swift on PATH. Swift 6.2 or later is needed: https://www.swift.org/install"

# Several root packages share one scratch folder. SwiftPM keeps the plan of the last build there and does not always notice
# that the next one is of another root: it then builds the wrong package and says that all is well.
# shellcheck disable=SC2034 # used by the scripts that source this one
plan_anew=(--disable-build-manifest-caching)
