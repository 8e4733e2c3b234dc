#!/usr/bin/env python3
"""Checks the Markdown pages: what they show compiles, and what they point to exists.

Each fenced block that begins with ```swift has to stand, line by line, in a file of Snippets/, Examples/ or Tests/, which
are compiled; the indentation it has there does not count. A block of a manifest or of output is fenced otherwise (```console,
```text). A relative link has to name a file, and a heading of it if it has a fragment.
"""

import pathlib
import re
import subprocess
import sys

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^\s*```(\S*)\s*$")


def pages():
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if listed.returncode == 0:
        return [path for path in map(pathlib.Path, listed.stdout.splitlines()) if path.exists()]
    hidden = lambda path: any(part.startswith(".") for part in path.parts)
    return [path for path in pathlib.Path(".").rglob("*.md") if not hidden(path)]


def normalised(lines):
    return [line.strip() for line in lines if line.strip()]


def compiled_sources():
    folders = [pathlib.Path(name) for name in ("Snippets", "Examples", "Tests")]
    files = [path for folder in folders if folder.exists() for path in folder.rglob("*.swift") if ".build" not in path.parts]
    return [normalised(path.read_text(encoding="utf-8").splitlines()) for path in files]


def stands_in(block, source):
    return any(source[start:start + len(block)] == block for start in range(len(source) - len(block) + 1))


def anchors(path):
    headings = re.findall(r"^#+\s+(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def problems_of(path, sources):
    block, language, start = None, "", 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if fence and block is None:
            block, language, start = [], fence[1], number
        elif fence:
            wanted = normalised(block)
            if language == "swift" and not any(stands_in(wanted, source) for source in sources):
                yield f"{path}:{start}: this code stands in no file of Snippets/, Examples/ or Tests/"
            block = None
        elif block is not None:
            block.append(line)
        else:
            for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                yield from problems_of_link(path, number, target)
    if block is not None:
        yield f"{path}:{start}: the fence is never closed"


def problems_of_link(path, number, target):
    if re.match(r"[a-z]+:", target) or target.startswith("<"):
        return
    name, _, fragment = target.partition("#")
    file = path if not name else path.parent / name
    if not file.exists():
        yield f"{path}:{number}: {target} does not exist"
    elif fragment and file.suffix == ".md" and fragment not in anchors(file):
        yield f"{path}:{number}: {target} names no heading"


def main():
    sources, checked = compiled_sources(), pages()
    problems = [problem for path in checked for problem in problems_of(path, sources)]
    print(*problems, sep="\n") if problems else print(f"{len(checked)} pages are in order")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
