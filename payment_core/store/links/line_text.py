"""A link's lines as the database holds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from payment_core.domain.link import Line, Link


def lines_text(link: Link) -> str:
    """Return a link's lines as JSON, their numbers as exact text."""
    listed = [
        {"name": one.name, "quantity": format(one.quantity, "f"), "amount": str(one.amount)} for one in link.lines
    ]
    return json.dumps({"lines": listed, "more": link.more_lines})


def stored_lines(text: str) -> dict[str, Any]:
    """Return the fields ``lines`` and ``more_lines`` of a link; both empty where they were erased."""
    found = json.loads(text)
    # A plain list is what an erasure leaves, and what an earlier version wrote.
    listed, more = (found["lines"], found["more"]) if isinstance(found, dict) else (found, 0)
    return {"lines": tuple(map(_line, listed)), "more_lines": more}


def _line(stored: Mapping[str, Any]) -> Line:
    return Line(stored["name"], Decimal(stored["quantity"]), Decimal(stored["amount"]))
