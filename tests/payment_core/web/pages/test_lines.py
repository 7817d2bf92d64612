"""The checkout page lists what the order holds, and never pretends that the list makes up the total."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from payment_core.domain.merchant import Merchant
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.erasing.retention import erase_numbers
from payment_core.store.links import links
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.web.api.test_bad_input import GOOD

NOTE = "Shipping, discounts or tax may make the total differ"


def line(name: str = "Espresso", quantity: object = 1, amount: object = "150.00") -> dict[str, object]:
    return {"name": name, "quantity": quantity, "amount": amount}


def send(client: FlaskClient, api_key: str, **changes: Any) -> TestResponse:
    body = json.dumps(GOOD | changes)
    return client.post("/api/v2/payment-links", data=body, headers={"Authorization": api_key})


def page_of(core: Core, client: FlaskClient, answer: TestResponse) -> str:
    """Return the page of the link, without its line breaks."""
    assert answer.status_code == 201, answer.json
    assert answer.json is not None
    with core.transactions.read() as work:
        link = links.find(work, answer.json["paymentLinkRef"])
        assert link is not None
        token = links.token_of(work, link)
    return client.get(f"/pay/{token}", base_url="https://pay.example").text.replace("\n", "").replace("\u00a0", " ")


def row(name: str, quantity: str, amount: str) -> str:
    return f"<div><dt>{quantity} × <bdi>{name}</bdi></dt><dd>{amount}</dd></div>"


def test_lines_that_make_up_the_sub_total_are_listed_before_it(core: Core, client: FlaskClient, api_key: str) -> None:
    lines = [line("Boots", 2, "130.00"), line("Laces", 1, "0.43")]
    amounts = {"totalAmount": "150.00", "taxAmount": "19.57", "subTotalAmount": "130.43"}
    page = page_of(core, client, send(client, api_key, orderLines=lines, **amounts))
    listed = row("Boots", "2", "ZAR 130.00") + row("Laces", "1", "ZAR 0.43")
    totals = (
        "<div><dt>Sub-total</dt><dd>ZAR 130.43</dd></div><div><dt>Tax</dt><dd>ZAR 19.57</dd></div><div><dt>Total</dt>"
    )
    assert listed + totals in page
    assert NOTE not in page


@pytest.mark.parametrize(
    "lines",
    [
        [line("Boots", 1, "140.00")],
        [line("Boots", 1, "180.00")],
        [line("Boots", 1, "200.00"), line("Credit", -1, "-60.00")],
    ],
    ids=["shipping", "a discount", "a credit"],
)
def test_lines_that_make_another_sum_are_listed_and_the_page_says_why_they_may(
    core: Core, client: FlaskClient, api_key: str, lines: list[dict[str, object]]
) -> None:
    page = page_of(core, client, send(client, api_key, orderLines=lines))
    assert "<div><dt>Total</dt><dd><strong>ZAR 150.00</strong></dd></div>" in page
    assert NOTE in page


@pytest.mark.parametrize(
    ("language", "quantity", "listed"),
    [
        ("en", 1.5, row("Beans", "1.5", "ZAR 150.00")),
        ("de", "0.125", row("Beans", "0,125", "150,00 ZAR")),
        ("en", "100.00", row("Beans", "100", "ZAR 150.00")),
        ("en", -2, row("Beans", "-2", "ZAR 150.00")),
    ],
)
def test_a_quantity_is_written_as_the_customers_language_does(
    core: Core, client: FlaskClient, api_key: str, language: str, quantity: object, listed: str
) -> None:
    lines = [line("Beans", quantity)]
    assert listed in page_of(core, client, send(client, api_key, language=language, orderLines=lines))


@pytest.mark.parametrize(("currency", "amount", "shown"), [("JPY", "5500", "¥5,500"), ("KWD", "12.345", "KWD 12.345")])
def test_a_lines_amount_has_the_digits_of_its_currency(
    core: Core, merchant: Merchant, client: FlaskClient, api_key: str, currency: str, amount: str, shown: str
) -> None:
    with core.transactions.write() as work:
        merchants.save(work, replace(merchant, currencies=(currency,)), now=core.now())
    amounts = {"currency": currency, "totalAmount": amount, "subTotalAmount": amount, "taxAmount": "0"}
    page = page_of(core, client, send(client, api_key, orderLines=[line("Tea", 1, amount)], **amounts))
    assert row("Tea", "1", shown) in page
    assert NOTE not in page


@pytest.mark.parametrize(
    ("language", "more", "said"),
    [
        ("en", 250, "and 250 more items"),
        ("en", 1, "and 1 more item"),
        ("fr", 1, "et 1 autre article"),
        ("ar", 2, "وصنفان آخران"),
        ("ar", 12, "و\u206812\u2069 صنفًا آخر"),
    ],
)
def test_of_a_long_order_the_page_says_how_many_lines_it_does_not_list(
    core: Core, client: FlaskClient, api_key: str, language: str, more: int, said: str
) -> None:
    """Then their sum says nothing, and the page does not speak of it."""
    lines = [line("Tea", 1, "1.00")] * 50
    page = page_of(core, client, send(client, api_key, language=language, orderLines=lines, moreOrderLines=more))
    assert f"<div><dt>{said}</dt><dd></dd></div>" in page
    assert page.count("<bdi>Tea</bdi>") == 50
    assert NOTE not in page


@pytest.mark.parametrize("more", [{}, {"moreOrderLines": 2}])
def test_where_no_line_is_listed_none_is_said_to_be_missing(
    core: Core, client: FlaskClient, api_key: str, more: dict[str, int]
) -> None:
    amounts = {"totalAmount": "150.00", "subTotalAmount": "130.00", "taxAmount": "20.00"}
    page = page_of(core, client, send(client, api_key, **amounts, **more))
    assert ("<dt>Tax</dt>" in page, "more item" in page) == (True, False)


def test_a_name_is_text_and_never_markup(core: Core, client: FlaskClient, api_key: str) -> None:
    lines = [line('<b>Tea</b> & "more"')] * 7
    page = page_of(core, client, send(client, api_key, orderLines=lines))
    assert page.count("<bdi>&lt;b&gt;Tea&lt;/b&gt; &amp; &#34;more&#34;</bdi>") == 7


def test_a_long_list_is_folded_so_that_the_button_is_near(core: Core, client: FlaskClient, api_key: str) -> None:
    lines = [line(f"Tea {number}", 1, "1.00") for number in range(1, 8)]
    page = page_of(core, client, send(client, api_key, orderLines=lines, moreOrderLines=2))
    seen, _, folded = page.partition("<details><summary>and 3 more items</summary>")
    folded, _, below = folded.partition("</details>")
    assert row("Tea 6", "1", "ZAR 1.00") in seen
    assert row("Tea 7", "1", "ZAR 1.00") + "<div><dt>and 2 more items</dt><dd></dd></div>" in folded
    assert "<dt>Total</dt>" in below
    assert "<details>" not in page_of(core, client, send(client, api_key, orderLines=lines[:6]))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"orderLines": [line()] * 51}, "orderLines"),
        ({"orderLines": [line(quantity=0)]}, "orderLines[0].quantity"),
        ({"orderLines": [line(quantity=True)]}, "orderLines[0].quantity"),
        ({"orderLines": [line(quantity="0.0000001")]}, "orderLines[0].quantity"),
        ({"orderLines": [line(), line(amount="1.005")]}, "orderLines[1].amount"),
        ({"orderLines": [line()], "moreOrderLines": -1}, "moreOrderLines"),
        ({"orderLines": [line()], "moreOrderLines": True}, "moreOrderLines"),
    ],
)
def test_lines_that_cannot_be_shown_are_refused_by_their_field(
    client: FlaskClient, api_key: str, change: dict[str, Any], field: str
) -> None:
    answer = send(client, api_key, **change)
    assert (answer.status_code, answer.json and answer.json["field"]) == (422, field)


def test_lines_are_erased_with_the_number(core: Core, client: FlaskClient, api_key: str) -> None:
    answer = send(client, api_key, orderLines=[line("Ring for Zanele")], moreOrderLines=3)
    assert answer.json is not None
    reference = answer.json["paymentLinkRef"]
    with core.transactions.write() as work:
        link = links.find(work, reference)
        assert link is not None
        assert ([one.name for one in link.lines], link.more_lines) == (["Ring for Zanele"], 3)
        links.change(work, link, payable=False)
        assert erase_numbers(work, before=core.now() + timedelta(days=1), most=0) == 0, "no more at once than was asked"
        assert erase_numbers(work, before=core.now() + timedelta(days=1), most=10) == 1
        link = links.find(work, reference)
    assert link is not None
    assert (link.lines, link.more_lines, link.merchant_id) == ((), 0, MERCHANT.merchant_id)
