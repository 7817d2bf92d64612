"""Have a core of our own hand over a receipt's address, the receipt itself once more, or a link's address."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from marshmallow import ValidationError

import manifests
from connector.core.client import CoreClient
from connector.core.peer_fields import LONGEST_SPARE, DisplayText, is_storable
from connector.domain.tenants.tenant import CoreAccess
from connector.errors import CoreOutcomeUnknown

_OPERATIONS = manifests.load("core/ours.json")["operations"]
_LONGEST_URL = 500
_REASON = DisplayText(most=LONGEST_SPARE)


@dataclass(frozen=True)
class ReceiptSent:
    """Whether the receipt left, and why not, where the core says so."""

    customer_told: bool
    not_told_because: str | None = None


def receipt_url(core: CoreClient, access: CoreAccess, link_reference: str) -> str:
    """Return the address of a payment's receipt. Raises as ``CoreClient.ask_own`` does."""
    return _url(core, access, "get_receipt", link_reference)


def link_url(core: CoreClient, access: CoreAccess, link_reference: str) -> str:
    """Return the address of a link that can be paid; whoever has it may pay. Raises as ``CoreClient.ask_own`` does."""
    return _url(core, access, "reveal_payment_link", link_reference, body={})


def send_receipt(core: CoreClient, access: CoreAccess, link_reference: str) -> ReceiptSent:
    """Send a payment's receipt to the customer again. Raises as ``CoreClient.ask_own`` does."""
    names = _OPERATIONS["send_receipt"]["answer"]
    answer = core.ask_own(access, "send_receipt", path={"link_reference": link_reference}, body={})
    customer_told = answer.get(names["customer_told"])
    if not isinstance(customer_told, bool):
        raise CoreOutcomeUnknown("The payment core's answer could not be read.", operation="send_receipt")
    try:
        reason = _REASON.deserialize(answer.get(names["customer_not_told_because"]))
    except ValidationError:
        reason = None
    return ReceiptSent(customer_told, reason)


def _url(
    core: CoreClient, access: CoreAccess, operation: str, link_reference: str, body: dict[str, object] | None = None
) -> str:
    answer = core.ask_own(access, operation, path={"link_reference": link_reference}, body=body)
    url = answer.get(_OPERATIONS[operation]["answer"]["url"])
    # A page opens it: no script, and no plain http where the core itself is asked over https.
    allowed = {"https", urlsplit(access.base_url).scheme}
    if not isinstance(url, str) or not is_storable(url, most=_LONGEST_URL) or urlsplit(url).scheme not in allowed:
        raise CoreOutcomeUnknown("The payment core's answer could not be read.", operation=operation)
    return url
