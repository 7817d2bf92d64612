"""The page of a payment link: who asks for how much, how long there is, and one button."""

from __future__ import annotations

import math

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from foundation.wsgi.empty_answer import EmptyAnswer
from payment_core.domain.enums import PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.errors import NotFound
from payment_core.journeys.linking.expire_links import end_overdue
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.paying.look_at_payments import look
from payment_core.journeys.paying.save_card import consent_text
from payment_core.journeys.paying.saved_card_rules import offered_card
from payment_core.services import Core, current_core
from payment_core.store import phone_key
from payment_core.store.links import attempts, links
from payment_core.web.checkout.localized_link import shown_link, words_of

blueprint = Blueprint("checkout", __name__)
_USED = (
    *(PaymentStatus.AUTHORIZED, PaymentStatus.RECEIVED, PaymentStatus.CAPTURED),
    *(PaymentStatus.REVIEW, PaymentStatus.REVERSED, PaymentStatus.VOIDED),
)


@blueprint.get("/pay/<token>")
def show(token: str) -> ResponseReturnValue:
    """Show the page. Looking is no click: scanners and previews look, too."""
    return render_link(token)


@blueprint.post("/pay/<token>")
def begin(token: str) -> ResponseReturnValue:
    """Take the person's button: it is the click, and opens the gateway's page."""
    core, link, merchant = found(token)
    # Most forms come without the box, and so without a body: to read that as a form would take as long as a statement.
    saves_card = request.content_length != 0 and bool(request.form.get("save"))
    url = begin_payment(core, merchant, link, saves_card=saves_card, return_url=f"{core.public_url}/pay/{token}")
    # 303, so that a reload repeats no post.
    return EmptyAnswer(status=303, headers={"Location": url or own_page(token)})


@blueprint.get("/pay/<token>/return")
def come_back(token: str) -> ResponseReturnValue:
    """Take a customer who comes back from the gateway: a reason to look, and never a proof."""
    core, link, _ = found(token)
    with core.transactions.read() as work:
        live = attempts.live_of(work, link.reference)
    if live is not None:
        look(core, live)
    return redirect(own_page(token), 303)


def own_page(token: str) -> str:
    """Return the address of a link's page."""
    return url_for("checkout.show", token=token)


def found(token: str) -> tuple[Core, Link, Merchant]:
    """Return the link of a page as it is now, with its merchant; one whose time is over is ended first.

    Raises:
        NotFound: no link has this address.
    """
    core = current_core()
    with core.transactions.read() as work:
        link = links.by_token(work, token)
    if link is None:
        raise NotFound("This payment link does not exist. Please check its address.")
    g.language = link.language
    if link.is_overdue(core.now()):
        end_overdue(core, link.reference)
        with core.transactions.read() as work:
            link = links.get(work, link.reference)
    return core, link, core.merchants.get(link.merchant_id)


def render_link(token: str) -> ResponseReturnValue:
    """Return the page of a link in its present state."""
    core, link, merchant = found(token)
    words = words_of(link)
    shown = shown_link(link, merchant)
    if not link.payable:
        # 410 for a link that ended unpaid, so that mail scanners and search engines forget it.
        page = render_template("checkout/ended.html", link=shown, merchant=merchant, words=words, token=token)
        return page, 200 if link.payment_status in _USED else 410
    with core.transactions.read() as work:
        key = phone_key.of(core, merchant.merchant_id, link.phone)
        # Who has the link is not proven to be its payer: only the demo's card form charges a saved card on the page, and
        # everywhere else a reply from the payer's number does.
        has_card_form = "card_form" in current_app.blueprints
        saved = offered_card(work, core, merchant, link, key) if has_card_form else None
        live = attempts.live_of(work, link.reference)
    return render_template(
        "checkout/link.html",
        link=shown,
        merchant=merchant,
        words=words,
        token=token,
        saved=saved,
        minutes=max(1, math.ceil((link.expires_at - core.now()).total_seconds() / 60)),
        is_open=live is not None and live.page_url is not None,
        # By the customer's reply: a press would be refused until the gateway has answered.
        is_being_charged=live is not None and live.is_of_saved_card,
        may_save=link.payer_reference is not None,
        consent=consent_text(merchant, link.language),
        was_declined=link.payment_status is PaymentStatus.DECLINED,
    )
