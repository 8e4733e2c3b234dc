#!/usr/bin/env bash
# `make test`: everything that has to hold, from a fresh machine with Swift to a closing summary. Steps after a failed one
# still run where that makes sense; the exit code is 0 only if every step passed.
#
# CUTOVER_SEED             seed of the randomised tests and of the fuzz run; random unless given, always printed
# CUTOVER_CACHE            downloads, default .cache
# CUTOVER_MONGOD           the mongod that the tests start; by default the one that Scripts/fetch-mongod.sh fetches
# CUTOVER_PYMONGO          the Python with PyMongo that reads and writes beside them; by default Scripts/fetch-pymongo.sh makes one
# CUTOVER_EMULATOR         the Azure emulator that the tests start; by default the one that is built here
# CUTOVER_REQUIRE_SERVERS  1 here: a test whose server or corpus is missing fails instead of being skipped
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# shellcheck source=Scripts/emulator.sh
source "$(dirname "${BASH_SOURCE[0]}")/emulator.sh"

export CUTOVER_REQUIRE_SERVERS=1
export CUTOVER_SEED=${CUTOVER_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
export CUTOVER_BSON_CORPUS=$CUTOVER_CACHE/bson-corpus
say "CUTOVER_SEED=$CUTOVER_SEED"

debug_build() {
    swift build "${plan_anew[@]}" --build-tests --enable-all-traits --explicit-target-dependency-import-check error
}

# Hundreds of tests that begin at once wait seconds for each turn on two threads, and those that measure time fail. A few at a time
# take less time altogether.
few_at_a_time=(--experimental-maximum-parallelization-width 8)
swift test --help-hidden 2>&1 | grep -e "${few_at_a_time[0]}" >/dev/null || few_at_a_time=()

# Why tests failed, for the end of the output.
reasons=.build/tests.reasons
rm -f "$reasons"

# swift_test LOG OPTION... runs tests, keeps what they print in LOG, and the first lines that tell why one failed.
swift_test() {
    local log=$1
    shift
    mkdir -p .build
    swift test "$@" 2>&1 | tee "$log" && return 0
    grep -aE '^[^[:alnum:]"]*Test .* recorded an issue|^error: |Fatal error|WARNING: ThreadSanitizer' "$log" |
        head -n 12 | cut -c 1-240 >>"$reasons"
    return 1
}

# passing_tests NAME OPTION... runs tests. What they print goes through a file, so that a skipped test can be told from a passed one:
# here nothing is skipped.
passing_tests() {
    local log=.build/$1.log
    shift
    swift_test "$log" --skip-build --parallel "${few_at_a_time[@]+"${few_at_a_time[@]}"}" --enable-all-traits \
        --explicit-target-dependency-import-check error "$@"
    if grep -aE '^[^[:alnum:]"]*(Test|Suite) ("[^"]*"|[^ ]+) skipped' "$log"; then
        die "the tests above were skipped; with CUTOVER_REQUIRE_SERVERS=1 they have to run or to fail"
    fi
    grep -qaE 'Test run with [1-9][0-9]* tests? .*passed' "$log" || die "no test ran"
}

# Live moves have limits of time, and thousands of turns to take: among all other tests, whose turns on two threads are long, a move
# of four seconds took minutes.
live='^LiveTests\.'

# The code that README and guides show runs, each program in a folder of its own.
snippets() {
    local bin folder source name
    bin=$(swift build --enable-all-traits --show-bin-path)
    for source in Snippets/*.swift; do
        name=$(basename "$source" .swift)
        say "$name"
        folder=$(mktemp -d)
        (cd "$folder" && "$bin/$name")
        rm -rf "$folder"
    done
}

# The tests of the targets that hold locks and threads. The filter decides what runs; the sanitizer's build has a scratch
# folder of its own because every object file in it differs.
thread_sanitizer() {
    TSAN_OPTIONS="halt_on_error=0 second_deadlock_stack=1 ${TSAN_OPTIONS:-}" \
        swift_test .build/tsan.log --sanitize=thread -Xswiftc -DTSAN --scratch-path .build-tsan \
        --filter '^(MigrationCoreTests|InMemoryAdapterTests|BlockingLanesTests)\.'
}

# The programs that need optimised code, in one build.
release_build() {
    swift build "${plan_anew[@]}" --configuration release --product cutover-fuzz &&
        swift build --configuration release --product cutover-simulate &&
        swift build --configuration release --product cutover-crash-sqlite-writer &&
        swift build --configuration release --product cutover-crash-migration
}

# The tests that kill programs ran with debug programs above; optimised ones write more between two kills.
kills() {
    local programs
    programs=$(swift build --configuration release --show-bin-path)
    CUTOVER_PROGRAMS=$programs swift test --skip-build --enable-all-traits --filter '^SQLiteAdapterTests\.CrashTests'
}

fuzz() { "$(swift build --configuration release --show-bin-path)/cutover-fuzz" --count 1000000 --seed "$CUTOVER_SEED"; }

step "system packages" ensure_packages git openssl pkg-config libcurl4-openssl-dev libmongoc-dev libsqlite3-dev sqlite3 python3 python3-venv
[ "$step_status" -eq 0 ] || finish "make test"
step "BSON corpus" Scripts/fetch-bson-corpus.sh
step "MongoDB server" Scripts/fetch-mongod.sh
step "PyMongo" Scripts/fetch-pymongo.sh
step "dependency rule" python3 Scripts/check_dependencies.py
step "Azure emulator" emulator_build
if [ "$step_status" -eq 0 ]; then
    step "Azure emulator: signature vectors" emulator_tests
    step "Azure emulator: the official clients are there" emulator_environment
    step_within 240 "Azure emulator: official clients" emulator_clients
    step_within 240 "Azure emulator: broken rules are noticed" emulator_mutation
fi
step "debug build, all traits" debug_build
if [ "$step_status" -eq 0 ]; then
    step "tests" passing_tests tests --skip "$live"
    step "live moves" passing_tests live --filter "$live"
    step "programs of the guides" snippets
fi
step "thread sanitizer" thread_sanitizer
step "release build of the programs" release_build
if [ "$step_status" -eq 0 ]; then
    step_within 1800 "fuzz, 1,000,000 inputs" fuzz
    step_within 900 "optimised programs are killed" kills
    step_within 900 "migrations are killed, 50 rounds" env ROUNDS=50 SEED="$CUTOVER_SEED" BUILT=1 bash Scripts/crash.sh
    step_within 600 "migrations on a replica set are killed, 6 rounds" \
        env STORE=mongodb ROUNDS=6 SEED="$CUTOVER_SEED" BUILT=1 bash Scripts/crash.sh
    step_within 600 "migrations on Cosmos DB and Blob Storage are killed, 4 rounds" \
        env STORE=azure ROUNDS=4 SEED="$CUTOVER_SEED" BUILT=1 bash Scripts/crash.sh
    # Always the same seeds here, so that a failure belongs to the change that is tested; make simulate looks for new ones.
    step "simulation, 2,000 seeds" env SEEDS=2000 FIRST=1 BUILT=1 bash Scripts/simulate.sh
fi
step "an application that links two products" Scripts/selective-link.sh
finish "make test" "$reasons"
