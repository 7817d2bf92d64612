"""Try new keys before they are used, and find out whether a gateway's is of another account than the present one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.errors import Invalid
from payment_core.gateways.gateway import GatewayError, NotAdmitted, ObjectUnknown
from payment_core.messengers.messenger import KeyRefused, MessengerError
from payment_core.services import Core
from payment_core.store.links.unfinished import newest_named

# What opens a messenger's account, only together; and what its notifications are signed with.
_MESSENGER_KEYS = frozenset({"twilio.account", "twilio.key", "twilio.secret"})
_MESSENGER_TOKENS = frozenset({"twilio.webhook"})
_REFUSED = "The gateway does not accept this key. Nothing was changed."
_UNREADABLE = "The gateway shows this key no payment: it is wrong, or lacks a right to read. Nothing was changed."
_TOGETHER_REFUSED = (
    "The messenger does not accept account, key and secret together. Nothing was changed. Give all new ones at once."
)
_SIGNS_FOR_OTHERS = "The messenger does not accept this auth token for its account. Nothing was changed."


@dataclass(frozen=True)
class TriedKey:
    """What is known of a key that may be stored: whether its account is another one, and why it could not be tried."""

    is_other_account: bool = False
    untried_because: str | None = None


def try_key(core: Core, merchant: Merchant, place: str, secrets: MerchantSecrets) -> TriedKey:
    """Ask a merchant's gateway whether it accepts a key, by reading alone. ``place``: where what is wrong is said.

    Raises:
        Invalid: it does not.
    """
    try:
        core.gateways.tried(merchant, merchant.gateway, secrets).try_key()
    except NotAdmitted as error:
        raise Invalid({place: [_REFUSED]}) from error
    except GatewayError as error:
        return TriedKey(untried_because=error.message)
    return TriedKey()


def try_messenger(
    core: Core, merchant: Merchant, secrets: MerchantSecrets, *, names: Collection[str], prefix: str = ""
) -> TriedKey | None:
    """Ask a merchant's messenger whether it accepts what is new among its secrets, by reading alone; None: nothing is.

    ``secrets`` are those that will be used, ``names`` the new ones; ``prefix`` is put before a name where what is wrong is said.

    Raises:
        Invalid: it does not.
    """
    keys, tokens = sorted(_MESSENGER_KEYS & set(names)), sorted(_MESSENGER_TOKENS & set(names))
    if not keys and not tokens:
        return None
    account = core.messengers.tried(merchant, merchant.messenger, secrets)
    try:
        if keys:
            account.try_key()
        for one in tokens:
            if not account.takes_token(secrets.one(one)):
                raise Invalid({f"{prefix}{one}": [_SIGNS_FOR_OTHERS]})
    except KeyRefused as error:
        raise Invalid({f"{prefix}{one}": [_TOGETHER_REFUSED] for one in keys}) from error
    except MessengerError as error:
        return TriedKey(untried_because=error.message)
    return TriedKey()


def check_account(core: Core, merchant: Merchant, name: str, secrets: MerchantSecrets) -> TriedKey:
    """Return whether secrets lead to another account than the one that took the newest payment.

    Where nothing was paid yet, every account is as good; the key is tried alone, and stored also where that is not possible.

    Raises:
        Invalid: the gateway does not accept them, or could not be asked although there are payments.
    """
    with core.transactions.read() as work:
        newest = newest_named(work, merchant.merchant_id)
    if newest is None:
        return try_key(core, merchant, name, secrets)
    try:
        core.gateways.tried(merchant, merchant.gateway, secrets).look(newest)
    except ObjectUnknown:
        return TriedKey(is_other_account=True)
    except NotAdmitted as error:
        raise Invalid({name: [_UNREADABLE]}) from error
    except GatewayError as error:
        raise Invalid({name: ["The gateway could not be asked about this key. Nothing was changed."]}) from error
    return TriedKey()
