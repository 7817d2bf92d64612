"""Doctor asks Stripe and Twilio, by reading alone: each thing that is wrong is named with the click that corrects it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any

import pytest
import requests

from foundation.secret import Secret
from payment_core.domain.enums import Channel
from payment_core.domain.finding import Level
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.gateways.stripe.calls import VERSION
from payment_core.gateways.stripe.events import TYPES
from payment_core.journeys.configuring.change_template import change_approved_id
from payment_core.journeys.examining.ask_providers import ask_providers
from payment_core.journeys.examining.examine import examine
from payment_core.messengers.twilio.messenger import TwilioMessenger
from payment_core.services import Adapters, Core, build_core
from payment_core.serving.adapters import production_adapters
from payment_core.settings import Settings
from payment_core.store import merchants
from sandbox.stripe.app import StripeStandIn
from sandbox.stripe.app import running as stripe_running
from sandbox.twilio.app import TwilioStandIn
from sandbox.twilio.app import running as twilio_running
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.fakes import MovableClock

pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
HOOKS = "https://pay.example/hooks"


@dataclass
class Accounts:
    """A merchant's two accounts, and the core that asks them."""

    core: Core
    stripe: StripeStandIn
    twilio: TwilioStandIn

    def merchant(self) -> Merchant:
        with self.core.transactions.read() as work:
            return merchants.get(work, MERCHANT.merchant_id)

    def change(self, **values: Any) -> None:
        with self.core.transactions.write() as work:
            merchants.save(work, replace(self.merchant(), **values), now=self.core.now())

    def endpoint(self, **changes: Any) -> None:
        for one in list(self.stripe.account.each("webhook_endpoint")):
            self.stripe.account.save(one | changes)

    def said(self) -> list[str]:
        return [f"{one.level.value} {one.check}: {one.problem} | {one.remedy}" for one in ask_providers(self.core)]


@pytest.fixture
def accounts(core_settings: Settings, clock: MovableClock, core: Core) -> Iterator[Accounts]:
    """Accounts with which everything is right."""
    with stripe_running(now=clock) as stripe, twilio_running(now=clock) as twilio:
        adapters = production_adapters()
        settings = replace(core_settings, stripe_url=stripe.url, twilio_url=twilio.url, environment="demo")
        made = build_core(settings, Adapters(adapters.gateways, adapters.messengers), now=clock)
        secrets = {
            "stripe.key": (Secret(f"rk_test_{token_hex(12)}"),),
            "twilio.account": (Secret(twilio.account.account_sid),),
            "twilio.key": (Secret(twilio.account.key_sid),),
            "twilio.secret": (Secret(twilio.account.key_secret),),
            # The first is what an account leaves behind that the merchant has moved from.
            "twilio.webhook": (Secret(token_hex(16)), Secret(twilio.account.auth_token)),
        }
        merchant = replace(MERCHANT, gateway="stripe", messenger="twilio")
        with made.transactions.write() as work:
            merchants.save(work, merchant, now=clock())
            merchants.save_secrets(
                work, merchants.get(work, merchant.merchant_id), MerchantSecrets(secrets), now=clock()
            )
        twilio.account.inbound_url = f"{HOOKS}/twilio/{MERCHANT.hook}"
        stripe.account.add(
            "we", "webhook_endpoint", url=f"{HOOKS}/stripe/{MERCHANT.hook}", secret="", status="enabled",
            enabled_events=list(TYPES), api_version=VERSION,
        )  # fmt: skip
        yield Accounts(made, stripe, twilio)
        made.transactions.database.close()


def test_where_all_is_right_nothing_is_said_and_nothing_written(accounts: Accounts) -> None:
    assert accounts.said() == []
    assert {one.split()[0] for one in accounts.stripe.api.calls} == {"GET"}
    assert accounts.twilio.calls == []


_SMS_ALONE = {Channel.SMS: "27870000000", Channel.WHATSAPP: "27870000000"}
_WHATSAPP = "whatsapp:+27870000000"
_REASON = {"code": "63112", "message": "Suspended", "more_info": "https://www.twilio.com/docs/api/errors/63112"}
_SERVICE = f"MG{'5' * 32}"


def serve(accounts: Accounts, channel: Channel, *pool: str) -> None:
    """Let a messaging service with these senders write on a channel."""
    accounts.twilio.account.services.add(_SERVICE)
    accounts.twilio.account.pools[_SERVICE] = set(pool)
    accounts.change(senders=_SMS_ALONE | {channel: _SERVICE})


