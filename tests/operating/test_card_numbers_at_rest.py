"""A card number that slips into a callback is gone once the callback was drained, and is never shown or logged."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.core.redact_bodies import mask_body, redact_cards
from connector.store.inbox import inbox_admin
from tests.journeys.world import World

CARD = "4111111111111111"


def kept_body(world: World) -> bytes:
    row = world.row("inbox")
    with world.services.store.read() as work:
        return inbox_admin.find_with_body(work, [row["digest"]])[0].body


def news_with_card(world: World) -> dict[str, Any]:
    link = world.sent(world.open(world.order()))
    news = world.core.happen(link, "PAYMENT_LINK_CLICKED")
    return news | {"additionalData": news["additionalData"] | {"note": "card 4111 1111 1111 1111 please"}}


def test_the_stored_body_loses_the_number_when_it_is_drained(world: World, lines: list[Any]) -> None:
    news = news_with_card(world)
    world.callback(news)
    digest = world.row("inbox")["digest"]
    world.drain()
    kept = json.loads(kept_body(world))
    assert kept["additionalData"]["note"] == "card [redacted] please"
    assert {**kept, "additionalData": None, **amounts(news)} == {**news, "additionalData": None}
    assert (world.row("inbox")["digest"], world.row("inbox")["verdict"]) == (digest, "applied")
    (said,) = [line for line in lines if line["event"] == "card_number_redacted"]
    assert (said["log_level"], said["inbox"]) == ("error", digest.hex()[:12])
    assert "4111 1111" not in repr(lines)


def test_a_repeat_of_the_original_body_still_counts_as_one(world: World) -> None:
    news = news_with_card(world)
    world.callback(news)
    world.drain()
    world.callback(news)
    assert world.row("inbox")["duplicates"] == 1
    assert b"4111" not in kept_body(world)


def test_what_was_redacted_can_be_read_again(world: World) -> None:
    link = world.sent(world.open(world.order()))
    news = world.core.happen(link, "PAYMENT_RECEIVED")
    world.callback(news | {"merchantName": f"Acme {CARD}"})
    world.drain()
    assert world.row("inbox")["verdict"] == "applied"
    assert world.row("payment_requests")["money"] == "paid"
    assert json.loads(kept_body(world))["merchantName"] == "Acme [redacted]"


def test_an_unreadable_body_loses_it_too(world: World) -> None:
    world.callback(b"PAN=4111-1111-1111-1111\xff")
    world.drain()
    assert kept_body(world) == b"PAN=[redacted]\xff"


@pytest.mark.parametrize(
    "field", ["orderNumber", "paymentLinkRef", "senderNumber", "endUserMobileNumber", "totalAmount", "receiptLinkRef"]
)
def test_ids_phones_and_amounts_stay_as_they_came(field: str) -> None:
    assert redact_cards(json.dumps({field: CARD}).encode()) is None
    assert redact_cards(json.dumps({field: int(CARD)}).encode()) is None


@pytest.mark.parametrize(
    ("body", "cleaned"),
    [
        ({"unknownName": CARD}, {"unknownName": "[redacted]"}),
        ({"unknownName": int(CARD)}, {"unknownName": "[redacted]"}),
        ({"unknownName": float(CARD)}, {"unknownName": "[redacted].0"}),
        ({"additionalData": ["x", {"y": CARD}]}, {"additionalData": ["x", {"y": "[redacted]"}]}),
        ({CARD: 1}, {"[redacted]": 1}),
        ([CARD], ["[redacted]"]),
    ],
)
def test_free_fields_lose_it(body: Any, cleaned: Any) -> None:
    assert json.loads(redact_cards(json.dumps(body).encode()) or b"") == cleaned


def test_digits_written_as_escapes_are_seen() -> None:
    escaped = '{"note": "' + "".join(f"\\u{ord(digit):04x}" for digit in CARD) + '"}'
    assert json.loads(redact_cards(escaped.encode()) or b"") == {"note": "[redacted]"}


def test_lines_and_strokes_written_as_escapes_do_not_hide_it() -> None:
    assert json.loads(redact_cards(rb'{"note": "4111\n1111\n1111\n1111"}') or b"") == {"note": "[redacted]"}
    assert json.loads(redact_cards(rb'{"note": "4111\/1111\/1111\/1111"}') or b"") == {"note": "[redacted]"}


def test_neither_the_script_of_its_digits_nor_a_keycap_hides_it() -> None:
    arabic, keycaps = "\u0664" + "\u0661" * 15, "4\ufe0f\u20e3" + "1\ufe0f\u20e3" * 15
    for escapes in (True, False):
        body = json.dumps(
            {"note": f"a {arabic}", "other": f"{keycaps} b", "totalAmount": "115.00"}, ensure_ascii=escapes
        )
        kept = {"note": "a [redacted]", "other": "[redacted] b", "totalAmount": "115.00"}
        assert json.loads(redact_cards(body.encode()) or b"") == kept


@pytest.mark.parametrize("text", ["4111111111111112", "27831234567", "1234567890123456", "TRN-000000000000001"])
def test_what_is_no_card_stays(text: str) -> None:
    assert redact_cards(json.dumps({"note": text}).encode()) is None


def test_a_lone_surrogate_does_not_break_the_drain() -> None:
    cleaned = redact_cards(b'{"note": "\\ud800 ' + CARD.encode() + b'"}')
    assert json.loads(cleaned or b"") == {"note": "\ud800 [redacted]"}


def test_people_see_four_digits_of_a_phone() -> None:
    body = {
        "senderNumber": "27870000000",
        "additionalData": {"phone": "+27 83 123 4567", "n": CARD, "m": float(CARD)},
        "orderNumber": "00000102",
    }
    assert mask_body(json.dumps(body).encode()) == {
        "senderNumber": "…0000",
        "additionalData": {"phone": "…4567", "n": "[redacted]", "m": "[redacted].0"},
        "orderNumber": "00000102",
    }
    assert mask_body(b"call 27831234567 or 4111111111111111") == "call …4567 or [redacted]"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("83123456", "83123456"),
        ("831234567", "…4567"),
        ("(083) 123-4567", "(083) 123-4567"),
        ("083 123-4567", "…4567"),
        ("278312345678901", "…8901"),
        ("2783123456789012", "2783123456789012"),
    ],
)
def test_what_people_see_of_digits_depends_on_whether_a_phone_may_have_so_many(text: str, shown: str) -> None:
    assert mask_body(json.dumps({"note": text}).encode()) == {"note": shown}


def amounts(news: dict[str, Any]) -> dict[str, Any]:
    """Exact amounts may have become text."""
    return {name: news[name] for name in ("totalAmount", "taxAmount", "subTotalAmount")}
