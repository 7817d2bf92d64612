"""What tests do with a link: press its button, read it again."""

from __future__ import annotations

from sqlalchemy import select

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.attempt import Attempt
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.amending.deal_with_attention import deal_with_attention, name_of_alarm
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.services import Core
from payment_core.store.links import links
from payment_core.store.links.attempts import attempt_of
from payment_core.store.schema.tables import attempts


def press(core: Core, merchant: Merchant, link: Link) -> str | None:
    """Begin to pay as the customer's button does; return the page's address."""
    return begin_payment(core, merchant, link, saves_card=False, return_url="https://pay.example/pay/x")


def now_of(core: Core, link: Link) -> Link:
    """Return the link as it is stored now."""
    with core.transactions.read() as work:
        found = links.find(work, link.reference)
    assert found is not None
    return found


def deal_with(core: Core, merchant: Merchant, link: Link) -> bool:
    """Put the alarm that a link has now away, as the portal's button does."""
    seen = name_of_alarm(now_of(core, link))
    return deal_with_attention(core, merchant, link.reference, seen=seen, by="Nomsa")


def attempts_of(work: UnitOfWork, reference: str) -> list[Attempt]:
    """Return all attempts of a link, newest first."""
    query = select(attempts).where(attempts.c.reference == reference).order_by(attempts.c.created_at.desc())
    return [attempt_of(row, work) for row in work.connection.execute(query)]
