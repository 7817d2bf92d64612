"""Replace secrets of a merchant's account at a provider, with or without a time in which the older ones are accepted, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from foundation.database.unit_of_work import UnitOfWork
from foundation.secret import Secret
from payment_core.domain.account_secrets import GATEWAYS, MESSENGERS
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.errors import Invalid
from payment_core.journeys.configuring.check_account import TriedKey, check_account, try_messenger
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
    """How many older secrets are accepted beside each new one, and whether they lead to another account than before.

    ``left_messages``: of so many the end can be known at the messenger's earlier account alone; None: it is no such move.
    """

    older: Mapping[str, int]
    is_other_account: bool = False
    left_messages: int | None = None
    # Of a gateway's key, and of what opens or signs for a messenger's account; None where nothing of it is new.
    tried: TriedKey | None = None
    tried_messenger: TriedKey | None = None


def replace_secrets(
    core: Core, merchant: Merchant, given: Mapping[str, str], *, keeps_older: bool, by: str
) -> Replaced:
    """Store secrets by their names as those that are used from now on, all of them in one transaction.

    A message or a payment that begins at this moment uses the earlier ones or the new ones, never some of each.
    ``keeps_older`` holds for those of which more than one is ever used.

    Raises:
        Invalid: a value does not have the form of such a secret, is of the other mode, or must not be taken just now.
    """
    _check(merchant, given, keeps_older=keeps_older)
    key = next((name for name in given if name in _GATEWAY_KEYS), None)
    new = MerchantSecrets({name: (Secret(value),) for name, value in given.items()})
    tried = check_account(core, merchant, key, new) if key is not None else None
    is_other = tried is not None and tried.is_other_account
    tried_messenger = _try_messenger(core, merchant, new)
    with core.transactions.write() as work:
        locked = merchants.lock(work, merchant.merchant_id)
        # Read under the lock: a secret that somebody else replaces just now must not come back.
        stored = merchants.secrets_of(work, merchant.merchant_id)
        older = {name: _older(stored, name, value, keeps_older=keeps_older) for name, value in given.items()}
        if is_other and key is not None:
            refuse_while_unfinished(work, core, locked, key, keeps_older=keeps_older)
            # They are at the account that is left: no payment may begin there any more.
            saved_cards.forget_all(work, merchant.merchant_id, now=core.now())
        left = _left_messages(work, locked, stored, given)
        values = {name: (Secret(value), *older[name]) for name, value in given.items()}
        merchants.save_secrets(work, locked, MerchantSecrets({**stored.values, **values}), now=core.now())
        for name in given:
            is_moved = (name == key and is_other) or (name in _MESSENGER_ACCOUNTS and left is not None)
            detail = f"{name}, of another account" if is_moved else name
            changes.record_change(
                work, merchant.merchant_id, by=by, what="secret replaced", detail=detail, now=core.now()
            )
    return Replaced({name: len(kept) for name, kept in older.items()}, is_other, left, tried, tried_messenger)


def _try_messenger(core: Core, merchant: Merchant, new: MerchantSecrets) -> TriedKey | None:
    with core.transactions.read() as work:
        stored = merchants.secrets_of(work, merchant.merchant_id)
    after = MerchantSecrets({**stored.values, **new.values})
    return try_messenger(core, merchant, after, names=list(new.values))


def _check(merchant: Merchant, given: Mapping[str, str], *, keeps_older: bool) -> None:
    problems = {name: KNOWN_SECRETS[name].problem(value, merchant.mode) for name, value in given.items()}
    if wrong := {name: [f"What was given {problem}."] for name, problem in problems.items() if problem}:
        raise Invalid(wrong)
    if keeps_older and not any(KNOWN_SECRETS[name].may_be_several for name in given):
        raise Invalid({name: ["Only one of these is ever used: run it without --keep."] for name in given})


def _older(stored: MerchantSecrets, name: str, value: str, *, keeps_older: bool) -> tuple[Secret, ...]:
    if not (keeps_older and KNOWN_SECRETS[name].may_be_several):
        return ()
    return tuple(one for one in stored.every(name) if one.value != value)


def _left_messages(
    work: UnitOfWork, merchant: Merchant, stored: MerchantSecrets, given: Mapping[str, str]
) -> int | None:
    name = next((one for one in given if one in _MESSENGER_ACCOUNTS), None)
    if name is None or stored.one(name).value in ("", given[name]):
        return None
    return open_ends.count_open(work, merchant.merchant_id)
