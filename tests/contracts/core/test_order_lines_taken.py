"""Whatever stands in an org, a payment core of our own takes the lines that the connector makes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from connector.core.link_order import own_fields
from connector.core.order_lines import lines_to_show
from foundation.exact_json import exact_number, write_json
from manifests import load
from payment_core.api_manifest import read_api_manifest
from payment_core.web.api.link_order_body import read_link_order
from tests.contracts.core.test_core_client import LINK
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.web.api.test_bad_input import GOOD

OURS = load("core/ours.json")["operations"]["send_payment_link"]["body"]
TAKEN = read_api_manifest().operation("send_payment_link").body
CARD = "4111 1111 1111 1111"
NAMES = st.one_of(st.none(), st.text(max_size=300), st.text("4 1-\u200b\u0661a", max_size=300))
NUMBERS = st.one_of(st.none(), st.booleans(), st.integers(), st.decimals(), st.text(max_size=12))


@given(name=NAMES, quantity=NUMBERS, amount=NUMBERS)
@example(name="x" * 103 + CARD + "11", quantity=Decimal("0.0000004"), amount=Decimal("1.005"))
@example(name=f"{CARD}\n{CARD}\u202e", quantity=Decimal("-1e6"), amount=Decimal("-0.00"))
@example(name="Tea", quantity=Decimal("1E+2"), amount=Decimal("999999999999999999.99"))
def test_every_line_that_is_sent_is_taken(name: object, quantity: object, amount: object) -> None:
    lines = lines_to_show([(name, quantity, amount)] * 60, count=300, digits=2)
    fields = own_fields(replace(LINK, lines=lines))
    body = json.loads(
        write_json(GOOD | {OURS[word]: value for word, value in fields.items()}), parse_float=exact_number
    )
    order = read_link_order(body, TAKEN, MERCHANT, "reference")
    if lines is None:
        assert order.lines == ()
    else:
        assert [(one.name, one.quantity, one.amount) for one in order.lines] == [
            (one.name, one.quantity, one.amount) for one in lines.listed
        ]
        assert (len(order.lines), order.more_lines) == (50, 250)


def test_a_count_that_is_older_than_the_lines_leaves_none_out() -> None:
    lines = lines_to_show([("Tea", 1, "5.00"), ("Milk", 1, "2.00")], count=1, digits=2)
    assert lines is not None
    assert (len(lines.listed), lines.more) == (2, 0)
