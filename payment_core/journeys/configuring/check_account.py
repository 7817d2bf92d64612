"""Try a gateway's new key before it is used, and find out whether it is of another account than the present one."""

from __future__ import annotations

from dataclasses import dataclass

from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.errors import Invalid
from payment_core.gateways.gateway import GatewayError, NotAdmitted, ObjectUnknown
from payment_core.services import Core
from payment_core.store.links.unfinished import newest_named

_REFUSED = "The gateway does not accept this key. Nothing was changed."
_UNREADABLE = "The gateway shows this key no payment: it is wrong, or lacks a right to read. Nothing was changed."


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
