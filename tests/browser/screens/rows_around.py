"""Rows of the form, of refusals, and of what is around a payment."""

from __future__ import annotations

from tests.browser.screens.rows import row
from tests.browser.screens.stage import Stage
from tests.browser.screens.wire import origin
from tests.factories import OTHER_PHONE, SIPHO, envelope


@row("first-visit", "There is nothing to refresh.", at="introduction")
def _first_visit(stage: Stage) -> None:
    stage.order()
    stage.open()


@row("unsent", "Send R115.00 by SMS", at="send")
def _unsent(stage: Stage) -> None:
    stage.order()
    stage.open()


@row("test-banner", "TEST: no real money moves", at="test-banner")
def _test_banner(stage: Stage) -> None:
    _unsent(stage)


@row("channel-refused", "The customer does not want WhatsApp messages.", at="channels")
def _channel_refused(stage: Stage) -> None:
    consent = {"field": "WhatsApp_Consent__c", "yes": ["OptIn"], "no": ["OptOut"], "unknown": "ask"}
    stage.world.tenant(mapping={"consents": {"whatsapp": consent}})
    stage.order(WhatsApp_Consent__c="OptOut")
    stage.open()


@row("consent-asked", "Customer agreed on this call", at="consent")
def _consent_asked(stage: Stage) -> None:
    consent = {"field": "SMS_Consent__c", "yes": ["OptIn"], "no": ["OptOut"], "unknown": "ask"}
    stage.world.tenant(mapping={"consents": {"sms": consent}})
    stage.order()
    stage.open()


@row("two-readings", "New Caledonia", at="phone-choice")
def _two_readings(stage: Stage) -> None:
    _typed(stage, "687246447")
    stage.press("send")


@row("landline", "This looks like a landline; a text may not arrive.", at="phone-warning")
def _landline(stage: Stage) -> None:
    _typed(stage, "021 123 4567")


@row("number-read-back", "it ends in 4321. Read it back to the customer.", at="phone-question")
def _read_back(stage: Stage) -> None:
    _typed(stage, "083 765 4321")
    stage.press("send")


@row(
    "card-number", "This looks like a card number. Never type card numbers here; we have removed it.", at="phone-error"
)
def _card_number(stage: Stage) -> None:
    _typed(stage, " ".join(["4111"] + ["1111"] * 3))


def _typed(stage: Stage, number: str) -> None:
    _unsent(stage)
    stage.type("phone", number)


@row("core-down", "Payments cannot be sent now. Nothing went out.", at="notice")
def _core_down(stage: Stage) -> None:
    _unsent(stage)
    stage.world.core.down = True
    stage.press("send")


@row("order-of-nothing", "The total of this order is zero, so there is nothing to pay.", at="problems")
def _nothing(stage: Stage) -> None:
    stage.order(Grand_Total__c=0.0, Sub_Total__c=0.0, Tax__c=0.0)
    stage.open()


@row("currency-not-set-up", "Payments in CHF are not set up at the payment core", at="problems")
def _currency(stage: Stage) -> None:
    stage.order(Currency__c="CHF")
    stage.open()


@row("daily-limit", "Too many links were sent for this order, so nothing went out.", at="form-error")
def _limit(stage: Stage) -> None:
    stage.world.tenant(policy={"rights_from": "order_access", "sends_per_order_hour": 1})
    stage.sent()
    stage.happens("PAYMENT_LINK_EXPIRED", after=301)
    stage.open()
    stage.press("again", "send")


@row("read-only", "for the permission", at="problems")
def _read_only(stage: Stage) -> None:
    stage.world.tenant(policy={"rights_from": "custom_permissions"})
    stage.order()
    stage.open()


@row("not-fresh", "Connection lost. What you see is from 12:42:07.", at="stale")
def _not_fresh(stage: Stage) -> None:
    stage.sent()
    stage.open()
    stage.lose()


