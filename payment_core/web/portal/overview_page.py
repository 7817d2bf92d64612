"""The portal's first page: applications, API keys, settings, and the newest notifications."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from payment_core.domain.enums import Channel, ThreeDSecure, TransactionType
from payment_core.errors import Refusal
from payment_core.journeys.configuring import change_keys
from payment_core.journeys.configuring.change_settings import change_settings
from payment_core.services import current_core
from payment_core.store import api_keys, applications, changes
from payment_core.store.deliveries import delivery_list
from payment_core.store.links.search import NEEDS_PERSON, count_needing_person
from payment_core.web.portal.visitor import admit, visitor

blueprint = Blueprint("portal", __name__, url_prefix="/portal")
blueprint.before_request(admit)
_SHOWN = 30
_THREE_D_SECURE = {
    ThreeDSecure.AUTOMATIC: "Where the law or the risk wants it (recommended)",
    ThreeDSecure.ANY: "Wherever the card can; its bank decides whether the customer has to act",
    ThreeDSecure.CHALLENGE: "Wherever the card can, and the customer always has to act: some give up",
}


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Show the page."""
    return overview()


@blueprint.post("/settings")
def save_settings() -> ResponseReturnValue:
    """Save channels, currencies, transaction type, 3-D Secure and review policy."""
    form = request.form
    wanted: dict[str, Any] = {
        "transaction_type": form.get("transaction_type"),
        "review_auto_reversal": "review_auto_reversal" in form,
        "channels": form.getlist("channels"),
        "currencies": form.get("currencies", "").upper().replace(",", " ").split(),
    }
    senders = {one.value: form[f"sender_{one.value}"].strip() for one in Channel if f"sender_{one.value}" in form}
    if senders:
        wanted["senders"] = senders
    try:
        if "three_d_secure" in form:
            wanted["three_d_secure"] = form["three_d_secure"]
        if "currency_digits" in form:
            wanted["currency_digits"] = _digits(form["currency_digits"])
        change_settings(current_core(), visitor().merchant, wanted, by=visitor().name)
    except Refusal as refusal:
        return overview(refusal=refusal)
    return back()


@blueprint.post("/keys")
def add_key() -> ResponseReturnValue:
    """Make one more API key, and show it once."""
    try:
        _, made = change_keys.add_key(
            current_core(),
            visitor().merchant,
            request.form.get("name", "").strip(),
            by=visitor().name,
            form=request.form.get("form", ""),
        )
    except Refusal as refusal:
        return overview(refusal=refusal)
    # Rendered and not redirected to: the key is in no address, and nowhere once the page is left.
    return overview(new_key=made)


@blueprint.post("/keys/<key_id>/revoke")
def revoke_key(key_id: str) -> ResponseReturnValue:
    """Refuse a key from now on."""
    try:
        change_keys.revoke_key(current_core(), visitor().merchant, key_id, by=visitor().name)
    except Refusal as refusal:
        return overview(refusal=refusal)
    return back()


@blueprint.post("/api-key")
def renew_key() -> ResponseReturnValue:
    """Make a new key that ends every other one, and show it once."""
    form = request.form.get("form", "")
    try:
        made = change_keys.renew_key(current_core(), visitor().merchant, by=visitor().name, form=form)
    except Refusal as refusal:
        return overview(refusal=refusal)
    return overview(new_key=made)


@blueprint.get("/changes")
def show_changes() -> ResponseReturnValue:
    """List who changed what, a page at a time."""
    core, before = current_core(), request.args.get("before", type=int)
    with core.transactions.read() as work:
        found = changes.listed(work, visitor().merchant.merchant_id, most=100, before=before)
    return render_template("portal/changes.html", visitor=visitor(), changes=found, most=100)


def overview(*, refusal: Refusal | None = None, new_key: str | None = None) -> ResponseReturnValue:
    """Return the page with what was refused, or with a key that is shown this once."""
    core, merchant = current_core(), visitor().merchant
    with core.transactions.read() as work:
        shown = {
            "applications": applications.listed(work, merchant.merchant_id),
            "keys": api_keys.listed(work, merchant.merchant_id),
            "deliveries": delivery_list.listed(work, merchant_id=merchant.merchant_id, most=_SHOWN)[::-1],
            "counts": delivery_list.counted(work, merchant_id=merchant.merchant_id),
            "waiting": count_needing_person(work, merchant.merchant_id),
            "readable_key": core.readable_keys.shown(work) if core.readable_keys else None,
        }
    page = render_template(
        "portal/overview.html",
        visitor=visitor(),
        merchant=merchant,
        refusal=refusal,
        new_key=new_key,
        channels=list(Channel),
        reports=core.messengers.delivery_reports(merchant),
        three_d_secure=_THREE_D_SECURE,
        transaction_types=list(TransactionType),
        needs_person=NEEDS_PERSON,
        # Of this page alone: a form that is sent twice is known by it.
        forms={name: token_urlsafe(16) for name in ("add", "renew")},
        **shown,
    )
    return page, refusal.status if refusal else 200


def back() -> ResponseReturnValue:
    """Return the way back to the first page, so that a reload repeats nothing."""
    return redirect(url_for("portal.show"), 303)


def _digits(text: str) -> dict[str, int]:
    """Return the digits of currencies as a person typed them: ``KWD 3, ISK 0``."""
    found = {}
    for one in filter(None, (part.strip() for part in text.replace(";", ",").split(","))):
        currency, _, digits = one.partition(" ")
        if not (digits.strip().isascii() and digits.strip().isdigit()):
            problem = "must name a currency and a number for each, such as KWD 3, ISK 0"
            raise Refusal(422, "VALIDATION_FAILED", f"currency_digits: {problem}", field="currency_digits")
        found[currency.upper()] = int(digits)
    return found
