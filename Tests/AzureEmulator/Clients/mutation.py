"""Breaks each rule of the emulator in turn and demands that an assertion notices.

All groups of assertions run once with every rule kept: they have to hold. Then, rule by rule, those groups run that name the
rule and, if none of them fails, the others of its service. With arguments only the rules that contain one of them are broken.
"""

import importlib
import sys
import time

import harness

PROGRAMS = ("blob_clients", "cosmos_clients", "cosmos_wire", "identity_clients", "table_clients", "wire_checks")


def noticed(emulator, rule):
    """The name of the first group that fails with this rule broken, or None."""
    service = rule.split(".")[0]
    groups = [entry for entry in harness.GROUPS if entry[0] == service]
    groups.sort(key=lambda entry: rule not in entry[1])
    for entry in groups:
        emulator.reset()
        emulator.control("PUT", f"rules/{rule}")
        assertions = harness.run_group(emulator, entry, quiet=True)
        if assertions.failures:
            return entry[2].__name__, assertions.failures[0]
    return None


def main():
    for program in PROGRAMS:
        importlib.import_module(program)
    emulator = harness.Emulator()
    started = time.monotonic()
    rules = list(emulator.control("GET", "rules")[1])
    named = {rule for _, names, _ in harness.GROUPS for rule in names}
    unknown = sorted(named - set(rules))
    if unknown:
        sys.exit(f"groups name rules that are none: {unknown}")
    chosen = [rule for rule in rules if not sys.argv[1:] or any(word in rule for word in sys.argv[1:])]
    services = {rule.split(".")[0] for rule in chosen}
    for entry in harness.GROUPS:
        if entry[0] not in services:
            continue
        emulator.reset()
        failures = harness.run_group(emulator, entry, quiet=True).failures
        if failures:
            sys.exit(f"with every rule kept: {entry[2].__name__}: {failures[0]}")
    missed = []
    for rule in chosen:
        found = noticed(emulator, rule)
        if found is None:
            missed.append(rule)
            print(f"MISSED   {rule}")
        else:
            print(f"noticed  {rule}: {found[0]}: {found[1][:140]!r}")
    emulator.reset()
    emulator.stop()
    print(f"{len(chosen)} rules broken, {len(missed)} not noticed, {time.monotonic() - started:.1f} s")
    sys.exit(1 if missed or not chosen else 0)


if __name__ == "__main__":
    main()