BREAKS: dict[str, Callable[[Accounts], object]] = {
    "no endpoint": lambda a: a.endpoint(url="https://other.example/x"),
    "disabled": lambda a: a.endpoint(status="disabled"),
    "other version": lambda a: a.endpoint(api_version="2020-08-27"),
    "events": lambda a: a.endpoint(enabled_events=["refund.failed"]),
    "a right": lambda a: a.stripe.account.denied.add("reviews"),
    "unseen endpoints": lambda a: a.stripe.account.denied.add("webhook_endpoints"),
    "mode of the key": lambda a: setattr(a.stripe.account, "livemode", True),
    "a clock": lambda a: a.stripe.account.move_clock(90),
    "a wrong clock": lambda a: a.stripe.account.move_clock(-400),
    "another number": lambda a: a.change(senders=_SMS_ALONE | {Channel.SMS: "27870000009"}),
    "no sender": lambda a: a.change(senders={Channel.WHATSAPP: "27870000000"}),
    "replies elsewhere": lambda a: vars(a.twilio.account).update(
        whatsapp_url=a.twilio.account.inbound_url, inbound_url="https://demo.twilio.com/welcome"
    ),
    "another service": lambda a: a.change(senders=_SMS_ALONE | {Channel.SMS: f"MG{'0' * 32}"}),
    "a service's replies elsewhere": lambda a: (
        serve(a, Channel.SMS, "+27870000000"),
        vars(a.twilio.account).update(
            whatsapp_url=a.twilio.account.inbound_url, inbound_url="https://demo.twilio.com/x"
        ),
    ),
    "another WhatsApp number": lambda a: a.change(senders=_SMS_ALONE | {Channel.WHATSAPP: "27870000008"}),
    "offline": lambda a: a.twilio.account.states.update({_WHATSAPP: ("OFFLINE", [_REASON])}),
    "not verified yet": lambda a: a.twilio.account.states.update({_WHATSAPP: ("PENDING_VERIFICATION", [])}),
    "WhatsApp replies elsewhere": lambda a: setattr(a.twilio.account, "whatsapp_url", "https://demo.twilio.com/reply"),
    "a service without a number": lambda a: serve(a, Channel.SMS, _WHATSAPP),
    "a service without WhatsApp": lambda a: serve(a, Channel.WHATSAPP, "+27870000000"),
    "a service whose WhatsApp is offline": lambda a: (
        serve(a, Channel.WHATSAPP, _WHATSAPP),
        a.twilio.account.states.update({_WHATSAPP: ("OFFLINE", [])}),
    ),
    "another account's token": lambda a: setattr(a.twilio.account, "auth_token", token_hex(16)),
    "a rolled key": lambda a: setattr(a.twilio.account, "key_secret", token_hex(12)),
}
SAID = {
    "no endpoint": ("wrong stripe: Our webhook address is not registered", "Add destination"),
    "disabled": ("wrong stripe: Our webhook address is disabled", "Enable"),
    "other version": ("wrong stripe: Our webhook address reports in version 2020", VERSION),
    "events": ("wrong stripe: Our webhook address does not report: checkout", "Edit"),
    "a right": ("wrong stripe: The restricted key may not read Reviews", "Reviews: Read"),
    "unseen endpoints": ("soon stripe: The restricted key may not read webhook endpoints", "Read"),
    "mode of the key": ("wrong stripe: Stripe does not accept the key", "stripe.key"),
    "a clock": ("soon clock: This machine's clock is 90 seconds behind Stripe's", "set-ntp"),
    "a wrong clock": ("wrong clock: This machine's clock is 400 seconds ahead of", "set-ntp"),
    "another number": ("wrong twilio: The sender ending 0009 is no number", "Buy"),
    "no sender": ("wrong twilio: The channel sms has no sender", "portal"),
    "replies elsewhere": ("soon twilio: What customers write to the number", "A message comes in"),
    "another service": ("wrong twilio: The messaging service is unknown", "MG"),
    "a service's replies elsewhere": ("soon twilio: What customers write to the messaging service", "Integration"),
    "another WhatsApp number": ("wrong twilio: The WhatsApp sender ending 0008 is not registered", "Create new sender"),
    "offline": (
        "wrong twilio: The WhatsApp sender ending 0000 cannot send: offline (63112 Suspended)",
        "WhatsApp senders",
    ),
    "not verified yet": ("wrong twilio: The WhatsApp sender ending 0000 cannot send: pending verification", "finish"),
    "WhatsApp replies elsewhere": ("soon twilio: What customers write to the WhatsApp sender", "Messaging endpoint"),
    "a service without a number": ("wrong twilio: The messaging service has no sender for sms", "Sender Pool"),
    "a service without WhatsApp": ("wrong twilio: The messaging service has no sender for whatsapp", "Sender Pool"),
    "a service whose WhatsApp is offline": (
        "wrong twilio: The WhatsApp sender ending 0000 cannot send: offline",
        "WhatsApp",
    ),
    "another account's token": ("wrong twilio: Twilio does not accept the auth token", "twilio.webhook --keep"),
    "a rolled key": ("wrong twilio: Twilio does not accept", "twilio.secret"),
}


