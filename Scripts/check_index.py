#!/usr/bin/env python3
"""Checks that the index of lessons and requirements names tests that exist, and leaves no row out."""

import pathlib
import re
import sys

INDEX = pathlib.Path("Tests/MigrationCoreTests/Lessons/README.md")
ROWS = (
    [f"W{n}" for n in range(1, 35)] + ["W7b", "W7c", "W7d"] + [f"C#{n:02}" for n in range(1, 40)]
)


def known_names():
    """Every string literal of the tests and of the conformance suites."""
    for folder in ("Tests", "Sources/MigrationTesting"):
        for path in pathlib.Path(folder).rglob("*.swift"):
            yield from re.findall(r'"([^"\n]+)"', path.read_text(encoding="utf-8"))


def main():
    names = set(known_names())
    problems, rows = [], {}
    for number, line in enumerate(INDEX.read_text(encoding="utf-8").splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) != 3 or not re.fullmatch(r"W\d+[a-d]?|C#\d+", cells[0].strip("| ")):
            continue
        quoted = re.findall(r'"([^"]+)"', cells[2])
        rows[cells[0].strip("| ")] = quoted
        if not quoted:
            problems.append(f"{INDEX}:{number}: the row names no test")
        problems += [f"{INDEX}:{number}: there is no test \"{name}\"" for name in quoted if name not in names]
    problems += [f"{INDEX}: {row} is missing" for row in ROWS if row not in rows]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
