"""Knows the payment core's API as the manifest names it: who may call, and in which words it answers."""

from __future__ import annotations

import hmac
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from sandbox.core.clock import stamp, stamp_or_none
from sandbox.core.errors import Refusal, invalid
from sandbox.core.incoming import json_body, read_ask
from sandbox.core.link import Link
from sandbox.core.manifest import Manifest, Operation
from sandbox.core.merchant import DELIVERY_REPORTS, ENVIRONMENT
from sandbox.core.money import read_amount
from sandbox.core.parts import current_core

NO_ANSWER = 499
TRANSACTION_TYPE_OF = {
    "PAYMENT_CAPTURED": "CAPTURE",
    "PAYMENT_VOIDED": "VOID",
    "PAYMENT_REVERSED": "VOID",
}


def register_api(app: Flask, manifest: Manifest) -> None:
    """This function will give every operation of the manifest its view."""
    api = Blueprint("api", __name__)
    api.before_request(_admit)
    api.after_request(_lose_answer)
    for name, view in VIEWS.items():
        operation = manifest.operations[name]
        api.add_url_rule(operation.rule, name, view, methods=[operation.method])
    app.register_blueprint(api)


def _admit() -> None:
    core = current_core()
    if core.faults.strikes(core.faults.current.http_500):
        raise Refusal(500, "INTERNAL_ERROR", message="The sandbox was told to fail.")
    scheme = f"{core.manifest.key_scheme} " if core.manifest.key_scheme else ""
    given = request.headers.get(core.manifest.key_header, "").removeprefix(scheme)
    if not hmac.compare_digest(given.encode(), core.merchant.api_key.encode()):
        raise Refusal(401, "INVALID_API_KEY", message="The API key is missing or wrong.")


def _lose_answer(response: Response) -> Response:
    core = current_core()
    if core.faults.strikes(core.faults.current.drop_answers):
        return _hang_up()
    return response


def _hang_up() -> Response:
    """This function will close the connection, so that the work is done but its answer never leaves.

    WSGI knows no such thing; waitress lends the connection's channel through this entry of its environment.
    """
    probe = request.environ.get("waitress.client_disconnected")
    if probe is not None:
        # the caller may have left already
        with suppress(OSError):
            probe.__self__.socket.shutdown(socket.SHUT_RDWR)
    # only a test client, which has no connection to lose, ever sees this
    return Response(status=NO_ANSWER)


def _operation(name: str) -> Operation:
    return current_core().manifest.operations[name]


def send_payment_link() -> tuple[Response, int]:
    core, operation = current_core(), _operation("send_payment_link")
    ask = read_ask(json_body(), operation.body, merchant=core.merchant.current)
    application = core.applications.find(ask.application)
    if application is None:
        raise Refusal(404, "APPLICATION_NOT_FOUND", message="No application has this applicationUuid.")
    if application.status != "ACTIVATED":
        raise Refusal(409, "APPLICATION_DISABLED", message="The application is disabled.")
    link, saved = core.links.send(ask)
    answer = {
        "link_reference": link.ref,
        "core_status": link.link_status,
        "created_at": stamp(link.created_at),
        "expires_at": stamp(link.expires_at),
        "saved_card": saved,
    }
    return jsonify(operation.render(answer)), 201


def transaction_body(link: Link) -> dict[str, Any]:
    """This function will give a transaction in the API's words, with the message's fate where a channel tells it."""
    core = current_core()
    body = _operation("get_transaction").render(link.answer(core.merchant.current.merchant_name))
    if DELIVERY_REPORTS[link.channel]:
        body |= {"messageStatus": link.message_status, "messageFailureReason": link.message_failure}
    return body


def find_by_reference() -> Response:
    operation = _operation("find_by_reference")
    name = operation.query["reference"]
    reference = request.args.get(name)
    if not reference:
        raise invalid(name, "is required")
    found = [transaction_body(link) for link in current_core().links.by_reference(reference)]
    return jsonify(operation.render({"items": found}))


