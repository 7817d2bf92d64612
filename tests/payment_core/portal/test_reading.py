"""Transactions are found, cards forgotten, texts previewed and counted, and a report adds up exactly."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from markupsafe import escape
from sqlalchemy import select

from foundation.phones.phone import Phone
from payment_core.domain.enums import Channel
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.reconciling.reconcile import reconcile
from payment_core.journeys.reporting.report import make_report
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import saved_cards
from payment_core.store.reports import ReportScope
from payment_core.store.schema.tables import changes
from tests.payment_core.conftest import APPLICATION, CUSTOMER, MERCHANT, NOW
from tests.payment_core.fakes import FakeGateway, MovableClock
from tests.payment_core.portal.conftest import Browser

Make = Callable[..., Link]
PAYER = "003000000000001AAA"
OTHER = "27830000001"
ARABIC = CUSTOMER.translate({ord(str(digit)): 0x660 + digit for digit in range(10)})  # as an Arabic keyboard types it


@pytest.fixture
def pay(core: Core, merchant: Merchant, gateway: FakeGateway) -> Callable[..., None]:
    """A function that pays a link, and lets the core find out."""

    def paid(link: Link, *, saves: bool = False) -> None:
        begin_payment(core, merchant, link, saves_card=saves, return_url="https://pay.example/pay/x")
        gateway.pay(gateway.key_of(link.reference), saves=saves)
        reconcile(core, merchant, since=NOW.replace(year=2020))

    return paid


@pytest.mark.parametrize("text", ["00000777", "own-1", CUSTOMER, f"+{CUSTOMER}", ARABIC, PAYER])
def test_a_transaction_is_found_by_order_reference_number_and_payer(
    browser: Browser, make_link: Make, text: str
) -> None:
    wanted = make_link(order_number="00000777", caller_reference="own-1", payer_reference=PAYER)
    make_link(order_number="00000888", phone=Phone(OTHER))
    page = browser.post("/portal/transactions", {"q": text}).text
    assert ("00000777" in page, "00000888" in page) == (True, False)
    shown = browser.get(f"/portal/transactions/{wanted.reference}").text
    assert ("ZAR" in shown, CUSTOMER in shown, "ending 4567" in shown) == (True, False, True)


@pytest.mark.parametrize("number", [CUSTOMER, OTHER])
def test_a_number_in_an_address_is_no_search(
    browser: Browser, make_link: Make, pay: Callable[..., None], number: str
) -> None:
    """Logs and histories hold addresses: nobody shall get used to it."""
    pay(make_link(order_number="00000777", payer_reference=PAYER), saves=True)
    assert "VISA" not in browser.get(f"/portal/cards?number={number}").text
    assert "00000777" in browser.get(f"/portal/transactions?q={number}").text, "all are listed"


def test_of_a_reference_that_nobody_has_is_said_so(browser: Browser) -> None:
    page = browser.get("/portal/transactions/nobody")
    assert (page.status_code, "No transaction has this reference." in page.text) == (404, True)


@pytest.mark.parametrize(("text", "is_found"), [("2783123", True), ("A2783123", False), ("+27 831 23", True)])
def test_a_text_is_searched_as_a_number_where_it_is_nothing_else(
    browser: Browser, make_link: Make, text: str, is_found: bool
) -> None:
    make_link(order_number="00000777", phone=Phone("2783123"))
    assert ("00000777" in browser.post("/portal/transactions", {"q": text}).text) is is_found


def test_what_needs_a_person_is_counted_first_and_listed_alone(
    core: Core, merchant: Merchant, browser: Browser, make_link: Make, pay: Callable[..., None], gateway: FakeGateway
) -> None:
    needing, fine = make_link(order_number="00000777"), make_link(order_number="00000888", caller_reference="b")
    pay(needing)
    pay(fine)
    assert "need a person" not in browser.get("/portal").text
    gateway.change(gateway.key_of(needing.reference), disputed=True)
    reconcile(core, merchant, since=NOW.replace(year=2020))
    assert "1 payment needs a person" in browser.get("/portal").text
    listed = browser.get("/portal/transactions?status=needs_person").text
    assert ("00000777" in listed, "00000888" in listed) == (True, False)
    browser.deal_with(f"/portal/transactions/{needing.reference}")
    assert "a person" not in browser.get("/portal").text
    assert "00000777" not in browser.get("/portal/transactions?status=needs_person").text


def test_transactions_are_filtered_by_status_and_day_and_paged(
    core: Core,
    browser: Browser,
    merchant: Merchant,
    make_link: Make,
    clock: MovableClock,
    sign_in_path: Callable[[], str],
) -> None:
    cancel_link(core, merchant, make_link(order_number="00000001").reference)
    clock.move(days=1)
    browser.bare_post(sign_in_path())
    for number in range(2, 54):
        make_link(order_number=f"{number:08}", caller_reference=str(number))
        clock.move(seconds=1)
    first = browser.get("/portal/transactions").text
    assert ("00000053" in first, "00000001" in first) == (True, False)
    before = re.search(r'name="before" value="([^"]+)"', first)
    assert before is not None
    older = browser.post("/portal/transactions", {"before": before[1]}).text
    assert ("00000001" in older, "00000003" in older, "00000053" in older) == (True, True, False)
    cancelled = browser.post("/portal/transactions", {"status": "PAYMENT_LINK_CANCELLED"}).text
    assert ("00000001" in cancelled, "00000002" in cancelled) == (True, False)
    day = browser.post("/portal/transactions", {"from": "2026-11-28", "to": "2026-11-28"}).text
    assert ("00000001" in day, "00000002" in day) == (True, False)


def test_a_card_is_shown_with_its_consent_and_forgotten_at_the_gateway(
    core: Core, browser: Browser, make_link: Make, pay: Callable[..., None], gateway: FakeGateway
) -> None:
    pay(make_link(payer_reference=PAYER), saves=True)
    page = browser.post("/portal/cards", {"number": ARABIC}).text
    assert "VISA ending 4242" in page
    with core.transactions.read() as work:
        (card,) = saved_cards.of_person(work, MERCHANT.merchant_id, PAYER)
    assert card.consent_text.split(":")[0] in page.replace("&#39;", "'")
    assert browser.post(f"/portal/cards/{card.card_id}/forget").status_code == 303
    assert gateway.forgotten == [card.token]
    assert "No card is saved" in browser.get(f"/portal/cards?payer={PAYER}").text
    assert browser.post(f"/portal/cards/{card.card_id}/forget").status_code == 404
    recorded = browser.get("/portal/changes").text
    assert ("card forgotten" in recorded, "VISA ending 4242" in recorded, "Thandi" in recorded) == (True, True, True)


def test_a_text_is_previewed_counted_saved_and_taken_back(core: Core, browser: Browser, make_link: Make) -> None:
    path = "/portal/messages/payment_request/sms/en"
    own = "{merchant}: pay {amount} here: {url}"
    seen = browser.post(path, {"action": "preview", "text": own}).text
    assert "Karoo Coffee Roasters: pay ZAR 1,150.00 here: https://pay.example/pay/" in seen
    assert re.search(r"\d+ characters, 1 part\b", seen)
    wide = browser.post(path, {"action": "preview", "text": own + " ✓" + " please" * 8}).text
    assert "makes parts of 70" in wide
    assert "3 parts" in wide
    assert browser.post(path, {"action": "save", "text": own}).status_code == 303
    with core.transactions.read() as work:
        assert merchants.get(work, MERCHANT.merchant_id).templates == {"payment_request.sms.en": own}
    assert "your text" in browser.get("/portal/messages?channel=sms&language=en").text
    browser.post(path, {"action": "reset", "text": own})
    with core.transactions.read() as work:
        assert merchants.get(work, MERCHANT.merchant_id).templates == {}


def test_a_message_that_there_is_not_is_not_found(browser: Browser) -> None:
    for text in ({"action": "preview", "text": "{url}"}, {"action": "reset"}):
        refused = browser.post("/portal/messages/farewell/sms/en", text)
        assert (refused.status_code, "There is no such message." in refused.text) == (404, True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("no place at all", "must name {url}"),
        ("{merchant} {url} {phone}", "does not know the places phone"),
        ("{merchant} {url", "has a brace that opens or closes no place"),
        ("{url.__class__}", "has a brace that opens or closes no place"),
        ("{url!r}", "has a brace that opens or closes no place"),
        ("{url:9}", "has a brace that opens or closes no place"),
        ("{url}" + "x" * 996, "must have at most 1000 characters"),
        ("{url} \u202e", "must hold no control characters, and none that turn the direction of what follows"),
    ],
)
def test_a_text_that_could_not_be_sent_is_refused(core: Core, browser: Browser, text: str, problem: str) -> None:
    refused = browser.post("/portal/messages/payment_request/sms/en", {"action": "save", "text": text})
    assert (refused.status_code, "Not saved" in refused.text, problem in refused.text) == (422, True, True)
    assert f">{escape(text)}</textarea>" in refused.text, "nothing is typed twice"
    with core.transactions.read() as work:
        assert merchants.get(work, MERCHANT.merchant_id).templates == {}


def test_the_longest_text_is_taken(core: Core, browser: Browser) -> None:
    text = "{url}" + "x" * 995
    assert browser.post("/portal/messages/payment_request/sms/en", {"action": "save", "text": text}).status_code == 303
    with core.transactions.read() as work:
        assert merchants.get(work, MERCHANT.merchant_id).templates == {"payment_request.sms.en": text}


@pytest.mark.parametrize(
    ("query", "channel", "language"),
    [
        ("", "whatsapp", "de"),
        ("?channel=sms&language=fr", "sms", "fr"),
        ("?channel=fax&language=xx", "whatsapp", "en"),
    ],
)
def test_texts_are_shown_of_the_merchants_first_channel_and_language_unless_others_are_asked_for(
    core: Core, browser: Browser, query: str, channel: str, language: str
) -> None:
    with core.transactions.write() as work:
        changed = replace(MERCHANT, channels=(Channel.WHATSAPP, Channel.SMS), locale="de_AT")
        merchants.save(work, changed, now=core.now())
    page = browser.get(f"/portal/messages{query}").text
    assert f'<option value="{channel}" selected>' in page
    assert f"<option selected>{language}</option>" in page
    assert f'href="/portal/messages/receipt/{channel}/{language}"' in page
    assert browser.get("/portal/messages/of_nobody/sms/en").status_code == 404


def test_only_an_approved_id_is_taken_for_whatsapp(core: Core, browser: Browser) -> None:
    path = "/portal/messages/receipt/whatsapp/en"
    assert browser.post(path, {"action": "approve", "content_id": "receipt"}).status_code == 422
    good = "HX" + "0a" * 16
    assert browser.post(path, {"action": "approve", "content_id": good}).status_code == 303
    assert good in browser.get(path).text
    with core.transactions.read() as work:
        assert merchants.get(work, MERCHANT.merchant_id).templates == {"receipt.whatsapp.en": good}


def test_a_report_adds_up_exactly_by_channel_and_integrator(
    core: Core, browser: Browser, merchant: Merchant, make_link: Make, pay: Callable[..., None], clock: MovableClock
) -> None:
    pay(make_link(total=Decimal("0.10"), sub_total=Decimal("0.10")))
    clock.move(days=2)
    pay(make_link(caller_reference="b", total=Decimal("0.20"), sub_total=Decimal("0.20")))
    pay(make_link(caller_reference="c", phone=Phone(OTHER), channel=Channel.SMS))
    cancel_link(core, merchant, make_link(caller_reference="d").reference)
    make_link(caller_reference="e")
    part = ReportScope(MERCHANT.merchant_id, NOW.replace(day=29), NOW.replace(day=30, hour=23))
    found = make_report(core, part)
    assert set(found.lines) == {(one, APPLICATION.application_id, "ZAR") for one in ("sms", "whatsapp")}
    line = found.lines["whatsapp", APPLICATION.application_id, "ZAR"]
    assert (line.links, line.clicked, line.open, line.successful, line.unsuccessful) == (3, 1, 1, 1, 1)
    assert (line.successful_value, line.unsuccessful_value) == (Decimal("0.20"), Decimal("150.00"))
    assert (line.success_rate, line.click_rate) == (Decimal("50.0"), Decimal("33.3"))
    assert (found.customers, found.customers_before, found.returning) == (2, 1, 1)
    assert (found.growth, found.returning_share) == (Decimal("100.0"), Decimal("50.0"))
    assert set(make_report(core, replace(part, channel="sms")).lines) == {("sms", APPLICATION.application_id, "ZAR")}
    assert make_report(core, replace(part, application_id=str(uuid4()))).lines == {}


def test_the_report_page_says_what_it_shows(browser: Browser, make_link: Make) -> None:
    make_link()
    page = browser.get("/portal/report?from=2026-11-01&to=2099-01-01&channel=whatsapp").text
    assert "Report 2026-11-01 to 2026-11-28" in page
    assert "Channel: whatsapp" in page
    assert "No link was made" in browser.get("/portal/report?channel=sms").text
    assert browser.get("/portal/report?from=rubbish&to=0001-01-01").status_code == 200


def test_a_payment_is_dealt_with_on_its_page(
    core: Core, browser: Browser, make_link: Make, pay: Callable[..., None], gateway: FakeGateway, merchant: Merchant
) -> None:
    link = make_link()
    pay(link)
    gateway.change(gateway.key_of(link.reference), disputed=True)
    reconcile(core, merchant, since=NOW.replace(year=2020))
    page = f"/portal/transactions/{link.reference}"
    alarm = browser.get(page).text
    assert ("Needs a person" in alarm, escape(core.api.attentions["disputed"]) in alarm) == (True, True)
    assert browser.deal_with(page).status_code == 303
    assert "Needs a person" not in browser.get(page).text
    with core.transactions.read() as work:
        recorded = work.connection.execute(select(changes.c.what, changes.c.changed_by)).all()
    assert ("payment dealt with", "Thandi") in [tuple(one) for one in recorded]
