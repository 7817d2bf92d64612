"""Run the gates that take seconds over a project, the shipped one unless another is named; exit 1 with what they find."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from tools.salesforce import places, promises, references, refusals, removals, schema
from tools.salesforce.code import soql
from tools.salesforce.project import SHIPPED, Project

GATES: dict[str, Callable[[Project], list[str]]] = {
    "elements and values": schema.check,
    "places and versions": places.check,
    "references": references.check,
    "queries": soql.check,
    "what a deploy refuses": refusals.check,
    "what is never shipped": promises.check,
    "removals": removals.check,
}


def main(arguments: list[str]) -> int:
    """Print a line for each gate, and what is wrong below it."""
    project = Project(Path(arguments[0]) if arguments else SHIPPED)
    wrong = 0
    for name, gate in GATES.items():
        found = gate(project)
        wrong += len(found)
        print(f"{name}: {'fine' if not found else len(found)}", *found, sep="\n  ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
