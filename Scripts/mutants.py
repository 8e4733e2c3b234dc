#!/usr/bin/env python3
"""Switches the deliberate bugs on, one after the other, and checks that the named test or the simulation catches each.

    mutants.py PROGRAMS [MUTANT...]

PROGRAMS is the folder of a debug build of the tests with -DMUTANTS; the folder `release` beside it holds an optimised
simulation. A bug counts as caught by a test only when that test itself records an issue within its time limit: not when the
process crashes, hangs, or fails at something else. Without any bug, every one of these tests and every seed of the simulation
that catches one has to pass.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "Tests/Mutants/mutants.tsv"
SWITCHES = ROOT / "Sources/MigrationCore/Support/Mutant.swift"
SIMULATION = "simulation"
SEEDS = 2000
# How many bugs the simulation alone must catch.
MINIMUM_SIMULATED = 10
SEED = re.compile(r"^seed (\d+): (.*)$", re.MULTILINE)


class Row:
    def __init__(self, line):
        self.mutant, self.seconds, self.test, self.sentence = line.split("\t")
        self.seconds = int(self.seconds)
        self.verdict, self.took, self.is_caught, self.seed = "", 0.0, False, 0

    @property
    def is_simulated(self):
        return self.test == SIMULATION


def rows():
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return [Row(line) for line in lines if line and not line.startswith("#")]


def complaints(table):
    """What is wrong with the table itself."""
    cases = re.findall(r"^    case (\w+)$", SWITCHES.read_text(encoding="utf-8"), re.MULTILINE)
    listed = {row.mutant for row in table}
    for name in sorted(set(cases) ^ listed):
        yield f"{name} is not both in {SWITCHES.name} and in {TABLE.name}"
    if len(cases) < 30:
        yield f"there are only {len(cases)} mutants"
    if len({row.mutant for row in table if row.is_simulated}) < MINIMUM_SIMULATED:
        yield f"fewer than {MINIMUM_SIMULATED} mutants are caught by the simulation alone"


def execute(command, mutant, seconds):
    """(exit code or None when it took too long, output, seconds)"""
    environment = {**os.environ, "NO_COLOR": "1"}
    if mutant:
        environment["CUTOVER_MUTANT"] = mutant
    began = time.monotonic()
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    try:
        output, _ = process.communicate(timeout=seconds)
        return process.returncode, output, time.monotonic() - began
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        return None, output, time.monotonic() - began


def tests(programs, patterns):
    command = [str(next(programs.glob("*PackageTests.xctest"))), "--testing-library", "swift-testing"]
    for pattern in patterns:
        command += ["--filter", "^" + re.escape(pattern)]
    return command


def simulation(programs, seeds):
    program = programs.parent / "release" / "cutover-simulate"
    return [str(program), "--seeds", str(seeds), "--first", "1", "--until-failure"]


def judge(row, programs):
    if row.is_simulated:
        command = simulation(programs, SEEDS)
    else:
        command = tests(programs, [row.test])
    code, output, row.took = execute(command, row.mutant, row.seconds)
    if code is None:
        row.verdict = f"SURVIVED: nothing within {row.seconds} s"
    elif code == 0:
        row.verdict = "SURVIVED"
    elif row.is_simulated:
        found = SEED.search(output)
        row.is_caught = code == 1 and found is not None
        row.seed = int(found[1]) if found else 0
        row.verdict = f"seed {row.seed}: {found[2][:90]}" if found else f"ended with {code}, without a violation"
    else:
        issues = [line for line in output.splitlines() if "recorded an issue" in line]
        row.is_caught = code > 0 and any(row.sentence in line for line in issues)
        row.verdict = row.sentence if row.is_caught else f"NOT BY ITS TEST (exit code {code}): {(issues or [''])[0][:120]}"
    print(f"{'caught' if row.is_caught else 'FAILED':7} {row.took:6.1f} s  {row.mutant:26} {row.verdict}", flush=True)
    return row


def baseline(table, programs):
    """What fails although no bug is on."""
    patterns = sorted({row.test for row in table if not row.is_simulated})
    code, output, took = execute(tests(programs, patterns), None, 300)
    passed = re.search(r"Test run with (\d+) tests?.* passed", output)
    if code != 0 or passed is None or int(passed[1]) < len(patterns):
        yield "\n".join(output.splitlines()[-40:]) + f"\nwithout a mutant the tests ended with {code}"
    print(f"ok      {took:6.1f} s  without a mutant, {passed[1] if passed else 0} tests pass", flush=True)
    last = max((row.seed for row in table), default=0)
    if last:
        _, output, took = execute(simulation(programs, last), None, 600)
        if found := SEED.search(output):
            yield f"without a mutant, the simulation fails: {found[0]}"
        print(f"ok      {took:6.1f} s  without a mutant, seeds 1 to {last} hold every invariant", flush=True)


def main():
    programs, names = pathlib.Path(sys.argv[1]), set(sys.argv[2:])
    table = rows()
    problems = list(complaints(table))
    chosen = [row for row in table if not names or row.mutant in names]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        judged = list(pool.map(lambda row: judge(row, programs), chosen))
    problems += [f"{row.mutant} was not caught: {row.verdict}" for row in judged if not row.is_caught]
    problems += baseline(judged, programs)
    simulated = sum(row.is_simulated for row in judged)
    print(f"\n{len({row.mutant for row in judged})} mutants, {len(judged) - simulated} by tests, {simulated} by the simulation")
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
