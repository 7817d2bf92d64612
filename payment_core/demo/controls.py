"""What testers can set and see in a demo; the sandbox's front serves it under ``/sandbox``."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from foundation.exact_json import write_json
from payment_core.demo.faulty_deliveries import DROPPED, DeliveryFaults, FaultyCourier
from payment_core.demo.first_merchant import PROVIDER
from payment_core.demo.gateway import DemoGateway
from payment_core.demo.payment_rows import Happening
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal, invalid_field
from payment_core.journeys.configuring import change_application as application_changes
from payment_core.journeys.configuring import change_settings as setting_changes
from payment_core.journeys.messaging.compose import plain_amount
from payment_core.journeys.paying.heed_fraud_warning import heed_fraud_warning
from payment_core.journeys.paying.look_at_payments import look
from payment_core.services import Core, current_core
from payment_core.store import applications, merchants
from payment_core.store.deliveries import delivery_list
from payment_core.store.links import attempts, links
from payment_core.store.links.search import LinkFilter, search
from payment_core.web.api.bodies import json_body
from payment_core.web.api.transaction_body import transaction_values

_BY = "tester"
# The newest links among which payments are looked for.
_SHOWN = 50


def controls(gateway: DemoGateway, courier: FaultyCourier) -> Blueprint:
    """Return the blueprint; whoever registers it checks the caller's key."""
    blueprint = Blueprint("demo_controls", __name__, url_prefix="/demo")

    @blueprint.get("/applications")
    def list_applications() -> ResponseReturnValue:
        return jsonify({"applications": shown_applications(current_core())})

    @blueprint.put("/applications/<application_id>")
    def put_application(application_id: str) -> ResponseReturnValue:
        core = current_core()
        changed = application_changes.change_application(
            core, demo_merchant(core), application_id, json_body(), by=_BY, may_lack_urls=True
        )
        return jsonify(application_changes.shown(changed))

    @blueprint.get("/hook")
    def hook() -> ResponseReturnValue:
        # Where phones reply that no merchant has written to.
        return jsonify({"path": f"/hooks/{PROVIDER}/{demo_merchant(current_core()).hook}"})

    @blueprint.get("/settings")
    def settings() -> ResponseReturnValue:
        return jsonify(setting_changes.shown(demo_merchant(current_core())))

    @blueprint.put("/settings")
    def change_settings() -> ResponseReturnValue:
        core = current_core()
        return jsonify(
            setting_changes.shown(setting_changes.change_settings(core, demo_merchant(core), json_body(), by=_BY))
        )

    @blueprint.put("/faults")
    def order_faults() -> ResponseReturnValue:
        ordered = dict(json_body())
        gateway.pace.charge_seconds = float(ordered.pop("slow_charge_ms", 0)) / 1000
        courier.order(DeliveryFaults.of(ordered))
        return jsonify({})

    _add_payment_controls(blueprint, gateway)
    blueprint.add_url_rule("/payments", view_func=_payments)
    blueprint.add_url_rule("/callbacks", view_func=_callbacks)
    return blueprint


def _callbacks() -> ResponseReturnValue:
    reference, most = request.args.get("link_reference"), _limit()
    with current_core().transactions.read() as work:
        found = delivery_list.listed(work, reference=reference, most=most)
        counts = delivery_list.counted(work)
    for one in found:
        dropped = any(attempt["error"] == DROPPED for attempt in one["attempts"])
        one["state"] = "dropped" if dropped else one["state"]
    counts["dropped"] = sum(one["state"] == "dropped" for one in found)
    return Response(write_json({"counts": counts, "callbacks": found}), mimetype="application/json")


def _add_payment_controls(blueprint: Blueprint, gateway: DemoGateway) -> None:
    """Add what happens to payments without their merchant."""

    @blueprint.post("/reviews/<reference>")
    def finish_review(reference: str) -> ResponseReturnValue:
        decision = json_body().get("decision")
        if decision not in ("approve", "decline"):
            raise invalid_field("decision", "must be approve or decline")
        if not gateway.finish_review(_payment_of(reference), approve=decision == "approve"):
            raise Refusal(409, "NOT_IN_REVIEW", "This payment is not in review.")
        return _looked_at(reference)

    @blueprint.post("/settle/<reference>")
    def settle(reference: str) -> ResponseReturnValue:
        if not gateway.settle(_payment_of(reference)):
            raise Refusal(409, "NOTHING_TO_SETTLE", "No money has been taken with this link.")
        return _looked_at(reference)

    @blueprint.post("/payments/<reference>/<what>")
    def happen(reference: str, what: str) -> ResponseReturnValue:
        if what not in set(Happening):
            raise Refusal(404, "NO_SUCH_CONTROL", f"Nothing of this name happens: {', '.join(Happening)} do.")
        if not gateway.happen(_payment_of(reference), Happening(what)):
            raise Refusal(409, "DOES_NOT_APPLY", "This cannot happen to this payment as it is now.")
        return _looked_at(reference, is_warned=what == Happening.FRAUD_WARNING)


def _payments() -> ResponseReturnValue:
    core = current_core()
    with core.transactions.read() as work:
        found = search(work, LinkFilter(merchant_id=demo_merchant(core).merchant_id), most=_SHOWN)
    paid = [one for one in found if one.payment_status is not None]
    shown = [
        {
            "reference": one.reference, "order_number": one.order_number, "status": str(one.payment_status),
            "amount": plain_amount(one), "attention": core.api.attentions.get(one.attention or ""),
        }
        for one in paid
    ]  # fmt: skip
    return jsonify({"payments": shown})


def demo_merchant(core: Core) -> Merchant:
    """Return the demo's merchant: it has one."""
    with core.transactions.read() as work:
        return merchants.listed(work)[0]


def shown_applications(core: Core) -> list[dict[str, object]]:
    """Return the applications of the demo's merchant, with what proves their notifications."""
    merchant = demo_merchant(core)
    with core.transactions.read() as work:
        return [application_changes.shown(one) for one in applications.listed(work, merchant.merchant_id)]


def _payment_of(reference: str) -> str:
    with current_core().transactions.read() as work:
        link = links.find(work, reference)
        if link is None:
            raise Refusal(404, "TRANSACTION_NOT_FOUND", "No transaction has this paymentLinkRef.")
        attempt = attempts.find(work, link.paid_by) if link.paid_by else None
    return str(attempt.page_id) if attempt else ""


def _looked_at(reference: str, *, is_warned: bool = False) -> Response:
    """Look at a payment after the gateway has changed it, as its webhook would make us do."""
    core = current_core()
    with core.transactions.read() as work:
        link = links.find(work, reference)
        attempt = attempts.find(work, link.paid_by) if link and link.paid_by else None
    if attempt is not None:
        look(core, attempt)
        if is_warned:
            heed_fraud_warning(core, demo_merchant(core), attempt)
    with core.transactions.read() as work:
        charge, link = attempts.charge_of(work, reference), links.find(work, reference)
    if link is None:
        raise Refusal(404, "TRANSACTION_NOT_FOUND", "No transaction has this paymentLinkRef.")
    values = transaction_values(core.api, link, demo_merchant(core), charge)
    body = core.api.operation("get_transaction").render(values)
    return Response(write_json(body), mimetype="application/json")


def _limit() -> int | None:
    raw = request.args.get("limit")
    if raw is None:
        return None
    if not raw.isascii() or not raw.isdigit() or len(raw) > 7:
        raise invalid_field("limit", "must be a whole number")
    return int(raw)
