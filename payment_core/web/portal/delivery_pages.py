"""Every notification with its attempts and answers, and sending again."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from foundation.exact_json import write_json
from payment_core.errors import Refusal
from payment_core.journeys.notifying.replay_notifications import replay_notifications
from payment_core.services import current_core
from payment_core.store.deliveries.delivery_list import STATES, DeliveryFilter, find
from payment_core.web.portal.visitor import admit, visitor

blueprint = Blueprint("portal_deliveries", __name__, url_prefix="/portal/deliveries")
blueprint.before_request(admit)
_PAGE = 50
_MOST_REPLAYS = 2**31 - 1


@blueprint.get("")
def show() -> ResponseReturnValue:
    """List the newest, or those of a state or a link, a page at a time."""
    state, reference = request.args.get("state", ""), request.args.get("reference", "").strip()
    wanted = DeliveryFilter(
        # First of all: a person sees the news of their own merchant only.
        merchant_id=visitor().merchant.merchant_id,
        state=state if state in STATES else None,
        reference=reference or None,
        before=request.args.get("before", type=int),
    )
    with current_core().transactions.read() as work:
        found = find(work, wanted, most=_PAGE)[::-1]
    return render_template(
        "portal/deliveries/deliveries.html",
        visitor=visitor(),
        deliveries=found,
        states=STATES,
        state=state,
        reference=reference,
        most=_PAGE,
    )


@blueprint.get("/<int:delivery_id>")
def show_one(delivery_id: int) -> ResponseReturnValue:
    """Show one with its body and every attempt."""
    with current_core().transactions.read() as work:
        found = find(work, _one(delivery_id), most=1)
    if not found:
        raise Refusal(404, "DELIVERY_NOT_FOUND", "There is no such notification.")
    # As it is sent: a text stays as it is, and everything else as JSON writes it, amounts with all their digits.
    body = {
        name: value if isinstance(value, str) else write_json(value).decode()
        for name, value in found[0]["body"].items()
    }
    return render_template("portal/deliveries/delivery.html", visitor=visitor(), delivery=found[0], body=body)


@blueprint.post("/<int:delivery_id>/replay")
def replay_one(delivery_id: int) -> ResponseReturnValue:
    """Send one again."""
    seen = request.form.get("seen", type=int)
    # More than a column holds was never shown: nothing is sent again.
    seen = seen if seen is None or 0 <= seen <= _MOST_REPLAYS else -1
    replay_notifications(current_core(), visitor().merchant, _one(delivery_id), by=visitor().name, seen=seen)
    return redirect(url_for("portal_deliveries.show_one", delivery_id=delivery_id), 303)


@blueprint.post("/replay-parked")
def replay_parked() -> ResponseReturnValue:
    """Send everything again that was given up after three days."""
    wanted = DeliveryFilter(merchant_id=visitor().merchant.merchant_id, state="parked")
    replay_notifications(current_core(), visitor().merchant, wanted, by=visitor().name)
    return redirect(url_for("portal_deliveries.show"), 303)


def _one(delivery_id: int) -> DeliveryFilter:
    return DeliveryFilter(merchant_id=visitor().merchant.merchant_id, first=delivery_id, last=delivery_id)
