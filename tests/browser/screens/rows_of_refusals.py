"""Rows of what a peer or a colleague is quicker with, of numbers that are saved, and of messages before they replace a link."""

from __future__ import annotations

from tests.browser.screens.rows import row
from tests.browser.screens.stage import Stage
from tests.factories import OTHER_PHONE, SIPHO, THANDI, long_id

_CONTACT = long_id("003xx0000000001")
_LINK = "https://pay.example/pay/preview"


@row("application-off", "This application is switched off at the payment core. Nothing went out.", at="notice")
def _application_off(stage: Stage) -> None:
    _refused(stage, 409, "APPLICATION_DISABLED")


@row("key-refused", "The payment core does not accept the connector's key any more. Nothing was done.", at="notice")
def _key_refused(stage: Stage) -> None:
    _refused(stage, 401, "UNAUTHORIZED")


def _refused(stage: Stage, status: int, word: str) -> None:
    stage.order()
    stage.open()
    stage.world.core.refuse = (status, word)
    stage.press("send")


@row("ip-rules", "rules for IP addresses are the usual cause", at="sentence")
def _ip_rules(stage: Stage) -> None:
    stage.order()
    stage.world.org.sessions_over.add(stage.agent.token)
    stage.open()


@row("read", "Message read 12:42:10. The link is not opened yet, 4:")
def _read(stage: Stage) -> None:
    stage.sent(channel="whatsapp")
    stage.message("READ")
    stage.open()


@row("colleague-sent", "Sipho sent a link at 12:42; 4:", at="send-off-quiet")
def _colleague(stage: Stage) -> None:
    stage.sent(by=SIPHO)
    stage.open()


@row("cancelled-by-colleague", "Already cancelled at 12:42 by Sipho.", at="notice")
def _cancelled_by_colleague(stage: Stage) -> None:
    stage.order(THANDI, SIPHO)
    stage.sent()
    stage.open()
    stage.press("cancel")
    stage.stand_still()
    colleague = stage.world.open(stage.order_id, SIPHO)
    assert stage.world.cancel(colleague, stage.world.row("payment_requests")["reference"]).status_code == 200
    stage.press("cancel-yes")


@row("save-number", "The number ending 4321 is not the one in Salesforce.", at="phone-saving")
def _save_number(stage: Stage) -> None:
    stage.order(BillToContactId=_CONTACT)
    stage.world.org.records[_CONTACT] = stage.order_id, "BillToContact"
    field = {"name": "MobilePhone", "type": "phone", "updateable": True}
    stage.world.org.describes["Contact"] = {"name": "Contact", "updateable": True, "fields": [field]}
    stage.sent(phone=OTHER_PHONE)
    stage.open()


@row("number-saved", "Saved: the contact in Salesforce now has the number ending 4321.", at="phone-saved")
def _number_saved(stage: Stage) -> None:
    _save_number(stage)
    stage.press("phone-save")


@row("reply-offered", "A customer with a saved card is also offered to pay by reply.", at="preview")
def _reply_offered(stage: Stage) -> None:
    _shows(stage, f"Acme Shop: please pay ZAR 115.00 here: {_LINK}", purpose="payment_request")
    stage.order()
    stage.open()
    stage.unfold("preview")


@row("replace-preview", "Acme Shop: please use this new link to pay ZAR 115.00", at="replace-preview")
def _replace_preview(stage: Stage) -> None:
    text = f"Acme Shop: please use this new link to pay ZAR 115.00; the old one no longer works: {_LINK}"
    _shows(stage, text, purpose="replaced")
    stage.sent()
    stage.world.clock.pass_by(seconds=65)
    stage.open()
    stage.press("replace")
    stage.unfold("replace-preview")


def _shows(stage: Stage, text: str, *, purpose: str) -> None:
    stage.world.with_own_core()
    answer = {
        "text": text, "channel": "sms", "language": "en", "purpose": purpose, "parts": 1, "alphabet": "GSM-7",
        "characters": len(text), "template": None, "buttons": [], "linkPlaceholder": _LINK, "mayOfferReply": True,
    }  # fmt: skip
    stage.world.core.own["GET message-preview"] = (200, answer)


@row("another-number-told", "it says nothing of an old one", at="form-replaces")
def _another_number_told(stage: Stage) -> None:
    stage.world.with_own_core()
    stage.sent()
    stage.world.clock.pass_by(seconds=65)
    stage.open()
    stage.press("renumber")
    stage.part("phone").fill("083 765 4321")
    stage.part("phone").blur()
