"""Replace one secret of a merchant's account at a provider, with or without a time in which both are accepted."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.database.unit_of_work import UnitOfWork
from foundation.secret import Secret
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.domain.providers import GATEWAYS, MESSENGERS
from payment_core.errors import Invalid
from payment_core.journeys.configuring.check_account import TriedKey, check_account
from payment_core.journeys.configuring.refuse_while_unfinished import refuse_while_unfinished
from payment_core.services import Core
from payment_core.store import changes, merchants
from payment_core.store.links import saved_cards
from payment_core.store.messages import open_ends

# Each gateway's key, which identifies the account.
GATEWAY_KEY = {"stripe": "stripe.key"}
_GATEWAY_KEYS = frozenset(GATEWAY_KEY.values())

# What names the account at a messenger.
_MESSENGER_ACCOUNTS = frozenset({"twilio.account"})

# Every secret that a provider may need, by its name.
KNOWN_SECRETS = {one.name: one for provider in (*GATEWAYS.values(), *MESSENGERS.values()) for one in provider.secrets}


@dataclass(frozen=True)
class Replaced:
    """How many older secrets are accepted beside the new one, and whether it leads to another account than before.

    ``left_messages``: of so many the end can be known at the messenger's earlier account alone; None: it is no such move.
    """

    older: int
    is_other_account: bool = False
    left_messages: int | None = None
    # Of a gateway's key alone.
    tried: TriedKey | None = None


def replace_secret(core: Core, merchant: Merchant, name: str, value: str, *, keeps_older: bool, by: str) -> Replaced:
    """Store a secret as the one that is used from now on.

    Raises:
        Invalid: the value does not have the form of such a secret, is of the other mode, or must not be taken just now.
    """
    if problem := KNOWN_SECRETS[name].problem(value, merchant.mode):
        raise Invalid({name: [f"What was given {problem}."]})
    if keeps_older and not KNOWN_SECRETS[name].may_be_several:
        raise Invalid({name: ["Only one of these is ever used: run it without --keep."]})
    given = MerchantSecrets({name: (Secret(value),)})
    tried = check_account(core, merchant, name, given) if name in _GATEWAY_KEYS else None
    is_other = tried is not None and tried.is_other_account
    with core.transactions.write() as work:
        locked = merchants.lock(work, merchant.merchant_id) or merchant
        # Read under the lock: a secret that somebody else replaces just now must not come back.
        stored = merchants.secrets_of(work, merchant.merchant_id)
        older = tuple(one for one in stored.every(name) if one.value != value) if keeps_older else ()
        if is_other:
            refuse_while_unfinished(work, core, locked, name, keeps_older=keeps_older)
            # They are at the account that is left: no payment may begin there any more.
            saved_cards.forget_all(work, merchant.merchant_id, now=core.now())
        left = _left_messages(work, locked, stored, name, value)
        changed = MerchantSecrets({**stored.values, name: (Secret(value), *older)})
        merchants.save_secrets(work, locked, changed, now=core.now())
        detail = f"{name}, of another account" if is_other or left is not None else name
        changes.record_change(work, merchant.merchant_id, by=by, what="secret replaced", detail=detail, now=core.now())
    return Replaced(len(older), is_other, left, tried)


def _left_messages(work: UnitOfWork, merchant: Merchant, stored: MerchantSecrets, name: str, value: str) -> int | None:
    before = stored.one(name).value
    if name not in _MESSENGER_ACCOUNTS or before in ("", value):
        return None
    return open_ends.count_open(work, merchant.merchant_id)
