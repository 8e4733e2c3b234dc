#!/usr/bin/env python3
"""Checks that each public symbol has a doc comment whose first sentence is at most 150 characters.

Usage: check_symbols.py FOLDER, where FOLDER holds a folder of symbol graphs per module. Exempt are symbols that the compiler
wrote (they have no place in a file), requirements inherited from the protocols of other modules, and cases and members
that implement a documented requirement under the same name.
"""

import json
import pathlib
import re
import sys

MAXIMUM_FIRST_SENTENCE = 150

# Relations through which a symbol answers to a documented declaration elsewhere.
IMPLEMENTING = {"requirementOf", "defaultImplementationOf", "overrides"}


def first_sentence(comment):
    text = []
    for line in comment["lines"]:
        if not line["text"].strip():
            break
        text.append(line["text"].strip())
    return re.split(r"(?<=[.!?])\s", " ".join(text), maxsplit=1)[0]


def main():
    problems, checked = [], 0
    for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.symbols.json")):
        graph = json.loads(path.read_text(encoding="utf-8"))
        module = graph["module"]["name"]
        implementing = {
            relation["source"] for relation in graph["relationships"]
            if relation["kind"] in IMPLEMENTING and "sourceOrigin" in relation
        } | {
            relation["source"] for relation in graph["relationships"]
            if relation["kind"] == "memberOf" and "sourceOrigin" in relation
        }
        for symbol in graph["symbols"]:
            if "location" not in symbol:
                continue
            name = f"{module}.{'.'.join(symbol['pathComponents'])}"
            place = f"{pathlib.PurePosixPath(symbol['location']['uri']).name}:{symbol['location']['position']['line'] + 1}"
            checked += 1
            comment = symbol.get("docComment")
            if comment is None:
                if symbol["identifier"]["precise"] not in implementing:
                    problems.append(f"{place}: {name} has no doc comment")
            elif comment.get("module", module) == module and len(first_sentence(comment)) > MAXIMUM_FIRST_SENTENCE:
                problems.append(f"{place}: the first sentence about {name} has more than {MAXIMUM_FIRST_SENTENCE} characters")
    if checked == 0:
        problems.append("no public symbol was found")
    print(*problems, sep="\n") if problems else print(f"{checked} public symbols are documented")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
