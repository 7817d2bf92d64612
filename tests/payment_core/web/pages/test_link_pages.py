"""The page of a link says what became of it, offers what can still be done, and nothing else; a receipt says what was paid."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.attempt import Page as GatewayPage
from payment_core.domain.enums import LinkStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.services import Core
from payment_core.store.links import attempts, links
from payment_core.texts.catalogue import FALLBACK, page_text
from tests.payment_core.conftest import MERCHANT, NOW
from tests.payment_core.fakes import FakeGateway, MovableClock
from tests.payment_core.links import attempts_of, now_of, press

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Make = Callable[..., Link]
P, L = PaymentStatus, LinkStatus
ALL, PART = Decimal("150.00"), Decimal("40.00")
PAID = {"captured": ALL, "authorized": ALL, "receipt_reference": "rcpt_1", "card_last4": "4242", "decided_at": NOW}


@pytest.fixture
def page_of(core: Core, client: FlaskClient) -> Callable[..., TestResponse]:
    """A function that changes a link, and opens its page as a browser does."""

    def opened(link: Link, **became: Any) -> TestResponse:
        with core.transactions.write() as work:
            links.save(work, replace(link, **became))
            token = links.token_of(work, link)
        return client.get(f"/pay/{token}", base_url="https://pay.example")

    return opened


def words(name: str, **values: str) -> str:
    return page_text(name, FALLBACK).format(**values)


@pytest.mark.parametrize(("total", "css"), [("1234.50", "amount"), ("12345678.90", "amount long")])
def test_an_amount_of_millions_is_written_smaller_so_that_a_phone_breaks_it_nowhere(
    page_of: Callable[..., TestResponse], make_link: Make, total: str, css: str
) -> None:
    assert f'<p class="{css}">ZAR' in page_of(make_link(), total=Decimal(total)).text


@pytest.mark.parametrize(
    ("became", "status", "state"),
    [
        ({"payment_status": P.RECEIVED, **PAID}, 200, "paid"),
        ({"payment_status": P.CAPTURED, **PAID}, 200, "paid"),
        ({"payment_status": P.AUTHORIZED, **PAID, "captured": Decimal(0)}, 200, "reserved"),
        ({"payment_status": P.REVIEW}, 200, "review"),
        ({"payment_status": P.REVERSED, **PAID, "reversed": ALL}, 200, "reversed"),
        ({"payment_status": P.VOIDED, **PAID, "reversed": ALL}, 200, "reversed"),
        # A refund of a part leaves a payment.
        ({"payment_status": P.VOIDED, **PAID, "reversed": PART}, 200, "paid"),
        ({"payment_status": P.REVERSED, **PAID, "reversed": PART}, 200, "paid"),
        ({"status": L.CANCELLED}, 410, "cancelled"),
        ({"status": L.CANCELLED, "payment_status": P.DECLINED}, 410, "cancelled"),
        ({"status": L.EXPIRED}, 410, "expired"),
        ({"status": L.EXPIRED, "payment_status": P.DECLINED}, 410, "expired"),
        ({"status": L.CLICKED}, 410, "failed"),
    ],
)
def test_a_link_that_cannot_be_paid_any_more_says_why(
    make_link: Make, page_of: Callable[..., TestResponse], became: dict[str, Any], status: int, state: str
) -> None:
    answer = page_of(make_link(), payable=False, **became)
    assert (answer.status_code, f"<h1>{words(f'ended_{state}')}</h1>" in answer.text) == (status, True), answer.text
    assert ("/receipts/rcpt_1" in answer.text) == (state in ("paid", "reserved"))
    assert "<form" not in answer.text


@pytest.mark.parametrize(
    ("seconds_left", "minutes"), [(300, "5"), (241, "5"), (240, "4"), (60, "1"), (59, "1"), (1, "1")]
)
def test_a_page_says_how_many_minutes_there_are_and_never_none(
    make_link: Make, page_of: Callable[..., TestResponse], seconds_left: int, minutes: str
) -> None:
    page = page_of(make_link(), expires_at=NOW + timedelta(seconds=seconds_left)).text
    name = "time_left_one" if minutes == "1" else "time_left"
    assert f'<p class="time">{words(name, minutes=minutes)}</p>' in page


def test_a_link_whose_time_is_over_is_ended_before_its_page_is_shown(
    core: Core, make_link: Make, page_of: Callable[..., TestResponse]
) -> None:
    link = make_link()
    assert page_of(link, expires_at=NOW).status_code == 410
    assert now_of(core, link).status is L.EXPIRED


@pytest.mark.parametrize("payer", [None, "003000000000001"])
def test_who_is_known_may_have_a_card_kept_until_the_gateways_page_is_open(
    core: Core, merchant: Merchant, make_link: Make, page_of: Callable[..., TestResponse], payer: str | None
) -> None:
    link = make_link(payer_reference=payer)
    fresh = page_of(link).text
    assert ('name="save"' in fresh) == (payer is not None)
    assert (re.search(r">Pay [^<]*150\.00</button>", fresh) is not None, words("go_on") in fresh) == (True, False)
    press(core, merchant, link)
    opened = page_of(now_of(core, link)).text
    assert ('name="save"' in opened, words("go_on") in opened) == (False, True)


@pytest.mark.parametrize(("form", "saves"), [({"save": "1"}, True), ({"save": ""}, False), ({"other": "1"}, False)])
def test_a_card_is_kept_only_for_who_ticked_the_box(
    core: Core, client: FlaskClient, make_link: Make, form: dict[str, str], saves: bool
) -> None:
    link = make_link(payer_reference="003000000000001")
    with core.transactions.read() as work:
        token = links.token_of(work, link)
    answer = client.post(f"/pay/{token}", data=form, base_url="https://pay.example")
    with core.transactions.read() as work:
        (attempt,) = attempts_of(work, link.reference)
    assert attempt.saves_card is saves
    assert (answer.status_code, answer.headers["Location"]) == (303, attempt.page_url), (
        "and leads to the gateway's page"
    )


def test_a_page_that_is_only_begun_is_not_called_open(
    core: Core, make_link: Make, page_of: Callable[..., TestResponse]
) -> None:
    link = make_link()
    attempt = Attempt(
        "att_1", link.reference, link.merchant_id, AttemptKind.PAGE, AttemptState.PREPARED, "k", NOW, None
    )
    with core.transactions.write() as work:
        attempts.add(work, attempt)
    assert words("go_on") not in page_of(link).text
    with core.transactions.write() as work:
        attempts.open_page(work, attempt, GatewayPage("page_1", "https://gateway.example/1", NOW + timedelta(hours=1)))
    assert words("go_on") in page_of(link).text


@pytest.mark.parametrize(("status", "is_said"), [(None, False), (P.DECLINED, True)])
def test_a_card_that_was_declined_is_said_beside_the_button(
    make_link: Make, page_of: Callable[..., TestResponse], status: PaymentStatus | None, is_said: bool
) -> None:
    page = page_of(make_link(), payment_status=status, card_last4="0341").text
    assert (words("declined_title", ending="0341") in page, "<form" in page) == (is_said, True)


def test_who_comes_back_from_the_gateway_is_shown_what_became_of_the_payment(
    core: Core, client: FlaskClient, merchant: Merchant, make_link: Make, gateway: FakeGateway
) -> None:
    """The way back is a reason to look, and proves nothing: who only types its address is shown the page."""
    link = make_link()
    with core.transactions.read() as work:
        path = f"/pay/{links.token_of(work, link)}"
    for is_paid in (False, True):
        if is_paid:
            gateway.pay(gateway.key_of(link.reference))
        back = client.get(f"{path}/return", base_url="https://pay.example")
        assert (back.status_code, back.headers["Location"]) == (303, path)
        assert (now_of(core, link).payment_status is P.RECEIVED) == is_paid
        press(core, merchant, link)
    asked = len(gateway.calls)
    client.get(f"{path}/return", base_url="https://pay.example")
    assert len(gateway.calls) == asked, "of what has ended nobody is asked"


@pytest.mark.parametrize(
    ("became", "said", "not_said"),
    [
        (
            {"payment_status": P.RECEIVED},
            (words("taken"), "150.00"),
            (words("receipt_reserved"), words("receipt_reversed", amount=""), words("tax")),
        ),
        (
            {"payment_status": P.AUTHORIZED, "captured": Decimal(0), "authorized": Decimal("149.50")},
            (words("receipt_reserved"), words("reserved"), "149.50"),
            (words("taken"),),
        ),
        # Cents are money, too.
        (
            {"payment_status": P.RECEIVED, "captured": Decimal("0.50"), "reversed": Decimal("0.10")},
            (words("taken"), "0.50", "0.10", words("receipt_reversed", amount="")),
            (words("receipt_reserved"),),
        ),
        ({"payment_status": P.VOIDED, "reversed": PART}, ("40.00", words("taken")), (words("receipt_reserved"),)),
        (
            {"payment_status": P.RECEIVED, "tax": Decimal("19.57"), "sub_total": Decimal("130.43")},
            (words("tax"), "19.57", "130.43"),
            (),
        ),
    ],
)
def test_a_receipt_says_what_was_taken_or_is_held_and_what_came_back(
    client: FlaskClient, make_link: Make, page_of: Callable[..., TestResponse], became: dict[str, Any],
    said: tuple[str, ...], not_said: tuple[str, ...],
) -> None:  # fmt: skip
    page_of(make_link(), payable=False, **{**PAID, "card_brand": "Visa", **became})
    receipt = client.get("/receipts/rcpt_1", base_url="https://pay.example")
    assert receipt.status_code == 200
    assert [one for one in (*said, "4242", "Visa", MERCHANT.name) if one not in receipt.text] == []
    assert [one for one in not_said if one in receipt.text] == []
    assert client.get("/receipts/rcpt_2", base_url="https://pay.example").status_code == 404


def test_a_receipts_address_opens_no_payment_page_and_a_links_no_receipt(
    core: Core, client: FlaskClient, make_link: Make, page_of: Callable[..., TestResponse], clock: MovableClock
) -> None:
    link = make_link()
    page_of(link, payable=False, payment_status=P.RECEIVED, **PAID)
    with core.transactions.read() as work:
        token = links.token_of(work, link)
    for path in ("/pay/rcpt_1", f"/receipts/{token}", f"/receipts/{link.reference}", f"/pay/{link.reference}"):
        assert client.get(path, base_url="https://pay.example").status_code == 404
