"""A body that cannot be read whole: what its fields say comes before what is found anywhere in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from callbacks.parsing import NOT_SETTINGS, understood
from connector.domain.payments.notification import Notification, SettingsChanged

OURS, THEIRS = "c2p_01J0000000000000000000000", "c2p_01J0000000000000000000009"
ELSEWHERE = {"paymentLinkRef": "link-9", "orderNumber": "9", "additionalData": {"reference": THEIRS}}
FIELDS = {"paymentLinkRef": "link-1", "orderNumber": "1", "additionalData": {"reference": OURS}}
UNKNOWN_WORD = {"paymentStatus": "PAYMENT_TELEPORTED"}


def names_of(body: Any, kind: str = "payment-status") -> tuple[str | None, str | None, str | None]:
    found = understood(kind, json.dumps(body).encode())
    assert isinstance(found, Notification)
    return found.reference, found.link_reference, found.order_number


def test_its_own_names_count_before_those_of_what_it_quotes() -> None:
    assert names_of({"previous": ELSEWHERE, **FIELDS, **UNKNOWN_WORD}) == (OURS, "link-1", "1")


def test_where_it_has_none_the_first_of_each_that_is_found_in_it_counts() -> None:
    assert names_of({"news": FIELDS, "previous": ELSEWHERE, **UNKNOWN_WORD}) == (OURS, "link-1", "1")
    assert names_of(UNKNOWN_WORD) == (None, None, None)


@pytest.mark.parametrize("body", [b'{"note": "c2p_1"}', b"paymentLinkRef=link-1"], ids=["reference", "link"])
def test_what_names_a_payment_anywhere_is_no_news_of_settings(body: bytes) -> None:
    found = understood("settings", body)
    assert isinstance(found, Notification)
    assert found.error == NOT_SETTINGS
    assert isinstance(understood("settings", b'{"note": "new"}'), SettingsChanged)


def test_a_body_that_can_be_read_is_no_stop_whatever_words_are_in_it() -> None:
    """A STOP is looked for only where the fields say nothing."""
    read = understood(
        "payment-status",
        json.dumps(
            {**FIELDS, "paymentStatus": "PAYMENT_RECEIVED", "totalAmount": 1, "note": "RECIPIENT_OPTED_OUT"}
        ).encode(),
    )
    assert isinstance(read, Notification)
    assert read.opt_out_message is None
    stop = understood("payment-status", b"status=RECIPIENT_OPTED_OUT&paymentLinkRef=link-1")
    assert isinstance(stop, Notification)
    assert stop.opt_out_message is not None
    assert (stop.opt_out_message.stopped, stop.link_reference) == (True, "link-1")
