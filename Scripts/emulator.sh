#!/usr/bin/env bash
# The Azure emulator of the tests: its build, and the proof that it is faithful. Sourced by test.sh; run on its own it does all of
# it. ONLY=word then selects the rules that mutation.py breaks.
#
# CUTOVER_EMULATOR         the program that is used; by default the one that is built here
# CUTOVER_EMULATOR_PYTHON  the Python with the official clients; by default one in $CUTOVER_CACHE/azure-clients

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
fi

emulator_scratch=$PWD/.build-emulator
in_emulator=(--package-path Tests/AzureEmulator --scratch-path "$emulator_scratch" --configuration release)
export CUTOVER_EMULATOR=${CUTOVER_EMULATOR:-$emulator_scratch/release/azure-emulator}
export CUTOVER_EMULATOR_PYTHON=${CUTOVER_EMULATOR_PYTHON:-$CUTOVER_CACHE/azure-clients/bin/python}

# The program and its unit tests, in one optimised build.
emulator_build() { swift build "${in_emulator[@]}" --build-tests; }

# The published signature vectors.
emulator_tests() { swift test "${in_emulator[@]}" --skip-build; }

# The official clients, in a virtual environment of the cache.
emulator_environment() {
    local folder=$CUTOVER_CACHE/azure-clients
    python_environment "$folder" Tests/AzureEmulator/Clients/requirements.txt
    "$folder/bin/python" -c 'import azure.cosmos, azure.data.tables, azure.identity, azure.storage.blob'
}

emulator_program() { "$CUTOVER_EMULATOR_PYTHON" -B "Tests/AzureEmulator/Clients/$1.py" "${@:2}"; }

# The official clients, and a program that speaks plain HTTP, each with its assertions. All run, also after one has failed.
emulator_clients() {
    local program failed=0
    for program in blob_clients table_clients identity_clients wire_checks cosmos_clients cosmos_wire; do
        emulator_program "$program" || failed=1
    done
    return $failed
}

# Every rule is broken on purpose, and an assertion has to notice.
emulator_mutation() {
    if [ -n "${1:-}" ]; then emulator_program mutation "$1"; else emulator_program mutation; fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    step "system packages" ensure_packages git python3 python3-venv
    step "emulator" emulator_build
    if [ "$step_status" -eq 0 ]; then
        step "emulator: signature vectors" emulator_tests
        step "official Azure clients" emulator_environment
        step_within 240 "emulator: official clients" emulator_clients
        step_within 240 "emulator: broken rules are noticed" emulator_mutation "${ONLY:-}"
    fi
    finish "Scripts/emulator.sh"
fi
