"""What comes from Twilio is believed only with its signature over our public address, and carried out once."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from foundation.errors import UntrustedMessage
from foundation.secret import Secret
from payment_core.domain.enums import Channel, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.journeys.linking.create_link import create_link
from payment_core.messengers.twilio.signature import signature_of, verified_fields
from payment_core.services import Core
from payment_core.store import merchants, phone_key
from payment_core.store.links import links
from payment_core.store.messages import opt_outs
from payment_core.store.schema.tables import webhooks
from sandbox.twilio.app import TwilioStandIn
from sandbox.twilio.deliveries import Waiting
from tests.payment_core.conftest import CUSTOMER, order_for
from tests.payment_core.fakes import FakeGateway
from tests.payment_core.replying.test_replies import PAYER, code_in, keep_a_card
from tests.payment_core.twilio.conftest import HOOK, Line

Make = Callable[..., Link]


def is_stopped(core: Core, merchant: Merchant, channel: Channel) -> bool:
    key = phone_key.of(core, merchant.merchant_id, CUSTOMER)
    with core.transactions.read() as work:
        return opt_outs.is_stopped(work, merchant.merchant_id, key, channel)


@pytest.mark.parametrize("url", [HOOK, f"{HOOK}?message=mes_x", "https://pay.example:8443/hooks/twilio/x"])
def test_the_vendors_own_library_makes_the_same_signature(url: str) -> None:
    validator = pytest.importorskip("twilio.request_validator", reason="the vendor's library is not installed")
    fields = {"Body": "Łódź & + €", "From": "whatsapp:+27831234567", "Empty": "", "a": "2", "A": "1"}
    token = secrets.token_hex(16)
    theirs = validator.RequestValidator(token).compute_signature(url, fields)
    assert signature_of(url, list(fields.items()), token) == theirs
    raw = urlencode(fields).encode()
    assert verified_fields(raw, theirs, url=url, secrets=(Secret("old"), Secret(token))) == fields


def test_the_published_example_is_verified() -> None:
    """https://www.twilio.com/docs/usage/security#test-the-validity-of-your-webhook-signature"""
    fields = {
        "CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310",
        "To": "+18005551212",
    }  # fmt: skip
    made = signature_of("https://example.com/myapp.php?foo=1&bar=2", list(fields.items()), "12345")
    assert made == "L/OH5YylLD5NRKLltdqwSvS0BnU="


@pytest.mark.parametrize(
    ("signed", "heard", "is_believed"),
    [
        ("https://pay.example/x", "https://pay.example:443/x", True),
        ("https://pay.example:443/x", "https://pay.example/x", True),
        ("https://pay.example:8443/x", "https://pay.example:8443/x", True),
        ("https://pay.example/x", "https://pay.example:8443/x", True),
        ("http://pay.example/x", "https://pay.example/x", False),
        ("https://pay.example/y", "https://pay.example/x", False),
        ("https://pay.example:8443/x", "https://pay.example/x", False),
    ],
)
def test_the_port_may_be_named_or_not_and_all_else_must_be_the_same(signed: str, heard: str, is_believed: bool) -> None:
    token = secrets.token_hex(16)
    given = signature_of(signed, [("Body", "x")], token)
    if is_believed:
        assert verified_fields(b"Body=x", given, url=heard, secrets=(Secret(token),)) == {"Body": "x"}
        return
    with pytest.raises(UntrustedMessage):
        verified_fields(b"Body=x", given, url=heard, secrets=(Secret(token),))


@pytest.mark.parametrize("given", ["", "x", "ÿ"])
def test_without_a_signature_nothing_is_believed(line: Line, given: str) -> None:
    headers = {"X-Twilio-Signature": given} if given else {}
    form = {"MessageSid": "SM1", "From": f"+{CUSTOMER}", "Body": "STOP"}
    answer = line.client.post(HOOK.removeprefix("https://pay.example"), data=form, headers=headers)
    assert answer.status_code in (401, 403)