@row("launch-over", "Reload this browser tab to continue. The payment goes on by itself.", at="stale")
def _launch_over(stage: Stage) -> None:
    stage.sent()
    stage.open()
    stage.world.clock.pass_by(minutes=20)


@row("no-access", "You cannot see this order's payments. Ask Naledi in IT.", at="sentence")
def _no_access(stage: Stage) -> None:
    stage.order()
    stage.world.order(SIPHO)
    stage.agent = SIPHO
    stage.open()


@row("not-an-order", "Open this from an order.", at="sentence")
def _not_an_order(stage: Stage) -> None:
    stage.launch(envelope("nonsense"))


@row("no-order-named", "Salesforce did not say which order.", at="sentence")
def _no_order_named(stage: Stage) -> None:
    stage.launch(envelope(None))


@row("switched-off", "", at="sentence")
def _switched_off(stage: Stage) -> None:
    stage.order()
    stage.world.disable()
    stage.open()


@row("release-asks", "Nobody knows whether this link went out.", at="release-question")
def _release_asks(stage: Stage) -> None:
    world = stage.world
    world.tenant(policy={"rights_from": "custom_permissions"})
    world.org.permissions[stage.agent.user_id] = {"Chat2Pay_Send", "Chat2Pay_Supervise"}
    stage.order()
    world.core.drop_answers = True
    assert world.send(world.open(stage.order_id)).status_code == 202
    world.core.drop_answers, world.core.mute = False, True
    world.clock.pass_by(minutes=30)
    stage.open()
    stage.press("release")


@row("help", "What agents ask most", at="questions")
def _help(stage: Stage) -> None:
    stage.tab.goto(f"{origin()}/launch?help")


@row("deposit", "Asks for R34.50 now. R80.50 stays due.", at="part-hint")
def _deposit(stage: Stage) -> None:
    stage.world.tenant(parts_allowed=True)
    _unsent(stage)
    stage.type("part", "30 %")


@row("number-remembered", "Last used for this order: Thandi changed it", at="phone-hint")
def _remembered(stage: Stage) -> None:
    stage.sent(phone=OTHER_PHONE)
    stage.happens("PAYMENT_LINK_EXPIRED", after=301)
    stage.open()
    stage.press("again")


@row("message-preview", "Acme Shop: please pay ZAR 115.00 here", at="preview")
def _preview(stage: Stage) -> None:
    stage.world.with_own_core()
    text = "Acme Shop: please pay ZAR 115.00 here: https://pay.example/pay/preview"
    shown = {
        "text": text, "channel": "sms", "language": "en", "purpose": "payment_request", "parts": 1, "alphabet": "GSM-7",
        "characters": len(text), "template": None, "buttons": [], "linkPlaceholder": "https://pay.example/pay/preview",
        "mayOfferReply": True,
    }  # fmt: skip
    stage.world.core.own["GET message-preview"] = (200, shown)
    _unsent(stage)
    stage.unfold("preview")


@row("no-message-preview", "The payment core does not show the text beforehand.", at="preview")
def _no_preview(stage: Stage) -> None:
    _unsent(stage)
    stage.unfold("preview")


@row("keys", "Letters act without another key.", at="keys")
def _keys(stage: Stage) -> None:
    stage.sent()
    stage.open()
    stage.press("keys-open")


@row("another-number", "works until you press Send.", at="form-replaces")
def _another_number(stage: Stage) -> None:
    stage.sent()
    stage.world.clock.pass_by(seconds=65)
    stage.open()
    stage.press("renumber")


@row("german", "Der Link funktioniert bis 12:57", at="status-sentence")
def _german(stage: Stage) -> None:
    _declined_in(stage, "de")


@row("arabic", "12:57", at="status-sentence")
def _arabic(stage: Stage) -> None:
    _declined_in(stage, "ar")


def _declined_in(stage: Stage, language: str) -> None:
    stage.sent()
    stage.happens("PAYMENT_LINK_CLICKED", "PAYMENT_DECLINED")
    stage.language = language
    stage.open()
