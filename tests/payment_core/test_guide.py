"""The guide of the payment core names every metric, and log lines that there are."""

from __future__ import annotations

import re
from pathlib import Path

from foundation.metrics.family import Family, MetricKind
from payment_core.metrics import COMPUTED, KEPT

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/payment_core.md").read_text("utf-8")


def rows_under(head: str) -> list[list[str]]:
    (table,) = (one for one in GUIDE.split("\n\n") if one.startswith(head))
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table.strip().splitlines()[2:]]


def row_of(family: Family) -> list[str]:
    ending = {MetricKind.COUNTER: "_total", MetricKind.HISTOGRAM: "", MetricKind.GAUGE: ""}[family.kind]
    told = family.description[0].lower() + family.description[1:]
    told += " (histogram)" if family.kind is MetricKind.HISTOGRAM else ""
    return [f"`{family.name}{ending}`", ", ".join(f"`{one}`" for one in family.labels), told]


def test_every_metric_is_named_as_the_code_has_it() -> None:
    assert rows_under("| metric | labels | what it tells |") == [row_of(one) for one in (*KEPT, *COMPUTED)]


def test_every_log_line_to_look_at_exists() -> None:
    code = "\n".join(
        path.read_text("utf-8") for folder in ("payment_core", "foundation") for path in (ROOT / folder).rglob("*.py")
    )
    rows = rows_under("| `event` | what it means | what to do |")[1:]
    named = [word for row in rows for word in re.findall(r"`(\w+)`", row[0])]
    assert len(named) > 15
    assert [one for one in named if f'"{one}"' not in code] == []
