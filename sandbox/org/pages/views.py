"""The order list and the order page that embeds the Canvas app."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request

from sandbox.org.instance.org import Org, current_org
from sandbox.org.pages.formatting import ZONE_NOTE, format_field, order_sections, payment_badge, request_rows
from sandbox.org.pages.signed_request import signed_request
from sandbox.org.permissions.access import can_see_order
from sandbox.org.records.store import Row
from sandbox.org.wire.exact_json import to_json
from sandbox.org.wire.ids import MalformedId, canonical_id

blueprint = Blueprint("pages", __name__)


@blueprint.after_request
def add_security_headers(response: Response) -> Response:
    """Allow our own scripts and styles, and the extension's origin as the only frame and form target."""
    parts = urlsplit(current_org().canvas_url)
    canvas = f"{parts.scheme}://{parts.netloc}"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"frame-src {canvas}; form-action 'self' {canvas}; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    # The extension may look at Origin, as it can in Salesforce; a stricter policy would send "null".
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    return response


def _viewer(org: Org) -> Row:
    """Return the user that the page is shown as: chosen in the address, the first agent otherwise."""
    try:
        chosen = org.user(canonical_id(request.args.get("user", "")))
    except MalformedId:
        chosen = None
    return chosen or org.first_agent()


def _page(template: str, *, status: int = 200, **facts: Any) -> Response:
    org = current_org()
    name = (org.records.get("Organization", org.keys.org_id) or {}).get("Name")
    users = [
        {"id": user["Id"], "name": user["Name"], "profile": _name(org, "Profile", record_id=user["ProfileId"])}
        for user in org.users()
    ]
    bells = org.bulletin.of_user(facts["viewer"]["Id"])
    html = render_template(template, org_name=name, users=users, bells=bells, **facts)
    return Response(html, status=status, mimetype="text/html")


def _name(org: Org, object_name: str, *, record_id: str | None) -> str:
    row = org.records.get(object_name, record_id)
    return str(row["Name"]) if row else ""


@blueprint.get("/")
def list_orders() -> Response:
    """Serve the list of the orders that the viewer sees."""
    org = current_org()
    viewer = _viewer(org)
    # The newest first once there are many: the samples stay at the top of a small list.
    seen = [order for order in org.orders() if can_see_order(viewer, order)]
    # No paging: a list of a hundred thousand orders would be read by nobody, and the total says how many there are.
    shown = [_list_row(org, order) for order in seen[:200]]
    return _page("orders.html", viewer=viewer, orders=shown, total=len(seen))


def _list_row(org: Org, order: Row) -> dict[str, Any]:
    fields = org.metadata.objects["Order"].fields
    return {
        "id": order["Id"],
        "number": order["OrderNumber"],
        "account": _name(org, "Account", record_id=order["AccountId"]),
        "status": order["Status"],
        "owner": _name(org, "User", record_id=order["OwnerId"]),
        "amount": format_field(order, fields["Grand_Total__c"]) or format_field(order, fields["TotalAmount"]),
        "payment": payment_badge(org, order),
    }


@blueprint.get("/lightning/r/Order/<order_id>/view", endpoint="show_order_by_its_salesforce_address")
@blueprint.get("/orders/<order_id>")
def show_order(order_id: str) -> Response:
    """Serve an order's page, with the Canvas app in it."""
    org = current_org()
    viewer, order = _viewer(org), _order(org, order_id)
    # Told apart for whoever tries the demo out; the API answers both alike.
    if order is None:
        return _page("refused.html", status=404, viewer=viewer, reason="missing")
    if not can_see_order(viewer, order):
        return _page("refused.html", status=403, viewer=viewer, reason="no_access")
    return _page(
        "order.html",
        viewer=viewer,
        order=order,
        account=_name(org, "Account", record_id=order["AccountId"]),
        payment=payment_badge(org, order),
        sections=order_sections(org, order, viewer=viewer),
        requests=request_rows(org, order, viewer=viewer),
        zone=ZONE_NOTE.format(zone=viewer["TimeZoneSidKey"]),
        canvas_url=org.canvas_url,
        # In the page's own source: Canvas signs when the page is served, so a page that stays open has an old request.
        signed_request=signed_request(org, user=viewer, order_id=order["Id"]),
    )


@blueprint.get("/orders/<order_id>/live")
def show_changes(order_id: str) -> Response:
    """Return what the record page shows, as texts: the page puts the changed ones in place."""
    org = current_org()
    viewer, order = _viewer(org), _order(org, order_id)
    if order is None or not can_see_order(viewer, order):
        return Response(status=404)
    # The texts and not the values, so that page and refresh cannot show the same value in two ways.
    sections = order_sections(org, order, viewer=viewer)
    fields = [field for section in sections for field in section["fields"]]
    badge = {"name": "payment_badge", "label": "Payment", **payment_badge(org, order)}
    body = {"fields": [*fields, badge], "requests": request_rows(org, order, viewer=viewer)}
    return Response(to_json(body), mimetype="application/json")


def _order(org: Org, order_id: str) -> Row | None:
    try:
        return org.records.get("Order", canonical_id(order_id))
    except MalformedId:
        return None
