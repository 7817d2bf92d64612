"""A customer's STOP: confirmed once, told to every application, and the core sends nothing more until START."""

from __future__ import annotations

import pytest

from .conftest import PHONE, Sandbox


def words(sandbox: Sandbox) -> list[tuple[str, str, str]]:
    """Every customer's word that was told: (word, channel, kind of callback)."""
    told = [entry for entry in sandbox.callbacks() if entry["event"].startswith("RECIPIENT_")]
    return [(entry["event"], entry["body"]["channel"], entry["kind"]) for entry in told]


@pytest.mark.parametrize("word", ["STOP", "stop.", "StopAll", "UNSUBSCRIBE", "Cancel", "END", "quit", "revoke"])
def test_each_word_that_carriers_know_stops_the_channel(sandbox: Sandbox, word: str) -> None:
    sandbox.sent()
    sandbox.reply(word)
    assert "Reply START" in sandbox.messages()[-1]["text"]
    assert sandbox.send().json["errorCode"] == "RECIPIENT_OPTED_OUT"
    assert words(sandbox) == [("RECIPIENT_OPTED_OUT", "sms", "transaction-status")]


def test_it_is_told_of_the_number_and_of_no_link(sandbox: Sandbox) -> None:
    sandbox.sent()
    sandbox.reply("STOP")
    body = sandbox.callbacks()[-1]["body"]
    assert (body["endUserMobileNumber"], body["transactionStatusId"], body["environment"]) == (PHONE, 20, "SANDBOX")
    assert body["timestamp"].endswith("+0000")
    assert {"paymentLinkRef", "orderNumber", "totalAmount"}.isdisjoint(body)


def test_who_never_got_a_message_may_stop_too(sandbox: Sandbox) -> None:
    sandbox.reply("STOP", channel="whatsapp")
    assert words(sandbox) == [("RECIPIENT_OPTED_OUT", "whatsapp", "transaction-status")]


def test_repeating_the_word_is_answered_by_silence(sandbox: Sandbox) -> None:
    sandbox.reply("STOP")
    sandbox.reply("STOP")
    assert [message["author"] for message in sandbox.messages()] == ["customer", "merchant", "customer"]
    assert len(words(sandbox)) == 1


def test_a_start_opens_the_channel_again_and_is_told(sandbox: Sandbox) -> None:
    sandbox.reply("STOP")
    sandbox.reply("start")
    assert "You get messages here again" in sandbox.messages()[-1]["text"]
    assert sandbox.send().status_code == 201
    assert [word for word, _, _ in words(sandbox)] == ["RECIPIENT_OPTED_OUT", "RECIPIENT_OPTED_IN"]


def test_a_start_out_of_nothing_says_nothing(sandbox: Sandbox) -> None:
    sandbox.reply("START")
    assert words(sandbox) == []


def test_the_phones_page_shows_that_it_works(sandbox: Sandbox) -> None:
    sandbox.sent()
    assert sandbox.http.post(f"/phones/{PHONE}", data={"text": "STOP", "channel": "sms"}).status_code == 303
    assert "Opted out of SMS. Reply START to undo." in sandbox.http.get(f"/phones/{PHONE}").text
