"""Hold the branch coverage that the tests have just measured against its floors, a line for each part.

``python -m tools.coverage_floors FOLDER``, after ``make test`` has written its notes into that folder; it exits with 1 where
a part is below its floor.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from coverage import Coverage

from tools.coverage_data import write_data

# Part -> least percentage of lines and branches. Raise one when it has risen; money is decided in all but the last.
FLOORS = {
    "connector/domain/*": 99.0,
    "callbacks/*": 96.0,
    "connector/journeys/*": 96.0,
    "payment_core/domain/*": 99.0,
    "payment_core/journeys/*": 94.0,
    "*": 94.0,
}


def main() -> int:
    """Print each part's coverage and return the exit code."""
    write_data(Path(sys.argv[1]), Coverage())
    measured = Coverage()
    measured.load()
    below = []
    for part, floor in FLOORS.items():
        reached = measured.report(include=None if part == "*" else [part], file=io.StringIO())
        print(f"coverage {part:22} {reached:5.1f} %  (floor {floor:.0f} %)")
        if reached < floor:
            below.append(part)
    if below:
        print(f"Below the floor: {', '.join(below)}. `{sys.executable} -m coverage report -m` names the lines.")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
