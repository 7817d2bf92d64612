"""What doctor could not find out at Twilio is said once or not at all, and keeps it from nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses

from foundation.secret import Secret
from payment_core.messengers.twilio.account_check import check_account
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.twilio.test_reading_answers import BASE, HOOK, MESSAGES, SINCE, TWILIO

CONTENT = f"HX{'0' * 32}"
# Senders are asked about elsewhere.
ACME = replace(MERCHANT, channels=(), templates={})
TOKEN = Secret("token")


def said(merchant: object = ACME, *, tokens: tuple[Secret, ...] = (), ours: timedelta = timedelta(0)) -> list[str]:
    assert isinstance(merchant, type(MERCHANT))
    found = check_account(TWILIO, merchant, tokens=tokens, hook_url=HOOK, now=SINCE + ours)
    return [f"{one.level.value} {one.check} {one.subject}: {one.problem}" for one in found]


def listing(mocked: responses.RequestsMock, *statuses: int) -> None:
    for status in statuses:
        headers = {"Date": "Sat, 28 Nov 2026 00:10:00 GMT"}
        mocked.get(f"{MESSAGES}.json", status=status, json={"messages": []}, headers=headers)


def test_a_messenger_that_does_not_answer_is_said_to_and_asked_for_nothing_else() -> None:
    with responses.RequestsMock() as mocked:
        mocked.get(f"{MESSAGES}.json", body=requests.ReadTimeout())
        (found,) = said(tokens=(TOKEN,))
        assert len(mocked.calls) == 1
    assert found.startswith(f"soon twilio {MERCHANT.merchant_id}: Twilio could not be asked: ")


@pytest.mark.parametrize(
    ("ours", "finding"),
    [
        (60, None),
        (-60, None),
        (61, "soon clock mer_karoo: This machine's clock is 61 seconds ahead of Twilio's."),
        (-61, "soon clock mer_karoo: This machine's clock is 61 seconds behind Twilio's."),
        # From four minutes on there is no time left before webhooks are believed no more.
        (240, "soon clock mer_karoo: This machine's clock is 240 seconds ahead of Twilio's."),
        (-241, "wrong clock mer_karoo: This machine's clock is 241 seconds behind Twilio's."),
    ],
)
def test_its_clock_is_held_against_ours(ours: int, finding: str | None) -> None:
    with responses.RequestsMock() as mocked:
        listing(mocked, 200)
        assert said(ours=timedelta(seconds=ours)) == ([finding] if finding else [])


@pytest.mark.parametrize(
    ("tokens", "answers", "is_named"),
    [
        ((), [], False),
        ((TOKEN,), [200], False),
        # One of those that are kept beside each other is enough.
        ((TOKEN, TOKEN), [401, 200], False),
        ((TOKEN, TOKEN), [401, 401], True),
        ((TOKEN,), [500], False),
    ],
)
def test_a_token_is_named_only_where_twilio_refused_every_one(
    tokens: tuple[Secret, ...], answers: list[int], is_named: bool
) -> None:
    with responses.RequestsMock() as mocked:
        listing(mocked, 200, *answers)
        found = said(tokens=tokens)
    assert [one.startswith("wrong twilio mer_karoo: Twilio does not accept the auth token") for one in found] == (
        [True] if is_named else []
    )


@pytest.mark.parametrize(
    ("key", "content", "approval", "finding"),
    [
        ("receipt.whatsapp.de", (200, {"language": "de-AT"}), (200, {"whatsapp": {"status": "approved"}}), None),
        ("receipt.whatsapp", (200, {"language": "de"}), (200, {"whatsapp": {"status": "approved"}}), None),
        ("receipt.whatsapp.de", (200, {}), (200, {"whatsapp": {"status": "approved"}}), None),
        ("receipt.whatsapp.de", (200, {"language": "en"}), (200, {"whatsapp": {"status": "approved"}}), "in the language en"),
        ("receipt.whatsapp.de", (200, {}), (200, {}), "unsubmitted"),
        ("receipt.whatsapp.de", (200, {}), (200, {"whatsapp": {"status": "paused"}}), "paused"),
        ("receipt.whatsapp.de", (404, {"code": 20404}), None, "unknown to this account"),
        ("receipt.whatsapp.de", (500, {}), None, None),
    ],
)  # fmt: skip
def test_a_template_is_named_where_twilio_says_what_is_wrong_with_it(
    key: str, content: tuple[int, Any], approval: tuple[int, Any] | None, finding: str | None
) -> None:
    with responses.RequestsMock() as mocked:
        listing(mocked, 200)
        mocked.get(f"{BASE}/v1/Content/{CONTENT}", status=content[0], json=content[1])
        if approval is not None:
            mocked.get(f"{BASE}/v1/Content/{CONTENT}/ApprovalRequests", status=approval[0], json=approval[1])
        # A text of the merchant's own needs no approval.
        found = said(replace(ACME, templates={"cancelled.sms.en": "Order {order} was cancelled.", key: CONTENT}))
    assert (len(found), finding is None or finding in found[0]) == (0 if finding is None else 1, True)