def get_transaction(link_reference: str) -> Response:
    return jsonify(transaction_body(current_core().links.get(link_reference)))


def cancel_payment_link(link_reference: str) -> Response:
    link, failure = current_core().links.cancel(link_reference)
    answer = {
        "core_status": link.link_status,
        "customer_told": failure is None,
        "customer_not_told_because": failure,
    }
    return jsonify(_operation("cancel_payment_link").render(answer))


def capture_payment(link_reference: str) -> Response:
    core, operation = current_core(), _operation("capture_payment")
    name, body = operation.body["amount"], json_body()
    amount = None
    if body.get(name) is not None:
        currency = core.links.get(link_reference).currency
        digits = core.merchant.current.digits_of(currency)
        amount = read_amount(name, body[name], currency=currency, digits=digits)
        if amount <= 0:
            raise invalid(name, "must be more than 0")
    link = core.payments.capture(link_reference, amount)
    return jsonify(_gateway_answer(operation, link, amount=link.captured))


def reverse_payment(link_reference: str) -> Response:
    link = current_core().payments.reverse(link_reference)
    return jsonify(_gateway_answer(_operation("reverse_payment"), link, amount=link.reversed))


def _gateway_answer(operation: Operation, link: Link, *, amount: Decimal) -> dict[str, Any]:
    manifest, status = current_core().manifest, str(link.payment_status)
    answer = {
        "transaction_type": manifest.transaction_type_ids[TRANSACTION_TYPE_OF[status]],
        "total": amount,
        "decision": "ACCEPT",
        "payment_status": status,
        "reconciliation_reference": link.reconciliation,
    }
    return {
        **operation.render(answer),
        "paymentStatusId": manifest.status_ids[status],
        "paymentGatewayReqReferenceNumber": link.ref,
        "paymentGatewayResponseTimestamp": stamp_or_none(link.decided_at),
        "paymentGatewayResponseCode": "100",
        "paymentGatewayErrorDecision": None,
        "cardType": link.card_brand,
        "maskedCardNumber": f"************{link.card_last4}",
    }


def get_configuration() -> Response:
    merchant, listed = current_core().merchant.current, current_core().applications.listed()
    named = _operation("set_application_status").body
    answer = {
        "environment": ENVIRONMENT,
        "merchant_name": merchant.merchant_name,
        "channels": list(merchant.channels),
        "currencies": list(merchant.currencies),
        "currency_digits": {currency: merchant.digits_of(currency) for currency in merchant.currencies},
        "transaction_type": merchant.transaction_type,
        "delivery_reports": {channel: DELIVERY_REPORTS[channel] for channel in merchant.channels},
        "applications": [{named["application"]: one.uuid, named["status"]: one.status} for one in listed],
    }
    return jsonify(_operation("get_configuration").render(answer))


def set_application_status() -> Response:
    operation, body = _operation("set_application_status"), json_body()
    uuid, status = body.get(operation.body["application"]), body.get(operation.body["status"])
    if not isinstance(uuid, str) or not uuid:
        raise invalid(operation.body["application"], "is required")
    if status not in ("ACTIVATED", "DEACTIVATED", "DELETED"):
        raise invalid(operation.body["status"], "must be ACTIVATED, DEACTIVATED or DELETED")
    current_core().applications.set_status(uuid, str(status))
    return jsonify(operation.render({"updated_at": stamp(time.time())}))


VIEWS: dict[str, Callable[..., ResponseReturnValue]] = {
    "send_payment_link": send_payment_link,
    "find_by_reference": find_by_reference,
    "get_transaction": get_transaction,
    "cancel_payment_link": cancel_payment_link,
    "capture_payment": capture_payment,
    "reverse_payment": reverse_payment,
    "get_configuration": get_configuration,
    "set_application_status": set_application_status,
}
