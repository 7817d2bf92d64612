"""The operations of the API, each at the method and path that the manifest names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from foundation.exact_json import write_json
from payment_core.api_manifest import api_time
from payment_core.domain.enums import ApplicationStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal, invalid_field
from payment_core.journeys.amending import move_money
from payment_core.journeys.configuring.change_application import set_status
from payment_core.journeys.linking.cancel_link import cancel_link as cancel
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.linking.expire_links import end_overdue
from payment_core.services import Core, current_core
from payment_core.store import applications
from payment_core.store.links import attempts, links
from payment_core.store.links.search import NEEDS_PERSON, LinkFilter, count_needing_person, search
from payment_core.web.api import handing_over
from payment_core.web.api.bodies import json_body
from payment_core.web.api.caller import calling_merchant
from payment_core.web.api.link_order_body import read_api_amount, read_link_order, read_text
from payment_core.web.api.message_preview import preview_values
from payment_core.web.api.transaction_body import transaction_values

_MOST_LISTED = 500
_TRANSACTION_TYPES = {
    PaymentStatus.CAPTURED: "CAPTURE",
    PaymentStatus.VOIDED: "VOID",
    PaymentStatus.REVERSED: "VOID",
}


def send_payment_link() -> ResponseReturnValue:
    """Make a link and write to the customer; the same reference and body give the link that exists."""
    body, status = made_link(current_core(), calling_merchant(), json_body())
    return Response(body, status, mimetype="application/json")


def made_link(core: Core, merchant: Merchant, body: Mapping[str, Any]) -> tuple[bytes, int]:
    """Make the link that a body asks for; return body and status of the answer, and raise as ``create_link`` does."""
    operation = core.api.operation("send_payment_link")
    order = read_link_order(body, operation.body, merchant, core.api.our_reference)
    created = create_link(core, merchant, order)
    link = created.link
    answer = {
        "link_reference": link.reference,
        "core_status": link.status.value,
        "created_at": api_time(link.created_at),
        "expires_at": api_time(link.expires_at),
        "saved_card": created.offers_saved_card,
    }
    # 200 and not 201: the caller repeated itself, and nothing was sent a second time.
    return write_json(operation.render(answer)), 201 if created.is_new else 200


def find_by_reference() -> ResponseReturnValue:
    """List the links that were made under a caller's reference."""
    core, merchant = current_core(), calling_merchant()
    operation = core.api.operation("find_by_reference")
    name = operation.query["reference"]
    reference = request.args.get(name)
    if not reference:
        raise invalid_field(name, "is required")
    with core.transactions.read() as work:
        found = links.by_caller(work, merchant.merchant_id, reference)
    # Each is ended first where its time is over: the connector decides by this whether it may send another.
    return _json(operation.render({"items": [_transaction(one.reference, merchant) for one in found]}))


def get_transaction(link_reference: str) -> ResponseReturnValue:
    """Return one link with its money and the status of its message."""
    return _json(_transaction(link_reference, calling_merchant()))


def cancel_payment_link(link_reference: str) -> ResponseReturnValue:
    """Cancel a link that nobody opened."""
    core = current_core()
    name = core.api.operation("cancel_payment_link").body["for_replacement"]
    for_replacement = json_body().get(name, False)
    if not isinstance(for_replacement, bool):
        raise invalid_field(name, "must be true or false")
    cancelled = cancel(core, calling_merchant(), link_reference, for_replacement=for_replacement)
    answer = {
        "core_status": cancelled.link.status.value,
        "customer_told": cancelled.failure is None,
        "customer_not_told_because": core.api.failure(cancelled.failure),
    }
    return _json(core.api.operation("cancel_payment_link").render(answer))


def capture_payment(link_reference: str) -> ResponseReturnValue:
    """Take held money, all of it or a part."""
    core, merchant = current_core(), calling_merchant()
    name = core.api.operation("capture_payment").body["amount"]
    raw = json_body().get(name)
    amount = None if raw is None else _part(name, raw, _current(merchant, link_reference), merchant)
    # The journey checks again under the lock; this reads only what the amount's digits are.
    link = move_money.capture(core, merchant, link_reference, amount)
    return _json(_gateway_answer("capture_payment", link, amount=link.captured))


def reverse_payment(link_reference: str) -> ResponseReturnValue:
    """Release held money, or void what was taken and is not settled."""
    link = move_money.reverse(current_core(), calling_merchant(), link_reference)
    return _json(_gateway_answer("reverse_payment", link, amount=link.reversed))


def get_configuration() -> ResponseReturnValue:
    """Return what the merchant has configured."""
    core, merchant = current_core(), calling_merchant()
    named = core.api.operation("set_application_status").body
    with core.transactions.read() as work:
        listed = applications.listed(work, merchant.merchant_id)
    answer = {
        "environment": merchant.mode.value,
        "merchant_name": merchant.name,
        "channels": [one.value for one in merchant.channels],
        "currencies": list(merchant.currencies),
        "currency_digits": {one: merchant.digits_of(one) for one in merchant.currencies},
        "transaction_type": merchant.transaction_type.value,
        "delivery_reports": core.messengers.delivery_reports(merchant),
        "minimum_amounts": {one: str(least) for one in merchant.currencies if (least := _least(merchant, one))},
        "amount_steps": {one: str(step) for one in merchant.currencies if (step := _step(merchant, one))},
        "maximum_amounts": {one: str(merchant.maximum[one]) for one in merchant.currencies if one in merchant.maximum},
        "applications": [
            {
                named["application"]: one.application_id,
                named["status"]: one.status.value,
                core.api.wants_messages: one.wants_messages,
            }
            for one in listed
        ],
    }
    return _json(core.api.operation("get_configuration").render(answer))


