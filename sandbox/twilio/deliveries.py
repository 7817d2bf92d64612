"""Reports and inbound messages on their way to the merchant: signed, in any order, late, repeated or lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

import urllib3

from sandbox.twilio.account import START_WORDS, STOP_WORDS, Account, Row

SIGNATURE = "X-Twilio-Signature"
# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
_WAYS = {
    "delivered": ("queued", "sent", "delivered"),
    "read": ("queued", "sent", "delivered", "read"),
    "undelivered": ("queued", "sent", "undelivered"),
    "failed": ("queued", "failed"),
    "sent": ("queued", "sent"),
}
# A webhook has 15 seconds: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
_ANSWERS_WITHIN = 15.0


def signature(url: str, form: Mapping[str, str], token: str) -> str:
    """Return the signature of a request. https://www.twilio.com/docs/usage/security#validating-requests"""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


@dataclass(frozen=True)
class Waiting:
    """A request that is not yet delivered. ``url`` is what is signed: the merchant's public address."""

    url: str
    form: Mapping[str, str]


@dataclass
class Deliveries:
    """The requests to come; ``reach_at`` maps a public origin to where it really listens, as a proxy does."""

    account: Account
    waiting: list[Waiting] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    reach_at: tuple[str, str] | None = None
    _pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False, maxsize=4))

    def report(self, row: Row) -> None:
        """Queue the reports of a message until its end, and let it reach that end."""
        status, code = row["_ending"]
        steps = _WAYS[status]
        for step in steps:
            more = {"ErrorCode": str(code)} if code is not None and step == steps[-1] else {}
            if row["_callback"]:
                self.waiting.append(Waiting(row["_callback"], {**_report(row, step), **more}))
        row |= {"status": steps[-1], "error_code": code}

    def inbound(self, sender: str, to: str, body: str, **more: str) -> Row:
        """Take what a customer wrote, act on STOP and START as Twilio does, and queue it for the merchant."""
        row = self.account.add(to=to, sender=sender, body=body, direction="inbound")
        row["status"] = "received"
        self.account.last_inbound[sender] = self.account.now()
        opt = self._opt(sender, body)
        form = {
            "MessageSid": row["sid"], "SmsSid": row["sid"], "SmsMessageSid": row["sid"], "SmsStatus": "received",
            "AccountSid": self.account.account_sid, "From": sender, "To": to, "Body": body, "NumMedia": "0",
            "NumSegments": "1", "ApiVersion": "2010-04-01", **opt, **more,
        }  # fmt: skip
        if self.account.inbound_url:
            self.waiting.append(Waiting(self.account.inbound_url, form))
        return row

    def deliver(
        self, *, order: random.Random | None = None, lose: float = 0.0, repeat: float = 0.0, late: float = 0.0
    ) -> int:
        """Deliver what waits, some of it later, and return how many requests were answered 200; ``order`` shuffles them.

        A request that is not answered 200 is logged and nothing more, as with SMS:
        https://www.twilio.com/en-us/blog/a-hidden-gem-fallback-urls-html
        """
        rng = order or random.Random()  # noqa: S311 (a test that can be repeated)
        ready, self.waiting = self.waiting, []
        if order is not None:
            order.shuffle(ready)
        arrived = 0
        for one in ready:
            if rng.random() < lose:
                continue
            if rng.random() < late:
                self.waiting.append(one)
                continue
            for _ in range(2 if rng.random() < repeat else 1):
                arrived += self._post(one) == 200
        return arrived

    def _post(self, one: Waiting) -> int:
        url = one.url
        if self.reach_at is not None:
            url = url.replace(self.reach_at[0], self.reach_at[1], 1)
        headers = {SIGNATURE: signature(one.url, one.form, self.account.auth_token)}
        try:
            answer = self._pool.request(
                "POST", url, fields=dict(one.form), encode_multipart=False, headers=headers, timeout=_ANSWERS_WITHIN
            )
        except urllib3.exceptions.HTTPError:
            self.answers.append(0)
            return 0
        self.answers.append(answer.status)
        return answer.status

    def _opt(self, sender: str, body: str) -> dict[str, str]:
        """Return the field that only Advanced Opt-Out adds; by WhatsApp nothing is blocked without it (A)."""
        word = body.strip().lower()
        acts = self.account.advanced_opt_out or not sender.startswith("whatsapp:")
        kind = "STOP" if word in STOP_WORDS else "START" if word in START_WORDS else None
        kind = kind or ("HELP" if word in ("help", "info") else None)
        if kind == "STOP" and acts:
            self.account.stopped.add(sender)
        if kind == "START" and acts:
            self.account.stopped.discard(sender)
        return {"OptOutType": kind} if kind is not None and self.account.advanced_opt_out else {}


def _report(row: Row, status: str) -> dict[str, str]:
    return {
        "MessageSid": row["sid"], "MessageStatus": status, "SmsSid": row["sid"], "SmsStatus": status,
        "AccountSid": row["account_sid"], "From": row["from"], "To": row["to"], "ApiVersion": "2010-04-01",
    }  # fmt: skip
