"""Add a merchant with its first API key."""

from __future__ import annotations

from foundation.secret import Secret
from payment_core.domain.merchant import Merchant
from payment_core.errors import Invalid
from payment_core.journeys.configuring.read_merchant import NewMerchant
from payment_core.services import Core
from payment_core.store import api_keys, changes, merchants


def add_merchant(core: Core, new: NewMerchant, *, by: str) -> tuple[Merchant, Secret]:
    """Store a merchant, and return it with its first API key, whose text is shown once.

    Raises:
        Invalid: there is one of this id.
    """
    merchant, now = new.merchant, core.now()
    with core.transactions.write() as work:
        if merchants.find(work, merchant.merchant_id) is not None:
            raise Invalid({"merchant_id": ["There is a merchant of this id already."]})
        merchants.add(work, merchant, new.secrets, now=now)
        # In the same commit: a merchant without a key could be used by nobody.
        _, text = api_keys.add(work, merchant.merchant_id, "first", now=now)
        changes.record_change(work, merchant.merchant_id, by=by, what="merchant added", detail="", now=now)
    return merchant, text
