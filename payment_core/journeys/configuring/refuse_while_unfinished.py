"""Refuse to leave an account at a gateway while payments there need its key."""

from __future__ import annotations

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.merchant import Merchant
from payment_core.errors import Invalid
from payment_core.services import Core
from payment_core.store.links.unfinished import unfinished_of


def refuse_while_unfinished(work: UnitOfWork, core: Core, merchant: Merchant, name: str, *, keeps_older: bool) -> None:
    """Refuse to leave an account while payments there need its key.

    Raises:
        Invalid: they do.
    """
    found = unfinished_of(work, merchant.merchant_id, now=core.now())
    # Their requests may have to be repeated, and at another account that would begin a second payment.
    if found.beginning or found.moving:
        raise Invalid(
            {
                name: [
                    "This key is of another account, and a payment begins or moves just now: run it again in a minute."
                ]
            }
        )
    if not (keeps_older or found.is_empty):
        raise Invalid(
            {
                name: [
                    f"This key is of another account, and here {found.being_paid} payments are being made and {found.held} "
                    "hold money. Run it with --keep, so that they are finished where they began, or wait for their end."
                ]
            }
        )
