"""When money may be captured or given back, in the API's documented refusals."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from payment_core.api_manifest import ApiManifest
from payment_core.domain.enums import PaymentStatus
from payment_core.domain.link import Link
from payment_core.errors import Refusal
from payment_core.gateways.gateway import GatewayRefused
from payment_core.store.links.money_moves import MoveKind


def check_capture(api: ApiManifest, link: Link, amount: Decimal | None, *, now: datetime) -> None:
    """Check a capture of ``amount`` (None: all that is held).

    Raises:
        Refusal: 409 with the documented reason.
    """
    if link.payment_status in (PaymentStatus.CAPTURED, PaymentStatus.RECEIVED):
        raise _refusal(api, MoveKind.CAPTURE, "already_captured", "This payment has already been captured.")
    if link.payment_status is not PaymentStatus.AUTHORIZED:
        raise Refusal(409, "NOTHING_TO_CAPTURE", "This link holds no authorization.")
    if link.capture_before is not None and now > link.capture_before:
        raise _refusal(api, MoveKind.CAPTURE, "expired", "The authorization has expired.")
    if amount is not None and amount > link.authorized:
        raise _refusal(api, MoveKind.CAPTURE, "amount_too_high", "The amount is higher than the authorization.")


def check_reverse(api: ApiManifest, link: Link) -> None:
    """Check a reversal; raises as ``check_capture`` does."""
    if link.payment_status in (PaymentStatus.REVERSED, PaymentStatus.VOIDED) and not link.has_money:
        raise _refusal(api, MoveKind.GIVE_BACK, "already_reversed", "This payment has already been reversed.")
    # A settled payment can only be refunded, which the API does not offer: it would be missing from the merchant's books.
    if link.settled:
        sentence = "The payment is settled. Refund it in the gateway's back office."
        raise _refusal(api, MoveKind.GIVE_BACK, "too_late_refund_at_gateway", sentence)
    if not link.has_money:
        raise Refusal(409, "NOTHING_TO_REVERSE", "No money has been held or taken with this link.")


def refusal_of(api: ApiManifest, kind: MoveKind, refused: GatewayRefused) -> Refusal:
    """Return the API's refusal for what a gateway refused."""
    if kind is MoveKind.CAPTURE and refused.reason == "authorization_expired":
        return _refusal(api, kind, "expired", "The authorization has expired.")
    return Refusal(502, "GATEWAY_REFUSED", "The gateway refused this. Look into its back office.")


def _refusal(api: ApiManifest, kind: MoveKind, outcome: str, sentence: str) -> Refusal:
    operation = "capture_payment" if kind is MoveKind.CAPTURE else "reverse_payment"
    return Refusal(409, api.refusal(operation, outcome), sentence)
