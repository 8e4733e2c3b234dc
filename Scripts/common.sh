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
step_pid=

# The most seconds that a step may take unless it names its own limit: nothing here waits for ever.
CUTOVER_STEP_SECONDS=${CUTOVER_STEP_SECONDS:-5400}

# Every process of the machine, one a line: its number, its parent's, its state, its name. Small systems have no ps.
processes() {
    if [ -r /proc/self/stat ]; then
        { cat /proc/[0-9]*/stat 2>/dev/null || true; } |
            sed -n 's/^\([0-9]*\) (\(.*\)) \([A-Z]\) \([0-9]*\) .*/\1 \4 \3 \2/p'
    else
        ps -A -o pid= -o ppid= -o stat= -o command=
    fi
}

# The line of a process and those of all that descend from it, in whatever process group they are.
process_tree() {
    processes | awk -v root="$1" '
        { parent[$1] = $2; line[$1] = $0; order[NR] = $1 }
        END {
            if (!(root in line)) exit
            known[root] = 1; print line[root]
            do {
                found = 0
                for (i = 1; i <= NR; i++) {
                    pid = order[i]
                    if (!(pid in known) && (parent[pid] in known)) { known[pid] = 1; print line[pid]; found = 1 }
                }
            } while (found)
        }'
}

# end_tree PID ends a process and all that descends from it: first gently, then surely.
end_tree() {
    local pids
    # Taken before the first one ends: who has lost its parent is no longer found.
    pids=$(process_tree "$1" | awk '{print $1}')
    # shellcheck disable=SC2086 # one word per process
    kill -TERM $pids 2>/dev/null || true
    sleep 5
    # shellcheck disable=SC2086
    kill -KILL $pids 2>/dev/null || true
}

# Ends a step that has used up its time, and shows what it was waiting for. Runs beside the step.
watch_step() {
    local pid=$1 seconds=$2 elapsed=0
    while [ "$elapsed" -lt "$seconds" ]; do
        # Not with the script's output, which would stay open for a second after the script.
        sleep 1 >/dev/null 2>&1
        elapsed=$((elapsed + 1))
        kill -0 "$pid" 2>/dev/null || return 0
    done
    say "the step took longer than $seconds s and is ended; its processes (number, parent, state, name):"
    process_tree "$pid"
    end_tree "$pid"
}

# An interrupted script takes its step with it.
end_step() {
    trap - INT TERM HUP
    [ -z "$step_pid" ] || end_tree "$step_pid"
    exit 130
}
trap end_step INT TERM HUP

# step NAME COMMAND... runs the command, prints its seconds, and remembers whether it failed. The script goes on, so that
# one run shows everything that is wrong; `step_status` tells a step that makes no sense after a failed one. The command
# runs in a subshell under `set -e`: never call `step` itself in a condition, or bash switches that off.
step() { step_within "$CUTOVER_STEP_SECONDS" "$@"; }

# step_within SECONDS NAME COMMAND... does the same with a limit of its own.
step_within() {
    local limit=$1 name=$2 started=$SECONDS verdict=ok watcher
    shift 2
    say
    say "==> $name"
    set +e
    (
        # What it is told to do on a signal is for the script that waits for it.
        trap - INT TERM HUP
        set -e
        "$@"
    ) &
    step_pid=$!
    watch_step "$step_pid" "$limit" &
    watcher=$!
    wait "$step_pid"
    step_status=$?
    step_pid=
    if [ "$step_status" -gt 128 ] && [ $((SECONDS - started)) -ge "$limit" ]; then
        wait "$watcher"
        verdict="OUT OF TIME"
    else
        kill "$watcher" 2>/dev/null
        wait "$watcher" 2>/dev/null
        [ "$step_status" -eq 0 ] || verdict="FAILED ($step_status)"
    fi
    set -e
    [ "$step_status" -eq 0 ] || step_failures=$((step_failures + 1))
    say "<== $name: $((SECONDS - started)) s, $verdict"
    step_report+=("$(printf '%6d s  %-12s  %s' "$((SECONDS - started))" "$verdict" "$name")")
}

# Prints what the steps took and ends the script: with 0 only if none failed. The reasons of a failure that FILE holds come last:
# of a long run often only the last lines are kept.
#
# finish NAME [FILE]
finish() {
    say
    say "$1: the steps and their seconds"
    printf '%s\n' "${step_report[@]}"
    printf '%6d s  in all\n' "$SECONDS"
    [ "$step_failures" -gt 0 ] || exit 0
    [ ! -s "${2:-}" ] || cat "$2"
    die "$step_failures of ${#step_report[@]} steps failed"
}

# --- system packages -------------------------------------------------------------------------------------------------

# Whether a thing that is asked for by its Debian name is usable, wherever it came from.
is_present() {
    case $1 in
        libsqlite3-dev) [ "$(uname)" = Darwin ] || [ -e /usr/include/sqlite3.h ] || pkg-config --exists sqlite3 2>/dev/null ;;
        libcurl4-openssl-dev) pkg-config --exists libcurl 2>/dev/null ;;
        libmongoc-dev) pkg-config --exists libmongoc-1.0 2>/dev/null ;;
        binutils) command -v readelf >/dev/null 2>&1 ;;
        python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

homebrew_name() {
    case $1 in
        pkg-config) say pkgconf ;;
        python3-venv) say python ;;
        libcurl4-openssl-dev) say curl ;;
        libmongoc-dev) say mongo-c-driver@1 ;;
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

# python_environment FOLDER REQUIREMENTS [OPTION...] makes a virtual environment with the packages of a requirements file, installed
# with these options of pip; anew when the file changed.
python_environment() {
    local folder=$1 requirements=$2
    shift 2
    cmp -s "$requirements" "$folder/requirements.txt" && return 0
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --no-input "$@" -r "$requirements"
    # Last, so that an environment that was left unfinished is made anew.
    cp "$requirements" "$folder/requirements.txt"
}

# --- Swift -----------------------------------------------------------------------------------------------------------

command -v swift >/dev/null 2>&1 || die "no swift on PATH. Swift 6.2 or later is needed: https://www.swift.org/install"

# Several root packages share one scratch folder. SwiftPM keeps the plan of the last build there and does not always notice
# that the next one is of another root: it then builds the wrong package and says that all is well.
# shellcheck disable=SC2034 # used by the scripts that source this one
plan_anew=(--disable-build-manifest-caching)
