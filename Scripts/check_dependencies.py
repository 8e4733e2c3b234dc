#!/usr/bin/env python3
"""Checks the dependency rule of the package, on its manifest and on the imports of its sources.

MigrationCore stands on a short list of modules, none of them an adapter, C, or the whole of Foundation. Adapters stand on
MigrationCore and the shared plumbing, never on each other. So an application compiles and links the adapters that it names
and no C library of any other.
"""

import json
import pathlib
import re
import subprocess
import sys

# Modules that MigrationCore may import, and the plumbing that several adapters share.
CORE_MODULES = {
    "Configuration", "Crypto", "DequeModule", "FoundationEssentials", "Instrumentation", "Logging", "Metrics",
    "OrderedCollections", "ServiceContextModule", "ServiceLifecycle", "Synchronization", "Tracing", "_Concurrency",
}
SHARED_PLUMBING = {"CutoverBlockingLanes", "CutoverAzureTransport"}

# The C modules that each product may reach; one that is not named here reaches none.
CURL = {"CutoverCCurl", "CutoverCCurlShims"}
C_MODULES = {
    "BlobAdapter": CURL,
    "CosmosAdapter": CURL,
    "MongoAdapter": {"CutoverCMongo", "CutoverCMongoShims"},
    "SQLiteAdapter": {"CutoverCSQLite", "CutoverCSQLiteShims"},
    "TableAdapter": CURL,
}

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|typealias|func|let|var|actor)\s+)?(\w+)"
)


def describe():
    command = ["swift", "package", "describe", "--type", "json"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def closure(name, targets):
    reached, waiting = set(), [name]
    while waiting:
        for dependency in targets[waiting.pop()].get("target_dependencies", []):
            if dependency not in reached:
                reached.add(dependency)
                waiting.append(dependency)
    return reached


def imports(target):
    """(file, line number, module) of each import; `import Foundation` is left out where an `#else` branch holds it because
    FoundationEssentials is absent."""
    essentials = False
    for source in sorted(target["sources"]):
        path = pathlib.Path(target["path"]) / source
        fallback = False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            stripped = line.strip()
            if stripped.startswith("#if"):
                essentials, fallback = "canImport(FoundationEssentials)" in stripped, False
            elif stripped.startswith("#else"):
                fallback = essentials
            elif stripped.startswith("#endif"):
                fallback = False
            match = IMPORT.match(line)
            if match and not (fallback and match[1] == "Foundation"):
                yield path, number, match[1]


def violations(package):
    targets = {target["name"]: target for target in package["targets"]}
    is_c = {name: target["module_type"] in ("ClangTarget", "SystemLibraryTarget") for name, target in targets.items()}
    # Adapters are libraries; the snippet of the guide "Implementing an adapter" is a program.
    adapters = {name for name, target in targets.items() if name.endswith("Adapter") and target["type"] == "library"}

    for name in sorted(closure("MigrationCore", targets)):
        yield f"Package.swift: MigrationCore depends on {name}; it stands on no other target of this package"
    for path, number, module in imports(targets["MigrationCore"]):
        if module not in CORE_MODULES:
            yield f"{path}:{number}: MigrationCore imports {module}"

    for adapter in sorted(adapters):
        for name in sorted(closure(adapter, targets)):
            if is_c[name]:
                if name not in C_MODULES.get(adapter, set()):
                    yield f"Package.swift: {adapter} reaches the C module {name}"
            elif name != "MigrationCore" and name not in SHARED_PLUMBING:
                yield f"Package.swift: {adapter} depends on {name}"
        for path, number, module in imports(targets[adapter]):
            if module in adapters or (module in targets and is_c[module] and module not in C_MODULES.get(adapter, set())):
                yield f"{path}:{number}: {adapter} imports {module}"


def main():
    package = describe()
    found = list(violations(package))
    print(*found, sep="\n") if found else print(f"the dependency rule holds for {len(package['targets'])} targets")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
