"""The guide of the payment core names every metric, and log lines that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path

from marshmallow import Schema
from marshmallow.fields import Nested

from foundation.metrics.family import Family, MetricKind
from payment_core.journeys.configuring.read_merchant import GivenMerchant, read_merchant
from payment_core.journeys.configuring.replace_secret import KNOWN_SECRETS
from payment_core.metrics import COMPUTED, KEPT
from tests.payment_core.configuring.test_read_merchant import given

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


def test_the_file_of_a_new_merchant_holds_what_a_merchant_must_and_may_have() -> None:
    (block,) = re.findall(r"```json\n(.*?)```\n(?=\nIt may hold as well:)", GUIDE, re.DOTALL)
    shown = json.loads(block)
    new = read_merchant({**shown, "secrets": given()["secrets"]})
    assert new.merchant.name == "Karoo Coffee"
    assert set(shown["secrets"]) == set(KNOWN_SECRETS)
    (further,) = re.findall(r"^It may hold as well:.*?\.$", GUIDE, re.DOTALL | re.MULTILINE)
    assert set(re.findall(r"`(\w+)`(?! \(step)", further)) - {"stripe", "twilio"} == may_have(GivenMerchant()) - set(
        shown
    )


def may_have(schema: Schema) -> set[str]:
    """Return the names of a schema's fields and of those within them."""
    within = [one.schema for one in schema.fields.values() if isinstance(one, Nested)]
    return set(schema.fields).union(*(one.fields for one in within))
