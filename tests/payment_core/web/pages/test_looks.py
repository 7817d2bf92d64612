"""The merchant's colour is taken in shades that everybody can read, and errors speak the customer's language."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from markupsafe import escape

from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.link import Line, Link
from payment_core.domain.merchant import Looks, Merchant
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import attempts, links
from payment_core.texts.catalogue import page_text
from payment_core.web.checkout.brand_colours import contrast, rgb_of
from payment_core.web.checkout.localized_link import shown_link
from tests.payment_core.fakes import FakeGateway, Lost

Make = Callable[..., Link]
_SEEDED = random.Random(5)
COLOURS = ["000000", "ffffff", "ffff00", "0b5c55", "ff69b4", *(f"{_SEEDED.randrange(1 << 24):06x}" for _ in range(30))]


def shades(sheet: str) -> list[tuple[str, str]]:
    """Return (brand, text on it) by day and by night."""
    return re.findall(r"--brand: #(\w{6}); --on-brand: #(\w{6});", sheet)


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_every_colour_can_be_read_by_day_and_by_night(client: FlaskClient) -> None:
    for colour in COLOURS:
        answer = client.get(f"/looks/{colour}.css")
        assert (answer.status_code, answer.mimetype) == (200, "text/css")
        (day, on_day), (night, on_night) = shades(answer.text)
        for one, ground in ((day, "ffffff"), (day, "f4f2ee"), (night, "22201e"), (night, "151413")):
            assert contrast(rgb_of(one), rgb_of(ground)) >= 4.5, (colour, one, ground)
        for one, text in ((day, on_day), (night, on_night)):
            assert contrast(rgb_of(one), rgb_of(text)) >= 4.5, (colour, one, text)


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("colour", ["0b5c5", "0b5c55f", "zzzzzz", "%2e%2e%2f%2e", "ａａａａａａ"])
def test_what_is_no_colour_has_no_sheet(client: FlaskClient, colour: str) -> None:
    assert client.get(f"/looks/{colour}.css").status_code == 404


def test_the_page_of_a_link_has_its_merchants_colour(
    core: Core, merchant: Merchant, make_link: Make, client: FlaskClient
) -> None:
    link = make_link()
    with core.transactions.write() as work:
        token = links.token_of(work, link)
        merchants.save(work, replace(merchant, looks=Looks(colour="#AA5500")), now=core.now())
    page = client.get(f"/pay/{token}", base_url="https://pay.example").text
    assert 'href="/looks/aa5500.css"' in page
    (day, _), _ = shades(client.get("/looks/aa5500.css").text)
    assert day == "aa5500", "a colour that can be read stays as it is"


@pytest.mark.parametrize(
    ("path", "accepted", "text", "tag"),
    [
        ("/pay/nobodys", "de-AT,en;q=0.5", "Hier ist nichts", 'lang="de"'),
        ("/pay/nobodys", "ar", "يرجى التحقق", 'dir="rtl"'),
        ("/receipts/nobodys", "xx", "Nothing here", 'lang="en"'),
        ("/portal/nothing", "de", "Nothing here", 'lang="en"'),
    ],
)
def test_an_address_of_nothing_says_so_in_the_browsers_language(
    client: FlaskClient, path: str, accepted: str, text: str, tag: str
) -> None:
    answer = client.get(path, base_url="https://pay.example", headers={"Accept-Language": accepted})
    assert (answer.status_code, text in answer.text, tag in answer.text) == (404, True, True)


def test_a_page_that_cannot_be_opened_now_says_so_in_the_links_language(
    core: Core, make_link: Make, client: FlaskClient, gateway: FakeGateway
) -> None:
    link = make_link(language="fr")
    with core.transactions.read() as work:
        token = links.token_of(work, link)
    gateway.loses("open_page", Lost.BEFORE)
    answer = client.post(f"/pay/{token}", base_url="https://pay.example", headers={"Accept-Language": "de"})
    assert (answer.status_code, "Rien n’est perdu" in answer.text) == (503, True)


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_press_while_a_saved_card_is_charged_says_that_and_not_to_press_again(
    core: Core, make_link: Make, client: FlaskClient
) -> None:
    link = make_link(language="fr")
    charge = Attempt(
        "att_1", link.reference, link.merchant_id, AttemptKind.SAVED_CARD, AttemptState.OPEN, "key", core.now(), None
    )
    with core.transactions.write() as work:
        attempts.add(work, charge)
        token = links.token_of(work, link)
    answer = client.post(f"/pay/{token}", base_url="https://pay.example")
    assert answer.status_code == 503
    assert escape(page_text("problem_under_way", "fr")) in answer.text
    assert escape(page_text("problem_text", "fr")) not in answer.text


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "(South Africa Standard Time)"), ("de", "(Südafrikanische Zeit)"), ("ar", "(توقيت جنوب أفريقيا)")],
)
def test_a_receipt_names_the_zone_of_its_time_in_words(
    core: Core, merchant: Merchant, make_link: Make, language: str, shown: str
) -> None:
    """Without JavaScript it is the merchant's; the customer's own device replaces it by theirs."""
    link = replace(make_link(), language=language, decided_at=datetime(2026, 11, 28, 10, 44, 12, tzinfo=UTC))
    page = shown_link(link, replace(merchant, time_zone="Africa/Johannesburg"))
    assert page.decided_at.endswith(shown)
    assert "12:44:12" in page.decided_at
    assert page.decided_at_utc == "2026-11-28T10:44:12.000Z"


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_what_is_written_from_left_to_right_stays_so_within_arabic(
    core: Core, merchant: Merchant, make_link: Make, client: FlaskClient
) -> None:
    """Otherwise a number's plus and a name's brackets stand at their other end, and a name beside its quantity's wrong side."""
    lines = (Line("Espresso (1 kg)", Decimal(3), Decimal("150.00")),)
    with core.transactions.write() as work:
        merchants.save(work, replace(merchant, looks=Looks(support="+27 87 000 0000")), now=core.now())
    link = make_link(language="ar", lines=lines)
    with core.transactions.read() as work:
        token = links.token_of(work, link)
    page = client.get(f"/pay/{token}", base_url="https://pay.example").text
    assert "3 × <bdi>Espresso (1 kg)</bdi>" in page
    assert "\u2068+27 87 000 0000\u2069" in page
    assert f"<bdi>{merchant.name}</bdi>" in page
    english = make_link(language="en", lines=lines)
    with core.transactions.read() as work:
        token = links.token_of(work, english)
    assert "\u2068" not in client.get(f"/pay/{token}", base_url="https://pay.example").text
