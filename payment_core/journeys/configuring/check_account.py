"""Find out whether a gateway's new key is of another account than the present one, before it is used."""

from __future__ import annotations

from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.errors import Invalid
from payment_core.gateways.gateway import GatewayError, NotAdmitted, ObjectUnknown
from payment_core.services import Core
from payment_core.store.links.unfinished import newest_named


def check_account(core: Core, merchant: Merchant, name: str, secrets: MerchantSecrets) -> bool:
    """Return whether secrets lead to another account than the one that took the newest payment.

    Raises:
        Invalid: the gateway does not accept them, or could not be asked.
    """
    with core.transactions.read() as work:
        newest = newest_named(work, merchant.merchant_id)
    if newest is None:
        return False
    try:
        core.gateways.tried(merchant, merchant.gateway, secrets).look(newest)
    except ObjectUnknown:
        return True
    except NotAdmitted as error:
        raise Invalid({name: ["The gateway does not accept this key. Nothing was changed."]}) from error
    except GatewayError as error:
        raise Invalid({name: ["The gateway could not be asked about this key. Nothing was changed."]}) from error
    return False
