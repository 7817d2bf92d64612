"""From when on the difference between two clocks is a fault."""

from __future__ import annotations

# Far below the five minutes that signatures allow: named before anything is refused.
WORST_CLOCK_SECONDS = 60