def _least(merchant: Merchant, currency: str) -> Decimal | None:
    """Return the least amount of a link: by the merchant, or by what the gateway charges; None where neither says so."""
    gateway = current_core().gateways.of(merchant, merchant.gateway)
    named = (merchant.minimum.get(currency), gateway.minimum(currency))
    return max((one for one in named if one is not None), default=None)


def _step(merchant: Merchant, currency: str) -> Decimal | None:
    """Return what an amount must be a multiple of; None where that goes without saying by the currency's digits."""
    step = current_core().gateways.of(merchant, merchant.gateway).step(currency)
    return step if step is not None and step > Decimal(1).scaleb(-merchant.digits_of(currency)) else None


def list_attention() -> ResponseReturnValue:
    """List the newest payments that need a person now, and how many more do, for an application whose news was lost."""
    core, merchant = current_core(), calling_merchant()
    names = core.api.operation("list_attention").answer
    with core.transactions.read() as work:
        found = search(work, LinkFilter(merchant_id=merchant.merchant_id, status=NEEDS_PERSON), most=_MOST_LISTED)
        # Counted where the list is full alone: it is nearly always short.
        count = len(found) if len(found) < _MOST_LISTED else count_needing_person(work, merchant.merchant_id)
    items = [{names["link_reference"]: one.reference, names["attention"]: one.attention} for one in found]
    # One that began to need a person between the two readings is one more, and none is ever one less.
    return _json({names["items"]: items, names["more"]: max(count - len(items), 0)})


def set_application_status() -> ResponseReturnValue:
    """Enable, disable or delete an application."""
    core, merchant, body = current_core(), calling_merchant(), json_body()
    operation = core.api.operation("set_application_status")
    application = read_text(body, operation.body["application"], longest=64)
    status = body.get(operation.body["status"])
    if status not in list(ApplicationStatus):
        raise invalid_field(operation.body["status"], "must be ACTIVATED, DEACTIVATED or DELETED")
    # The API documents no refusal for an application without its URLs.
    done = set_status(core, merchant, application, ApplicationStatus(str(status)), by="API", may_lack_urls=True)
    if done is None:
        raise Refusal(404, "APPLICATION_NOT_FOUND", "No application has this applicationUuid.")
    return _json(operation.render({"updated_at": api_time(core.now())}))


def preview_message() -> ResponseReturnValue:
    """Show a message as a customer would get it."""
    core = current_core()
    return _json(core.api.operation("preview_message").render(preview_values(core, calling_merchant())))


VIEWS: dict[str, Callable[..., ResponseReturnValue]] = {
    view.__name__: view
    for view in (
        send_payment_link,
        find_by_reference,
        get_transaction,
        cancel_payment_link,
        capture_payment,
        reverse_payment,
        get_configuration,
        list_attention,
        set_application_status,
        preview_message,
        *handing_over.VIEWS,
    )
}


def _current(merchant: Merchant, reference: str) -> Link:
    """Return a link as it is now; one whose time is over is ended first.

    Raises:
        Refusal: 404.
    """
    core = current_core()
    with core.transactions.read() as work:
        link = links.find(work, reference)
    if link is None or link.merchant_id != merchant.merchant_id:
        raise Refusal(404, "TRANSACTION_NOT_FOUND", "No transaction has this paymentLinkRef.")
    if not link.is_overdue(core.now()):
        return link
    end_overdue(core, reference)
    with core.transactions.read() as work:
        return links.get(work, reference)


def _transaction(reference: str, merchant: Merchant) -> dict[str, Any]:
    core = current_core()
    # Before the link: a charge that ends in between is shown with what it came to, never as over beside an unpaid link.
    with core.transactions.read() as work:
        charge = attempts.charge_of(work, reference)
    values = transaction_values(core.api, _current(merchant, reference), merchant, charge)
    return core.api.operation("get_transaction").render(values)


def _part(name: str, raw: object, link: Link, merchant: Merchant) -> Decimal:
    amount = read_api_amount(name, raw, link.currency, merchant.digits_of(link.currency))
    if amount <= 0:
        raise invalid_field(name, "must be more than 0")
    return amount


def _gateway_answer(name: str, link: Link, *, amount: Decimal) -> dict[str, Any]:
    manifest, status = current_core().api, link.payment_status or PaymentStatus.DECLINED
    answer = {
        "transaction_type": manifest.transaction_type_ids[_TRANSACTION_TYPES.get(status, "CAPTURE")],
        "total": amount,
        "decision": "ACCEPT",
        "payment_status": status.value,
        "reconciliation_reference": link.reconciliation_reference,
    }
    # Documented by the vendor beside those that the manifest names.
    documented = {
        "paymentStatusId": manifest.status_ids[status.value],
        "paymentGatewayReqReferenceNumber": link.reference,
        "paymentGatewayResponseTimestamp": api_time(link.decided_at),
        "paymentGatewayResponseCode": 100,
        "paymentGatewayErrorDecision": None,
        "cardType": link.card_brand,
        "maskedCardNumber": f"************{link.card_last4}" if link.card_last4 else None,
    }
    return {**manifest.operation(name).render(answer), **documented}


def _json(body: Any) -> Response:
    return Response(write_json(body), mimetype="application/json")


def api(core: Core) -> Blueprint:
    """Return the operations, each at its own place of the manifest; all of them ask for the merchant's key first."""
    blueprint = Blueprint("api", __name__)
    # Before the body is read and the path's reference is looked up.
    blueprint.before_request(_admit)
    for name, view in VIEWS.items():
        operation = core.api.operation(name)
        blueprint.add_url_rule(operation.rule, name, view, methods=[operation.method])
    return blueprint


def _admit() -> None:
    calling_merchant()
