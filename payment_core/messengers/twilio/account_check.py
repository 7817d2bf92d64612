"""Look at a merchant's account at Twilio by reading alone: key, senders and where replies go, templates, clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from foundation.clock import read_http_date
from foundation.secret import Secret
from payment_core.domain.finding import Finding, Level, clock_finding, unreachable
from payment_core.domain.merchant import Merchant
from payment_core.domain.templates import read_template
from payment_core.messengers.messenger import MessageRefused, MessengerError
from payment_core.messengers.twilio.messenger import TwilioMessenger
from payment_core.messengers.twilio.sender_check import check_sender

_CONSOLE = "Twilio Console"
_TEMPLATES = f"{_CONSOLE} → Messaging → Content Template Builder"
# https://www.twilio.com/docs/whatsapp/tutorial/send-whatsapp-notification-messages-templates: as WhatsApp says it.
_APPROVED, _ON_ITS_WAY = "approved", ("received", "pending", "unsubmitted")


def check_account(
    messenger: TwilioMessenger, merchant: Merchant, *, tokens: Sequence[Secret], hook_url: str, now: datetime
) -> Iterator[Finding]:
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
    yield from _tokens(messenger, tokens, name)
    for channel in merchant.channels:
        yield from check_sender(messenger, merchant, channel, hook_url)
    yield from _templates(messenger, merchant)


def _tokens(messenger: TwilioMessenger, tokens: Sequence[Secret], name: str) -> Iterator[Finding]:
    """Yield that none of the tokens is this account's, as after a move to another one."""
    try:
        if not tokens or any(messenger.takes_token(one) for one in tokens):
            return
    except MessengerError:
        return
    yield Finding(
        "twilio", Level.WRONG, "Twilio does not accept the auth token with this account: it is another account's, or an old one.",
        f"{_CONSOLE} → Account → Auth token, then run `chat2pay-core merchant secret {name} twilio.webhook --keep`.",
        "No report and no reply of this account is believed: deliveries and STOP are found minutes late, buttons pay nothing.",
        name,
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
