"""Customers: read their phones, press buttons, type test cards on Stripe's page, reply."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from sandbox.payment_rehearsal.actors.payment import Payment
from sandbox.payment_rehearsal.environment import SENDER, Environment
from sandbox.rehearsal.http_client import HttpClient, NoResponse

_TOKEN = re.compile(r"/pay/([\w-]+)")
# Without the letters and digits that look alike, as the core makes its codes.
_CODE = re.compile(r"reply PAY ([2-9A-HJ-NP-Z]{4})")
_BUTTON = re.compile(r"\bpay_[\w-]+\.[\w-]+")


class Customers:
    """What the people at the phones do."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._stripe = HttpClient(urlsplit(environment.stripe.url).port or 0)

    def read_phone(self, payment: Payment) -> bool:
        """Read the newest message with a link that is new to this phone; return whether there is one."""
        account = self._environment.twilio.account
        with account.lock:
            newest = account.newest(payment.address)
        for row in newest:
            found = _TOKEN.search(row["body"])
            if found and row["direction"] == "outbound-api" and found[1] not in payment.known_tokens:
                payment.token = found[1]
                payment.known_tokens.add(found[1])
                code, button = _CODE.search(row["body"]), _BUTTON.search(row["body"])
                payment.code, payment.button = code[1] if code else None, button[0] if button else None
                return True
        return False

    def look(self, payment: Payment) -> None:
        """Open the link's page, as a preview does, too."""
        self._core("GET", f"/pay/{payment.token}")

    def press(self, payment: Payment, *, saves: bool = False) -> str | None:
        """Press the page's button and return where Stripe's page is; None where there is none now."""
        location = self._core("POST", f"/pay/{payment.token}", {"save": "on"} if saves else {})
        return location if location and location.startswith(self._environment.stripe.url) else None

    def come_back(self, payment: Payment) -> None:
        """Be sent back by Stripe's page."""
        self._core("GET", f"/pay/{payment.token}/return")

    def type_card(self, page: str, number: str) -> None:
        """Type a card on Stripe's page."""
        self._at_stripe(page, {"number": number})

    def answer_bank(self, page: str, *, approve: bool) -> None:
        """Answer the bank's challenge."""
        self._at_stripe(page, {"approve": "yes" if approve else "no"})

    def reply(self, payment: Payment, text: str, *, button: str | None = None) -> None:
        """Write a message, or press a button of the last one."""
        prefix = "whatsapp:" if payment.channel == "whatsapp" else ""
        more = {"ButtonPayload": button, "ButtonText": text} if button else {}
        account = self._environment.twilio.account
        with account.lock:
            self._environment.twilio.deliveries.inbound(payment.address, f"{prefix}+{SENDER}", text, **more)

    def _core(self, method: str, path: str, form: dict[str, str] | None = None) -> str | None:
        try:
            if method == "POST":
                return self._environment.core.post_form(path, form or {}).location
            return self._environment.core.request(method, path).location
        except NoResponse:
            return None

    def _at_stripe(self, page: str, form: dict[str, str]) -> None:
        try:
            self._stripe.post_form(urlsplit(page).path, form)
        except NoResponse:
            # Not typed again: whether the card was charged is what the core must find out.
            return
