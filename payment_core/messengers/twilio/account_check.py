"""Look at a merchant's account at Twilio by reading alone: key, senders and where replies go, templates, clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from foundation.clock import read_http_date
from payment_core.domain.finding import Finding, Level, clock_finding, unreachable
from payment_core.domain.merchant import Merchant, is_messaging_service
from payment_core.domain.templates import read_template
from payment_core.domain.words import Channel
from payment_core.messengers.messenger import MessageRefused, MessengerError
from payment_core.messengers.twilio.messenger import TwilioMessenger

_CONSOLE = "Twilio Console"
_NUMBERS = f"{_CONSOLE} → Phone Numbers → Manage → Active numbers"
_TEMPLATES = f"{_CONSOLE} → Messaging → Content Template Builder"
# https://www.twilio.com/docs/whatsapp/tutorial/send-whatsapp-notification-messages-templates: as WhatsApp says it.
_APPROVED, _ON_ITS_WAY = "approved", ("received", "pending", "unsubmitted")


def check_account(messenger: TwilioMessenger, merchant: Merchant, *, hook_url: str, now: datetime) -> Iterator[Finding]:
    """Yield what is wrong, each with the click that corrects it."""
    name = merchant.merchant_id
    try:
        answered_at = messenger.time()
    except MessageRefused:
        yield Finding(
            "twilio", Level.WRONG, "Twilio does not accept the account or its API key.",
            f"{_CONSOLE} → Account → API keys → Create API key, then run `chat2pay-core merchant secret {name} twilio.key` "
            "and `twilio.secret`.",
            "No message leaves.", name,
        )  # fmt: skip
        return
    except MessengerError as error:
        yield unreachable("twilio", "Twilio", error.message, subject=name)
        return
    yield from clock_finding("Twilio", read_http_date(answered_at), now, subject=name)
    for channel in merchant.channels:
        yield from _sender(messenger, merchant, channel, hook_url)
    yield from _templates(messenger, merchant)


def _sender(messenger: TwilioMessenger, merchant: Merchant, channel: Channel, hook_url: str) -> Iterator[Finding]:
    """Look at the number of a channel. Senders of letters, and of WhatsApp, have no page in this API."""
    sender, name = merchant.senders.get(channel, "").removeprefix("+"), merchant.merchant_id
    if not sender:
        text = f"The channel {channel.value} has no sender."
        yield Finding(
            "twilio",
            Level.WRONG,
            text,
            "Give one in the portal, or switch the channel off.",
            "It is not written to.",
            name,
        )
        return
    if is_messaging_service(sender):
        yield from _service(messenger, sender, hook_url, name)
        return
    if channel is not Channel.SMS or not sender.isdigit():
        return
    found = _read(messenger, f"/IncomingPhoneNumbers.json?PhoneNumber=%2B{sender}")
    numbers = (found or {}).get("incoming_phone_numbers")
    if numbers is None:
        return
    if not numbers:
        yield Finding(
            "twilio", Level.WRONG, f"The sender ending {sender[-4:]} is no number of this account.",
            f"{_NUMBERS} → Buy a number, and give it in the portal.", "No SMS leaves.", name,
        )  # fmt: skip
    elif numbers[0].get("sms_url") != hook_url or numbers[0].get("sms_method", "POST") != "POST":
        yield _not_ours(
            f"the number ending {sender[-4:]}",
            f"{_NUMBERS} → the number → Messaging → A message comes in",
            hook_url,
            name,
        )


def _service(messenger: TwilioMessenger, sender: str, hook_url: str, name: str) -> Iterator[Finding]:
    try:
        service = messenger.read_elsewhere("messaging", f"/v1/Services/{sender}")
    except MessageRefused:
        yield Finding(
            "twilio", Level.WRONG, "The messaging service is unknown to this account.",
            f"{_CONSOLE} → Messaging → Services: copy its SID (MG…) into the portal.", "No message leaves.", name,
        )  # fmt: skip
        return
    except MessengerError:
        return
    if not service.get("use_inbound_webhook_on_number") and service.get("inbound_request_url") != hook_url:
        yield _not_ours(
            "the messaging service", f"{_CONSOLE} → Messaging → Services → the service → Integration", hook_url, name
        )


def _not_ours(what: str, where: str, hook_url: str, name: str) -> Finding:
    return Finding(
        "twilio", Level.SOON, f"What customers write to {what} is not sent to us.", f"{where}: Webhook, {hook_url}, HTTP POST.",
        "Replies and STOP are found minutes late, and buttons pay nothing.", name,
    )  # fmt: skip


def _templates(messenger: TwilioMessenger, merchant: Merchant) -> Iterator[Finding]:
    for key, configured in sorted(merchant.templates.items()):
        template = read_template(configured)
        if template is not None:
            yield from _template(messenger, merchant.merchant_id, key, template.content_id)


def _template(messenger: TwilioMessenger, name: str, key: str, content_id: str) -> Iterator[Finding]:
    try:
        content = messenger.read_elsewhere("content", f"/v1/Content/{content_id}")
        approval = messenger.read_elsewhere("content", f"/v1/Content/{content_id}/ApprovalRequests")
    except MessageRefused:
        yield _of_template(
            Level.WRONG, key, "is unknown to this account", "copy the id of the right one into the portal", name
        )
        return
    except MessengerError:
        return
    language = key.split(".")[2] if key.count(".") >= 2 else ""
    theirs = str(content.get("language") or "").replace("-", "_").partition("_")[0]
    if language and theirs and theirs != language:
        yield _of_template(Level.SOON, key, f"is in the language {theirs}", f"choose the one in {language}", name)
    status = str((approval.get("whatsapp") or {}).get("status") or "unsubmitted")
    if status in _ON_ITS_WAY:
        yield _of_template(
            Level.SOON, key, f"is {status}, and not approved yet", "submit it for WhatsApp, or wait", name
        )
    elif status != _APPROVED:
        yield _of_template(Level.WRONG, key, f"is {status}", "look at the reason, correct it, submit it again", name)


def _of_template(level: Level, key: str, what: str, remedy: str, name: str) -> Finding:
    return Finding(
        "templates", level, f"The WhatsApp template of {key} {what}.", f"{_TEMPLATES} → {remedy}.",
        "WhatsApp refuses this message outside of 24 hours after the customer's last one.", name,
    )  # fmt: skip


def _read(messenger: TwilioMessenger, path: str) -> Mapping[str, Any] | None:
    """Return an object of the account; None where this key may not see it."""
    try:
        return messenger.read(path)
    except MessengerError:
        return None
