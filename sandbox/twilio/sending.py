"""Take a message as the API does: what it refuses at once, and what it fails later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from sandbox.twilio.account import Account, Row, is_letters, is_phone
from sandbox.twilio.errors import TwilioError

WHATSAPP = "whatsapp:"
_LONGEST_BODY = 1600
_LONGEST_VALIDITY = 36_000
# Twilio's own numbers for tests: https://www.twilio.com/docs/iam/test-credentials
MAGIC_TO = {
    "+15005550001": (21211, "The 'To' number is not a valid phone number."),
    "+15005550002": (21612, "The 'To' phone number is not currently reachable using the 'From' phone number."),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "The 'To' number is not a valid mobile number."),
}
MAGIC_FROM = {
    "+15005550007": (21606, "The 'From' phone number is not a valid, SMS-capable inbound number for your account."),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages."),
}


def take(account: Account, form: Mapping[str, str]) -> Row:
    """Insert an outgoing message.

    Raises:
        TwilioError: with the code that the documentation gives.
    """
    to = form.get("To", "")
    _check_to(to)
    sender, service = _sender(account, form)
    _check_options(form)
    body = _body(account, form)
    if to in account.stopped and service is None:
        raise TwilioError(21610, "Attempt to send to unsubscribed recipient")
    row = account.add(to=to, sender=sender, body=body, direction="outbound-api", messaging_service_sid=service)
    if service is not None:
        row |= {"status": "accepted", "num_segments": "0"}  # no sender is chosen yet, so none is counted
    row |= {"_callback": form.get("StatusCallback", ""), "_ending": _ending(account, form, to)}
    return row


def _check_to(to: str) -> None:
    if not to:
        raise TwilioError(21604, "A 'To' phone number is required.")
    plain = to.removeprefix(WHATSAPP)
    if not is_phone(plain):
        raise TwilioError(21211, "Invalid 'To' Phone Number")
    if plain in MAGIC_TO:
        raise TwilioError(*MAGIC_TO[plain])


def _sender(account: Account, form: Mapping[str, str]) -> tuple[str, str | None]:
    sender, service = form.get("From", ""), form.get("MessagingServiceSid")
    if service:
        if service not in account.services:
            raise TwilioError(21705, "The Messaging Service Sid is invalid")
        return sender, service
    if not sender:
        raise TwilioError(21603, "A 'From' phone number is required.")
    if sender in MAGIC_FROM:
        raise TwilioError(*MAGIC_FROM[sender])
    if sender not in account.senders and sender != "+15005550006":
        raise TwilioError(21659, "The 'From' is not a Twilio phone number or short code of this account.")
    if form["To"].startswith(WHATSAPP) != sender.startswith(WHATSAPP):
        raise TwilioError(63007, "Twilio could not find a Channel with the specified From address")
    if is_letters(sender) and form["To"].startswith("+1"):
        raise TwilioError(21612, "The 'To' phone number is not currently reachable using the 'From' phone number.")
    return sender, None


def _check_options(form: Mapping[str, str]) -> None:
    validity = form.get("ValidityPeriod")
    if validity is not None and not (validity.isdigit() and 1 <= int(validity) <= _LONGEST_VALIDITY):
        raise TwilioError(20001, "The 'ValidityPeriod' is out of range.")  # (A): which code this has
    callback = form.get("StatusCallback")
    parts = urlsplit(callback) if callback else None
    # "URL must contain a valid hostname and underscores are not allowed": twilio_api_v2010.json.
    if parts is not None and (parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname):
        raise TwilioError(21609, "The 'StatusCallback' URL is not valid.")


def _body(account: Account, form: Mapping[str, str]) -> str:
    body, content = form.get("Body", ""), form.get("ContentSid")
    if content:
        return _content(account, content, form.get("ContentVariables", "{}"))
    if not body:
        raise TwilioError(21619, "A text message body or media urls must be specified.")
    if len(body) > _LONGEST_BODY:
        raise TwilioError(21617, "The concatenated message body exceeds the 1600 character limit")
    return body


def _content(account: Account, content: str, variables: str) -> str:
    """Return the text of a template. https://www.twilio.com/docs/api/errors/21656"""
    if content not in account.templates:
        raise TwilioError(21655, "The ContentSid is Invalid")
    try:
        given = json.loads(variables)
    except ValueError:
        given = None
    if not isinstance(given, dict) or not all(isinstance(one, str) and one.strip() for one in given.values()):
        raise TwilioError(21656, "The Content Variables parameter is invalid")
    if any(mark in one for one in given.values() for mark in ("\n", "\t", "     ")):
        raise TwilioError(21656, "The Content Variables parameter is invalid")
    text = account.templates[content][1]
    for name, value in given.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def _ending(account: Account, form: Mapping[str, str], to: str) -> tuple[str, int | None]:
    """Return how a message ends that was taken: (last status, error code)."""
    if to in account.stopped:
        return "failed", 21610  # through a messaging service only a report says so (A)
    if to in account.endings:
        return account.endings[to]
    if to.startswith(WHATSAPP):
        content = form.get("ContentSid")
        if content is None and not account.window_is_open(to):
            return "failed", 63016  # https://www.twilio.com/docs/api/errors/63016
        if content is not None and set(json.loads(form.get("ContentVariables", "{}"))) != account.templates[content][0]:
            return "failed", 63028  # https://www.twilio.com/docs/api/errors/63028
        return "read", None
    return "delivered", None
