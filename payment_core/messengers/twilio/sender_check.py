"""Look at the senders of a merchant's channels at Twilio: registered, online, and sending replies to us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payment_core.domain.enums import Channel
from payment_core.domain.finding import Finding, Level
from payment_core.domain.merchant import Merchant, is_messaging_service
from payment_core.messengers.messenger import MessageRefused, MessengerError
from payment_core.messengers.twilio.messenger import TwilioMessenger

_CONSOLE = "Twilio Console"
_NUMBERS = f"{_CONSOLE} → Phone Numbers → Manage → Active numbers"
_WHATSAPP = f"{_CONSOLE} → Messaging → Senders → WhatsApp senders"
_SERVICES = f"{_CONSOLE} → Messaging → Services"
_SENDS = ("ONLINE", "ONLINE:UPDATING")
# Everybody's number for trying WhatsApp; it is registered with no account: https://www.twilio.com/docs/whatsapp/sandbox
_SANDBOX_NUMBER = "14155238886"
_MOST_PAGES = 20
_WHATSAPP_ADDRESS = "whatsapp:+"
# What a service may send an SMS by: https://www.twilio.com/docs/messaging/api/service-resource
_SMS_POOLS = ("PhoneNumbers", "AlphaSenders", "ShortCodes")

Item = Mapping[str, Any]


def check_sender(messenger: TwilioMessenger, merchant: Merchant, channel: Channel, hook_url: str) -> Iterator[Finding]:
    """Yield what is wrong with the sender of a channel; a sender of letters alone is shown by no API."""
    sender, name = merchant.senders.get(channel, "").removeprefix("+"), merchant.merchant_id
    if not sender:
        yield Finding(
            "twilio", Level.WRONG, f"The channel {channel.value} has no sender.",
            "Give one in the portal, or switch the channel off.", "It is not written to.", name,
        )  # fmt: skip
    elif is_messaging_service(sender):
        yield from _service(messenger, sender, channel, hook_url, name)
    elif channel is Channel.WHATSAPP:
        yield from _whatsapp(messenger, sender, hook_url, name)
    elif sender.isdigit():
        yield from _number(messenger, sender, hook_url, name)


def _number(messenger: TwilioMessenger, sender: str, hook_url: str, name: str) -> Iterator[Finding]:
    try:
        found = messenger.read(f"/IncomingPhoneNumbers.json?PhoneNumber=%2B{sender}")
    except MessengerError:
        return  # this key may not see it
    numbers = found.get("incoming_phone_numbers")
    if numbers is None:
        return
    if not numbers:
        yield Finding(
            "twilio", Level.WRONG, f"The sender ending {sender[-4:]} is no number of this account.",
            f"{_NUMBERS} → Buy a number, and give it in the portal.", "No SMS leaves.", name,
        )  # fmt: skip
    elif numbers[0].get("sms_url") != hook_url or numbers[0].get("sms_method", "POST") != "POST":
        where = f"{_NUMBERS} → the number → Messaging → A message comes in"
        yield _not_ours(f"the number ending {sender[-4:]}", where, hook_url, name)


def _whatsapp(messenger: TwilioMessenger, sender: str, hook_url: str | None, name: str) -> Iterator[Finding]:
    """Look at a WhatsApp sender, and at where its replies go unless a messaging service says that."""
    if sender == _SANDBOX_NUMBER:
        return
    try:
        # https://www.twilio.com/docs/whatsapp/api/senders
        listed = _items(messenger, "/v2/Channels/Senders?Channel=whatsapp&PageSize=50")
    except MessengerError:
        return
    mine = next((one for one in listed if one.get("sender_id") == f"{_WHATSAPP_ADDRESS}{sender}"), None)
    what = f"The WhatsApp sender ending {sender[-4:]}"
    if mine is None:
        yield Finding(
            "twilio", Level.WRONG, f"{what} is not registered with this account.",
            f"{_WHATSAPP} → Create new sender, or give another one in the portal.", "No WhatsApp message leaves.", name,
        )  # fmt: skip
        return
    if mine.get("status") not in _SENDS:
        yield Finding(
            "twilio", Level.WRONG, f"{what} cannot send: {_state(mine)}.",
            f"{_WHATSAPP} → the sender: finish its registration, or correct what is said there.",
            "No WhatsApp message leaves.", name,
        )  # fmt: skip
    webhook = mine.get("webhook") or {}
    if hook_url is not None and webhook.get("callback_url") != hook_url:
        where = f"{_WHATSAPP} → the sender → Messaging endpoint configuration"
        yield _not_ours(f"the WhatsApp sender ending {sender[-4:]}", where, hook_url, name)


def _state(sender: Item) -> str:
    reasons = [f"{one.get('code')} {one.get('message')}" for one in sender.get("offline_reasons") or ()]
    state = str(sender.get("status") or "no status").lower().replace("_", " ")
    return f"{state} ({'; '.join(reasons)})" if reasons else state


def _service(messenger: TwilioMessenger, sender: str, channel: Channel, hook_url: str, name: str) -> Iterator[Finding]:
    try:
        service = messenger.read_elsewhere("messaging", f"/v1/Services/{sender}")
    except MessageRefused:
        yield Finding(
            "twilio", Level.WRONG, "The messaging service is unknown to this account.",
            f"{_SERVICES}: copy its SID (MG…) into the portal.", "No message leaves.", name,
        )  # fmt: skip
        return
    except MessengerError:
        return
    if not service.get("use_inbound_webhook_on_number") and service.get("inbound_request_url") != hook_url:
        yield _not_ours("the messaging service", f"{_SERVICES} → the service → Integration", hook_url, name)
    yield from _pool(messenger, sender, channel, name)


def _pool(messenger: TwilioMessenger, service: str, channel: Channel, name: str) -> Iterator[Finding]:
    """Look at what a messaging service sends by."""
    kinds = ("ChannelSenders",) if channel is Channel.WHATSAPP else _SMS_POOLS
    try:
        found = [one for kind in kinds for one in _items(messenger, f"/v1/Services/{service}/{kind}?PageSize=50")]
    except MessengerError:
        return
    if channel is Channel.WHATSAPP:
        found = [one for one in found if str(one.get("sender") or "").startswith(_WHATSAPP_ADDRESS)]
        for one in found:
            yield from _whatsapp(messenger, str(one["sender"]).removeprefix(_WHATSAPP_ADDRESS), None, name)
    if not found:
        yield Finding(
            "twilio", Level.WRONG, f"The messaging service has no sender for {channel.value}.",
            f"{_SERVICES} → the service → Sender Pool → Add Senders.", "Nothing leaves on this channel.", name,
        )  # fmt: skip


def _items(messenger: TwilioMessenger, path: str) -> list[Item]:
    """Return all items of a list, whose key is named beside it. Raises as ``read_elsewhere``."""
    found: list[Item] = []
    for _ in range(_MOST_PAGES):
        page = messenger.read_elsewhere("messaging", path)
        meta = page.get("meta") or {}
        found += page.get(str(meta.get("key"))) or []
        following = str(meta.get("next_page_url") or "")
        if not following:
            break
        # Only its path: a list of one host leads to no other.
        path = f"/{following.split('/', 3)[-1]}"
    return found


def _not_ours(what: str, where: str, hook_url: str, name: str) -> Finding:
    return Finding(
        "twilio", Level.SOON, f"What customers write to {what} is not sent to us.", f"{where}: Webhook, {hook_url}, HTTP POST.",
        "Replies and STOP are found minutes late, and buttons pay nothing.", name,
    )  # fmt: skip
