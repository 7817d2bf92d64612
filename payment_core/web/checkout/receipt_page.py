"""The receipt of a payment, to be read and printed."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from payment_core.errors import NotFound
from payment_core.services import current_core
from payment_core.store.links import links
from payment_core.web.checkout.localized_link import shown_link, words_of

blueprint = Blueprint("receipts", __name__)


@blueprint.get("/receipts/<token>")
def show(token: str) -> ResponseReturnValue:
    """Show a receipt."""
    core = current_core()
    with core.transactions.read() as work:
        # A token of its own: who is shown the receipt must not get the address of the payment page.
        link = links.by_receipt(work, token)
    if link is None:
        raise NotFound("This receipt does not exist.")
    merchant = core.merchants.get(link.merchant_id)
    return render_template(
        "checkout/receipt.html", link=shown_link(link, merchant), merchant=merchant, words=words_of(link)
    )
