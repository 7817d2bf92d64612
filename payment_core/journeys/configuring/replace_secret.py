"""Replace one secret of a merchant's account at a provider, with or without a time in which both are accepted."""

from __future__ import annotations

from foundation.secret import Secret
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.domain.providers import GATEWAYS, MESSENGERS
from payment_core.errors import Invalid
from payment_core.services import Core
from payment_core.store import merchants

# Every secret that a provider may need, by its name.
KNOWN_SECRETS = {one.name: one for provider in (*GATEWAYS.values(), *MESSENGERS.values()) for one in provider.secrets}


def replace_secret(core: Core, merchant: Merchant, name: str, value: str, *, keeps_older: bool, by: str) -> int:
    """Store a secret as the one that is used from now on; return how many older ones are accepted beside it.

    Raises:
        Invalid: the value does not have the form of such a secret, or is of the other mode.
    """
    if problem := KNOWN_SECRETS[name].problem(value, merchant.mode):
        raise Invalid({name: [f"What was given {problem}."]})
    with core.transactions.write() as work:
        locked = merchants.lock(work, merchant.merchant_id) or merchant
        # Read under the lock: a secret that somebody else replaces just now must not come back.
        stored = merchants.secrets_of(work, merchant.merchant_id)
        older = tuple(one for one in stored.every(name) if one.value != value) if keeps_older else ()
        changed = MerchantSecrets({**stored.values, name: (Secret(value), *older)})
        merchants.save_secrets(work, locked, changed, now=core.now())
        merchants.record_change(work, merchant.merchant_id, by=by, what="secret replaced", detail=name, now=core.now())
    return len(older)