@pytest.mark.parametrize(
    "form",
    [
        {"From": f"+{CUSTOMER}", "Body": "STOP"},
        {"MessageSid": "SM1", "Body": "STOP"},
        {"MessageSid": "SM1", "MessageStatus": "of another kind"},
    ],
    ids=lambda form: " ".join(form),
)
def test_what_says_of_no_message_or_of_no_sender_is_taken_and_means_nothing(
    core: Core, line: Line, form: dict[str, str]
) -> None:
    assert line.post(Waiting(HOOK, form)) == 200
    with core.transactions.read() as work:
        assert work.connection.execute(webhooks.select()).all() == []


def test_both_tokens_are_believed_while_one_takes_the_place_of_the_other(
    core: Core, merchant: Merchant, line: Line, twilio: TwilioStandIn
) -> None:
    old, new = twilio.account.auth_token, secrets.token_hex(16)
    with core.transactions.write() as work:
        stored = dict(merchants.secrets_of(work, merchant.merchant_id).values)
        stored["twilio.webhook"] = (Secret(new), Secret(old))
        merchants.save_secrets(work, merchant, MerchantSecrets(stored), now=core.now())
    assert set(line.write("HELP")) == {200}
    twilio.account.auth_token = new
    assert set(line.write("HELP")) == {200}


def test_a_code_by_sms_pays_and_the_receipt_is_sent(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, line: Line
) -> None:
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER)
    line.write(f"PAY {code_in(line.texts()[-1])}")
    with core.transactions.read() as work:
        found = links.find(work, link.reference)
    assert found is not None
    assert found.payment_status is PaymentStatus.RECEIVED


def test_a_button_of_a_template_pays_its_link(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, twilio: TwilioStandIn, line: Line
) -> None:
    keep_a_card(core, merchant, gateway, Channel.WHATSAPP)
    link = make_link(payer_reference=PAYER)
    payload = json.loads(twilio.calls[-1]["ContentVariables"])["5"]
    line.write("Pay", channel=Channel.WHATSAPP, ButtonPayload=payload, ButtonText="Pay")
    assert gateway.charged(link.reference) == link.total


def test_stop_is_twilios_to_confirm_by_sms_and_ours_by_whatsapp(
    core: Core, merchant: Merchant, make_link: Make, line: Line
) -> None:
    make_link(channel=Channel.SMS)
    before = len(line.texts())
    line.write("STOP")
    assert (len(line.texts()), is_stopped(core, merchant, Channel.SMS)) == (before, True)
    line.write("START")
    assert (len(line.texts()), is_stopped(core, merchant, Channel.SMS)) == (before, False)
    line.write("Stop", channel=Channel.WHATSAPP)
    assert len(line.texts()) == before + 1
    assert is_stopped(core, merchant, Channel.WHATSAPP)
    assert not is_stopped(core, merchant, Channel.SMS)


def test_what_advanced_opt_out_answers_is_not_answered_again(line: Line, twilio: TwilioStandIn) -> None:
    twilio.account.advanced_opt_out = True
    for word in ("HELP", "STOP", "START"):
        line.write(word, channel=Channel.WHATSAPP)
    assert line.texts() == []


def test_the_same_news_twice_is_carried_out_once(make_link: Make, line: Line, twilio: TwilioStandIn) -> None:
    make_link(channel=Channel.SMS)
    before = len(line.texts())
    twilio.deliveries.inbound(f"+{CUSTOMER}", "+27870000000", "HELP")
    twilio.deliveries.waiting *= 3
    assert set(line.bring()) == {200}
    assert len(line.texts()) == before + 1


def test_a_sender_of_letters_takes_no_replies_so_none_is_offered(
    core: Core, merchant: Merchant, gateway: FakeGateway, make_link: Make, line: Line
) -> None:
    keep_a_card(core, merchant, gateway)
    one_way = replace(merchant, senders={**merchant.senders, Channel.SMS: "KarooCoffee"})
    created = create_link(core, one_way, order_for(channel=Channel.SMS, payer_reference=PAYER))
    assert not created.offers_saved_card
    assert "reply PAY" not in line.texts()[-1]
