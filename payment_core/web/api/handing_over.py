"""The operations by which a merchant's own people get a receipt or a link into their hands; they are ours, not the vendor's."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from foundation.exact_json import write_json
from payment_core.journeys.linking.reveal_link import reveal_link
from payment_core.journeys.messaging.resend_receipt import receipt_address, resend_receipt
from payment_core.services import current_core
from payment_core.web.api.caller import calling_merchant


def get_receipt(link_reference: str) -> ResponseReturnValue:
    """Name the address of a payment's receipt."""
    return _answer("get_receipt", url=receipt_address(current_core(), calling_merchant(), link_reference))


def send_receipt(link_reference: str) -> ResponseReturnValue:
    """Send a payment's receipt to the customer again."""
    core = current_core()
    failure = resend_receipt(core, calling_merchant(), link_reference)
    return _answer("send_receipt", customer_told=failure is None, customer_not_told_because=core.api.failure(failure))


def reveal_payment_link(link_reference: str) -> ResponseReturnValue:
    """Name the address of a link that can be paid."""
    return _answer("reveal_payment_link", url=reveal_link(current_core(), calling_merchant(), link_reference))


VIEWS = (get_receipt, send_receipt, reveal_payment_link)


def _answer(operation: str, **values: object) -> Response:
    body = current_core().api.operation(operation).render(values)
    return Response(write_json(body), mimetype="application/json")