LATE = "Each payment is found out a minute late, refunds and alarms ten minutes late."
UNHEARD = "Replies and STOP are found minutes late, and buttons pay nothing."
NO_WHATSAPP, NO_CHANNEL = "No WhatsApp message leaves.", "Nothing leaves on this channel."
OTHERWISE = {
    **dict.fromkeys(("no endpoint", "disabled", "other version", "events"), LATE),
    "a right": "Payments, or what became of them, are not seen.",
    "unseen endpoints": "A wrong address is seen late.",
    "mode of the key": "No payment can begin.",
    **dict.fromkeys(("a clock", "a wrong clock"), "From five minutes on no webhook is believed."),
    "another number": "No SMS leaves.",
    "no sender": "It is not written to.",
    "another account's token": "No report and no reply of this account is believed: deliveries and STOP are found minutes late, "
    "buttons pay nothing.",
    **dict.fromkeys(("replies elsewhere", "WhatsApp replies elsewhere", "a service's replies elsewhere"), UNHEARD),
    **dict.fromkeys(("another service", "a rolled key"), "No message leaves."),
    **dict.fromkeys(("another WhatsApp number", "offline", "not verified yet"), NO_WHATSAPP),
    "a service whose WhatsApp is offline": NO_WHATSAPP,
    **dict.fromkeys(("a service without a number", "a service without WhatsApp"), NO_CHANNEL),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_wrong_there_is_named_with_its_click_and_what_happens_otherwise(accounts: Accounts, name: str) -> None:
    problem, click = SAID[name]
    BREAKS[name](accounts)
    [found] = ask_providers(accounts.core)
    [said] = accounts.said()
    assert said.startswith(problem)
    assert click in said
    assert (found.impact, found.subject) == (OTHERWISE[name], MERCHANT.merchant_id)


def test_a_service_that_sends_on_both_channels_is_fine(accounts: Accounts) -> None:
    serve(accounts, Channel.SMS, "KarooCoffee", _WHATSAPP)
    serve(accounts, Channel.WHATSAPP, "KarooCoffee", _WHATSAPP)
    assert accounts.said() == []


def test_a_sender_on_a_later_page_is_found_and_the_sandbox_number_needs_none(accounts: Accounts) -> None:
    accounts.twilio.account.senders |= {f"whatsapp:+2711{number:07d}" for number in range(60)}
    assert accounts.said() == []
    accounts.change(senders=_SMS_ALONE | {Channel.WHATSAPP: "14155238886"})
    assert accounts.said() == []


def test_who_cannot_be_reached_is_named_and_the_other_is_asked(accounts: Accounts) -> None:
    settings = replace(accounts.core.settings, stripe_url="http://127.0.0.1:9")
    away = build_core(
        settings, Adapters(production_adapters().gateways, production_adapters().messengers), now=accounts.core.now
    )
    accounts.twilio.account.key_secret = token_hex(12)
    found = ask_providers(away)
    assert [(one.check, one.level) for one in found] == [("stripe", Level.SOON), ("twilio", Level.WRONG)]
    away.transactions.database.close()


@pytest.mark.parametrize(
    ("approval", "level", "words"),
    [
        (("de", "approved"), None, ""),
        (("de_AT", "approved"), None, ""),
        (("en", "approved"), "soon", "is in the language en"),
        (("de", "pending"), "soon", "is pending, and not approved yet"),
        (("de", "rejected"), "wrong", "is rejected"),
        (None, "wrong", "is unknown to this account"),
    ],
)
def test_a_template_that_the_portal_saved_is_held_against_its_approval(
    accounts: Accounts, approval: tuple[str, str] | None, level: str | None, words: str
) -> None:
    """As Twilio names languages, and as the portal and doctor do."""
    content_id = accounts.twilio.account.add_template("{{1}}: please pay {{2}} at {{3}} now")
    if approval is None:
        accounts.twilio.account.templates.clear()
    else:
        accounts.twilio.account.approvals[content_id] = approval
    change_approved_id(accounts.core, accounts.merchant(), "payment_request", "de", content_id, by="operator")
    found = accounts.said()
    if level is None:
        assert found == []
    else:
        assert found[0].startswith(f"{level} templates: The WhatsApp template of payment_request.whatsapp.de {words}")
    # What the portal saved for a language is not said to be missing.
    missing = [one.problem for one in examine(accounts.core) if one.check == "templates"]
    assert "payment_request" not in missing[0]
    assert "receipt" in missing[0]


def test_a_template_of_which_twilio_tells_no_approval_is_yet_to_be_submitted(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    content_id = accounts.twilio.account.add_template("{{1}}: please pay {{2}} at {{3}} now")
    accounts.twilio.account.approvals[content_id] = ("de", "approved")
    change_approved_id(accounts.core, accounts.merchant(), "payment_request", "de", content_id, by="operator")
    read = TwilioMessenger.read_elsewhere

    def without_approval(messenger: TwilioMessenger, host: str, path: str) -> Any:
        return {**read(messenger, host, path), "whatsapp": None}

    monkeypatch.setattr(TwilioMessenger, "read_elsewhere", without_approval)
    (said,) = accounts.said()
    assert "payment_request.whatsapp.de is unsubmitted, and not approved yet." in said
    assert "submit it for WhatsApp" in said


def test_a_stand_in_is_asked_over_http(accounts: Accounts) -> None:
    assert requests.get(f"{accounts.twilio.url}/v1/Content/HX{'0' * 32}", timeout=20).status_code == 401
