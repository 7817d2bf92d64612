"""Replace one secret of a merchant's account at a provider, with or without a time in which both are accepted."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.secret import Secret
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.domain.providers import GATEWAYS, MESSENGERS
from payment_core.errors import Invalid
from payment_core.journeys.configuring.check_account import check_account
from payment_core.journeys.configuring.refuse_while_unfinished import refuse_while_unfinished
from payment_core.services import Core
from payment_core.store import changes, merchants
from payment_core.store.links import saved_cards

# A gateway's keys, which identify the account.
_GATEWAY_KEYS = frozenset({"stripe.key"})

# Every secret that a provider may need, by its name.
KNOWN_SECRETS = {one.name: one for provider in (*GATEWAYS.values(), *MESSENGERS.values()) for one in provider.secrets}


@dataclass(frozen=True)
class Replaced:
    """How many older secrets are accepted beside the new one, and whether it leads to another account than before."""

    older: int
    is_other_account: bool = False


def replace_secret(core: Core, merchant: Merchant, name: str, value: str, *, keeps_older: bool, by: str) -> Replaced:
    """Store a secret as the one that is used from now on.

    Raises:
        Invalid: the value does not have the form of such a secret, is of the other mode, or must not be taken just now.
    """
    if problem := KNOWN_SECRETS[name].problem(value, merchant.mode):
        raise Invalid({name: [f"What was given {problem}."]})
    is_other = name in _GATEWAY_KEYS and check_account(core, merchant, name, MerchantSecrets({name: (Secret(value),)}))
    with core.transactions.write() as work:
        locked = merchants.lock(work, merchant.merchant_id) or merchant
        # Read under the lock: a secret that somebody else replaces just now must not come back.
        stored = merchants.secrets_of(work, merchant.merchant_id)
        older = tuple(one for one in stored.every(name) if one.value != value) if keeps_older else ()
        if is_other:
            refuse_while_unfinished(work, core, locked, name, keeps_older=keeps_older)
            # They are at the account that is left: no payment may begin there any more.
            saved_cards.forget_all(work, merchant.merchant_id, now=core.now())
        changed = MerchantSecrets({**stored.values, name: (Secret(value), *older)})
        merchants.save_secrets(work, locked, changed, now=core.now())
        detail = f"{name}, of another account" if is_other else name
        changes.record_change(work, merchant.merchant_id, by=by, what="secret replaced", detail=detail, now=core.now())
    return Replaced(len(older), is_other)
