"""Sign a person in to a merchant's portal: by a link that works once and for ten minutes."""

from __future__ import annotations

import secrets
from datetime import timedelta

from payment_core.errors import NotFound
from payment_core.services import Core
from payment_core.store import changes, merchants, portal_sessions
from payment_core.store.portal_sessions import Person

# The link travels by chat or mail, where it may be read later; the session lasts a working day.
LINK_LIVES = timedelta(minutes=10)
SESSION_LIVES = timedelta(hours=8)


def make_sign_in_link(core: Core, merchant_id: str, name: str, *, by: str) -> str:
    """Return the address that signs a person in to a merchant's portal.

    Raises:
        NotFound: there is no such merchant.
    """
    token, now = secrets.token_urlsafe(32), core.now()
    with core.transactions.write() as work:
        if merchants.find(work, merchant_id) is None:
            raise NotFound("There is no merchant of this id: `chat2pay-core merchant list` shows all.")
        # Here, because nothing else happens often enough to be a reason and rarely enough not to cost anything.
        portal_sessions.forget_ended(work, now=now)
        portal_sessions.add_link(work, token, Person(merchant_id, name), until=now + LINK_LIVES)
        changes.record_change(work, merchant_id, by=by, what="sign-in link made", detail=name, now=now)
    return f"{core.public_url}/portal/sign-in/{token}"


def sign_in(core: Core, link_token: str) -> str | None:
    """Use a link up and return the token of a new session; None where the link does not work any more."""
    token, now = secrets.token_urlsafe(32), core.now()
    with core.transactions.write() as work:
        # Used up in the commit that makes the session: a link that was opened twice signs one person in.
        person = portal_sessions.use_link(work, link_token, now=now)
        if person is None:
            return None
        portal_sessions.add_session(work, token, person, until=now + SESSION_LIVES)
        changes.record_change(work, person.merchant_id, by=person.name, what="signed in", detail="", now=now)
    return token
