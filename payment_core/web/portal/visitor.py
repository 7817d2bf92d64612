"""Who uses the portal: a signed-in person, or anybody on this machine in a demo."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from flask import g, request

from foundation.http.egress import is_local
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.services import Core, current_core
from payment_core.store import merchants, portal_sessions

# Browsers take a cookie of this prefix only with Secure, for this very host, and for every path of it.
COOKIE = "__Host-portal"
CSRF_FIELD = "csrf"
_READS = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Visitor:
    """A person in the portal of one merchant. ``csrf`` is empty without a sign-in."""

    merchant: Merchant
    name: str
    csrf: str = ""

    @property
    def is_signed_in(self) -> bool:
        """Whether there is a session that can be ended."""
        return bool(self.csrf)


def admit() -> None:
    """Check that the visitor may use the portal; before every request of it.

    Raises:
        Refusal: 401, nobody is signed in; 403, a form does not come from this session's own page.
    """
    core = current_core()
    found = _signed_in(core) or _of_demo(core)
    if found is None:
        raise Refusal(
            401,
            "NOT_SIGNED_IN",
            "Nobody is signed in here, or the session is over. Whoever runs this core makes a sign-in link with "
            "`chat2pay-core portal link`.",
        )
    if request.method not in _READS and found.is_signed_in:
        given = request.form.get(CSRF_FIELD, "")
        # In addition to SameSite=Strict, which old browsers ignore.
        if not hmac.compare_digest(given.encode(), found.csrf.encode()):
            raise Refusal(403, "FORM_TOO_OLD", "This form belongs to another session. Load the page and try again.")
    g.visitor = found


def visitor() -> Visitor:
    """Return who uses the portal in this request."""
    found: Visitor = g.visitor
    return found


def csrf_of(session_token: str) -> str:
    """Return what each form of a session carries; the token cannot be found from it."""
    # Derived, so that nothing more has to be stored for a session.
    return hashlib.sha256(f"csrf:{session_token}".encode()).hexdigest()


def _signed_in(core: Core) -> Visitor | None:
    token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    with core.transactions.read() as work:
        person = portal_sessions.session_person(work, token, now=core.now())
        if person is None:
            return None
        return Visitor(merchants.get(work, person.merchant_id), person.name, csrf_of(token))


def _of_demo(core: Core) -> Visitor | None:
    if not (core.settings.is_demo and is_local(request.remote_addr)):
        return None
    with core.transactions.read() as work:
        first = next(iter(merchants.listed(work)), None)
    return Visitor(first, "demo") if first else None
