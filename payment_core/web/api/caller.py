"""Find the merchant whose API key a request carries."""

from __future__ import annotations

from flask import g, request

from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.services import Core, current_core


def calling_merchant() -> Merchant:
    """Return the merchant of this request.

    Raises:
        Refusal: 401.
    """
    merchant: Merchant | None = g.get("merchant")
    if merchant is None:
        merchant = g.merchant = _of_key()
    return merchant


def merchant_of_key(core: Core, header: str) -> Merchant | None:
    """Return the merchant whose key a request's header carries; None for one that is unknown or revoked."""
    # The manifest says how the key is sent: an admin may have found that the vendor does it otherwise.
    scheme = f"{core.api.key_scheme} " if core.api.key_scheme else ""
    key = header.removeprefix(scheme)
    return core.merchants.by_key(key) if key else None


def _of_key() -> Merchant:
    core = current_core()
    merchant = merchant_of_key(core, request.headers.get(core.api.key_header, ""))
    if merchant is None:
        # One sentence for both, so that nobody learns whether a key ever existed.
        raise Refusal(401, "INVALID_API_KEY", "The API key is missing or wrong.")
    return merchant
