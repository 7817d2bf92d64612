"""One merchant's account at Twilio."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import requests

from foundation.clock import read_http_date
from foundation.http.form_body import form_body
from foundation.http.given_header import given_header
from foundation.http.session import PeerSession, RequestNotSent, call
from foundation.secret import Secret
from payment_core.domain.enums import Channel
from payment_core.domain.merchant import is_messaging_service
from payment_core.messengers.messenger import (
    KeyRefused,
    MessageRefused,
    MessageReport,
    NotSent,
    OutgoingMessage,
    PerhapsSent,
    Reply,
)
from payment_core.messengers.twilio.failures import failure_of
from payment_core.messengers.twilio.signature import verified_fields
from payment_core.messengers.twilio.translation import (
    STATUSES,
    WHATSAPP,
    reply_of_message,
    reply_of_webhook,
    report_of_message,
    report_of_webhook,
    sent_at,
)

BASE_URL = "https://api.twilio.com"
SIGNATURE = "X-Twilio-Signature"
# Never processed: https://www.twilio.com/docs/api/errors/20429
_BUSY = 429
# Nothing was done: https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions (401) and
# https://www.twilio.com/docs/api/errors/20003
_NOT_ADMITTED, _ACCOUNT = 401, "account"
# https://www.twilio.com/docs/api/errors/20404
_NOT_FOUND = "20404"
# Ours, in the address for reports: it shows whose report it is even where the answer to our call was lost.
_MESSAGE = "message"
# Their default is ten hours: a link that dies in minutes would arrive when nobody can pay with it any more.
_SHORTEST_VALIDITY, _LONGEST_VALIDITY = 1, 36_000
# More than a number gets in two days, and one page of the list (at most 1,000).
_FOUND_AMONG = 200
# What customers wrote, at most 1,000 to a page; more pages than any merchant's customers fill between two searches.
_PAGE, _MOST_PAGES = 500, 100
# By how much Twilio's clock may be behind ours.
_CLOCKS = timedelta(minutes=5)


@dataclass(frozen=True)
class TwilioAccount:
    """Where and as whom we call. ``user`` is the account or an API key; inbound requests are signed with the token."""

    account: str
    user: str
    password: Secret = field(repr=False)
    # A number, an alphanumeric sender, or a messaging service (``MG…``) for each channel.
    senders: Mapping[Channel, str] = field(default_factory=dict)
    callback_url: str = ""
    base_url: str = BASE_URL


@dataclass(frozen=True)
class TwilioMessenger:
    """Twilio has no idempotency keys: each message is sent by one request, and looked for where that had no answer.

    https://www.twilio.com/docs/api/errors/20500
    """

    session: PeerSession
    of: TwilioAccount

    def reports_delivery(self, channel: Channel) -> bool:
        """Return True: both channels report, SMS as far as the carrier does."""
        return bool(self.of.senders.get(channel))

    def send(self, message: OutgoingMessage) -> MessageReport:
        """Create a message."""
        if not self.reports_delivery(message.channel):
            raise MessageRefused("This channel has no sender.", failure="no_sender", reason="")
        if message.channel is Channel.WHATSAPP and not (message.template or message.window_open):
            # Twilio would take it now and fail it later: https://www.twilio.com/docs/api/errors/63016
            failure = "window_closed" if message.free else "template"
            raise MessageRefused("WhatsApp takes only a template now.", failure=failure, reason="")
        answer = self._call("POST", "/Messages.json", body=form_body(self._fields(message).items()))
        return report_of_message(answer, message_id=message.message_id)

    def read_report(self, provider_id: str) -> MessageReport:
        """Read a message."""
        return report_of_message(self._call("GET", f"/Messages/{provider_id}.json"))

    def find(
        self, channel: Channel, to: str, token: str, *, since: datetime, known: Collection[str] = ()
    ) -> MessageReport | None:
        """Return the oldest message to a number since a time that holds our token and is none of ``known``."""
        # DateSent is a day in UTC; one more before it, for a message that was sent around midnight.
        day = (since - timedelta(days=1)).date().isoformat()
        query = urlencode({"To": _address(channel, to), "DateSent>": day, "PageSize": _FOUND_AMONG})
        listed = self._call("GET", f"/Messages.json?{query}").get("messages", [])
        mine = [one for one in listed if token in str(one.get("body")) and one.get("sid") not in known]
        # The newest comes first; one from before ours, such as an earlier message about the same link, is another.
        found = next(
            (one for one in reversed(mine) if _is_since(read_http_date(str(one.get("date_created"))), since)), None
        )
        return report_of_message(found) if found else None

    def replies(self, *, since: datetime) -> Sequence[Reply]:
        """List what arrived at our senders, oldest first; buttons come without their payload here, and no STOP with its word."""
        found = [row for sender in self._receivers() for row in self._inbound(sender, since)]
        # Times are of whole seconds: within one, as it was listed.
        return sorted(map(reply_of_message, reversed(found)), key=lambda one: one.occurred_at or since)

    def read_webhook(
        self, raw: bytes, headers: Mapping[str, str], *, url: str, secrets: Sequence[Secret]
    ) -> Sequence[MessageReport | Reply]:
        """Read a status report, or what a customer wrote; undocumented fields are ignored.

        Raises:
            UntrustedMessage.
        """
        fields = verified_fields(raw, given_header(headers, SIGNATURE), url=url, secrets=secrets)
        if not fields.get("MessageSid"):
            return []
        if "MessageStatus" in fields and "Body" not in fields:
            known = fields["MessageStatus"] in STATUSES
            return [report_of_webhook(fields, parse_qs(urlsplit(url).query).get(_MESSAGE, [None])[0])] if known else []
        return [reply_of_webhook(fields)] if fields.get("From") else []

    def read(self, path: str) -> dict[str, Any]:
        """Read an object of the account.

        Raises:
            NotSent, MessageRefused, PerhapsSent.
        """
        return _object(self._asked(f"{self._account_url()}{path}"))

    def read_elsewhere(self, product: str, path: str) -> dict[str, Any]:
        """Read an object of another product's host, such as ``content``; a stand-in has one host. Raises as ``read``."""
        base = BASE_URL.replace("api.", f"{product}.") if self.of.base_url == BASE_URL else self.of.base_url
        return _object(self._asked(f"{base}{path}"))

    def time(self) -> str:
        """Read the account's time as it writes it, which proves the key, too. Raises as ``read``."""
        response = self._asked(f"{self._account_url()}/Messages.json?PageSize=1")
        _object(response)
        return response.headers.get("Date", "")

    def try_key(self) -> None:
        """Read the list of messages. An account that this key does not know may be answered with 404 as well."""
        try:
            self.time()
        except MessageRefused as refused:
            if refused.reason == _NOT_FOUND:
                raise KeyRefused(
                    "The messenger knows no such account.", failure=_ACCOUNT, reason=_NOT_FOUND
                ) from refused
            raise

    def takes_token(self, token: Secret) -> bool:
        """Return whether an auth token is this account's, by reading with it. Raises NotSent, PerhapsSent."""
        # The account's own id with its token opens what an API key opens: https://www.twilio.com/docs/usage/requests-to-twilio
        by_token = replace(self, of=replace(self.of, user=self.of.account, password=token))
        try:
            by_token.time()
        except MessageRefused:
            return False
        return True

    def _receivers(self) -> set[str]:
        """Return the addresses at which customers write to us; an empty one for those of a messaging service."""
        found = set()
        for channel, sender in self.of.senders.items():
            plain = sender.removeprefix("+")
            if is_messaging_service(plain):
                found.add("")
            elif plain.isdigit():
                found.add(_address(channel, plain))
        # All that arrived is listed for a service, that of its other senders, too.
        return {""} if "" in found else found

    def _inbound(self, to: str, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Yield the messages of customers, newest first, page by page until they are older than ``since``."""
        query = {"DateSent>": since.date().isoformat(), "PageSize": str(_PAGE)} | ({"To": to} if to else {})
        path = f"/Messages.json?{urlencode(query)}"
        for _ in range(_MOST_PAGES):
            page = self._call("GET", path)
            rows = page.get("messages", [])
            yield from (row for row in rows if row.get("direction") == "inbound" and _is_since(sent_at(row), since))
            if not page.get("next_page_uri") or (rows and not _is_since(sent_at(rows[-1]), since)):
                return
            path = str(page["next_page_uri"]).partition(self.of.account)[2]
        raise PerhapsSent("The messenger lists more than can be read.")

    def _fields(self, message: OutgoingMessage) -> dict[str, str]:
        sender = self.of.senders[message.channel].removeprefix("+")
        reports = f"{self.of.callback_url}?{_MESSAGE}={quote(message.message_id)}"
        fields = {"To": _address(message.channel, message.to), "StatusCallback": reports}
        if is_messaging_service(sender):
            fields["MessagingServiceSid"] = sender
        else:
            fields["From"] = _address(message.channel, sender) if sender.isdigit() else sender
        if message.template:
            fields |= {"ContentSid": message.template, "ContentVariables": json.dumps(dict(message.variables or {}))}
        else:
            fields["Body"] = message.text
        if message.channel is Channel.SMS and message.valid_seconds is not None:
            fields["ValidityPeriod"] = str(max(_SHORTEST_VALIDITY, min(_LONGEST_VALIDITY, message.valid_seconds)))
        return fields

    def _account_url(self) -> str:
        return f"{self.of.base_url}/2010-04-01/Accounts/{self.of.account}"

    def _call(self, method: str, path: str, *, body: bytes | None = None) -> dict[str, Any]:
        return _answer(self._asked(f"{self._account_url()}{path}", method, body=body))

    def _asked(self, url: str, method: str = "GET", *, body: bytes | None = None) -> requests.Response:
        pair = f"{self.of.user}:{self.of.password.value}".encode()
        headers = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            return call(self.session, method, url, operation="twilio", headers=headers, body=body)
        except RequestNotSent as error:
            raise NotSent("The messenger cannot be reached.") from error
        except requests.RequestException as error:
            raise PerhapsSent("The messenger gave no answer.") from error


def _answer(response: requests.Response) -> dict[str, Any]:
    body = _object(response)
    if not body.get("sid") and "messages" not in body:
        raise PerhapsSent("The messenger's answer names no message.")
    return body


def _object(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
    if response.status_code == _BUSY:
        raise NotSent("The messenger is busy.")
    if response.status_code >= 500 or not isinstance(body, dict):
        raise PerhapsSent("The messenger could not say whether it took the message.")
    code = body.get("code")
    if response.status_code == _NOT_ADMITTED:
        raise KeyRefused("The messenger does not accept our key.", failure=_ACCOUNT, reason=str(code or ""))
    if response.status_code >= 400:
        raise MessageRefused("The messenger refused this.", failure=failure_of(code), reason=str(code or ""))
    return body


def _address(channel: Channel, number: str) -> str:
    plain = f"+{number.removeprefix('+')}"
    return f"{WHATSAPP}{plain}" if channel is Channel.WHATSAPP else plain


def _is_since(created: datetime | None, since: datetime) -> bool:
    """Return whether a message was created since a time; True where the list does not say."""
    return created is None or created >= since - _CLOCKS
