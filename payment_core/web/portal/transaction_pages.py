"""Transactions with a search, and everything about one; the saved cards of a person."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from foundation.phones.text import digits_in
from payment_core.domain.enums import LinkStatus, PaymentStatus
from payment_core.domain.saved_card import SavedCard
from payment_core.domain.settlement import OVER
from payment_core.errors import Refusal
from payment_core.journeys.amending.deal_with_attention import deal_with_attention, name_of_alarm
from payment_core.journeys.paying.save_card import forget_cards
from payment_core.services import current_core
from payment_core.store import applications, changes, phone_key
from payment_core.store.deliveries.delivery_list import DeliveryFilter, find
from payment_core.store.links import links, saved_cards
from payment_core.store.links.search import NEEDS_PERSON, LinkFilter, search
from payment_core.web.portal.days import days_between
from payment_core.web.portal.visitor import admit, visitor

blueprint = Blueprint("portal_transactions", __name__, url_prefix="/portal")
blueprint.before_request(admit)
_PAGE = 50
_NEWS = 100


# Searches are posted: a number must not be in an address, which logs and histories hold.
@blueprint.route("/transactions", methods=["GET", "POST"])
def show() -> ResponseReturnValue:
    """List the newest, or those that fit a search, a page at a time."""
    core, merchant = current_core(), visitor().merchant
    text, status = request.form.get("q", "").strip(), request.values.get("status", "")
    begin, end = days_between(merchant, request.form)
    digits = digits_in(text)
    # Numbers are found by their digest, so only whole ones can be; the digits of an order's number are no phone's.
    is_number = len(digits) == len(text.lstrip("+").replace(" ", ""))
    wanted = LinkFilter(
        merchant_id=merchant.merchant_id,
        text=text,
        phone_key=phone_key.of(core, merchant.merchant_id, digits) if is_number else None,
        status=status,
        begin=begin,
        end=end,
        before=_before(),
    )
    with core.transactions.read() as work:
        found = search(work, wanted, most=_PAGE)
    return render_template(
        "portal/transactions/transactions.html",
        visitor=visitor(),
        links=found,
        q=text,
        status=status,
        statuses=[*LinkStatus, *PaymentStatus],
        form=request.form,
        most=_PAGE,
        over=OVER,
        needs_person=NEEDS_PERSON,
    )


@blueprint.get("/transactions/<reference>")
def show_one(reference: str) -> ResponseReturnValue:
    """Show one link with its money and its notifications."""
    merchant = visitor().merchant
    with current_core().transactions.read() as work:
        link = links.find(work, reference)
        if link is None or link.merchant_id != merchant.merchant_id:
            raise Refusal(404, "TRANSACTION_NOT_FOUND", "No transaction has this reference.")
        creator = applications.find(work, merchant.merchant_id, link.application)
        news = find(work, DeliveryFilter(merchant.merchant_id, reference=reference), most=_NEWS)[::-1]
    return render_template(
        "portal/transactions/transaction.html",
        visitor=visitor(),
        link=link,
        creator=creator,
        deliveries=news,
        is_cut=len(news) == _NEWS,
        attention=current_core().api.attentions.get(link.attention or ""),
        alarm=name_of_alarm(link),
        is_over=link.attention in OVER,
    )


@blueprint.post("/transactions/<reference>/dealt-with")
def deal_with(reference: str) -> ResponseReturnValue:
    """Note that the visitor has dealt with what this payment needed a person for; what came since is shown instead."""
    seen = request.form.get("alarm", "")
    deal_with_attention(current_core(), visitor().merchant, reference, seen=seen, by=visitor().name)
    return redirect(url_for("portal_transactions.show_one", reference=reference), 303)


@blueprint.route("/cards", methods=["GET", "POST"])
def show_cards() -> ResponseReturnValue:
    """Show the saved cards of a person."""
    payer = request.values.get("payer", "").strip()
    number = digits_in(request.form.get("number", ""))
    return render_template(
        "portal/transactions/cards.html", visitor=visitor(), payer=payer, number=number, cards=_cards(payer, number)
    )


@blueprint.post("/cards/<card_id>/forget")
def forget(card_id: str) -> ResponseReturnValue:
    """Forget a card, here and at the gateway."""
    core, merchant = current_core(), visitor().merchant
    with core.transactions.read() as work:
        card = saved_cards.find(work, card_id)
    # The same answer for a card of another merchant: ids must not be probed.
    if card is None or card.merchant_id != merchant.merchant_id:
        payer = request.form.get("payer", "").strip()
        if payer:  # forgotten already: the list shows who has which cards now
            return _to_cards(payer)
        raise Refusal(404, "CARD_NOT_FOUND", "This card is not saved any more.")
    if forget_cards(core, merchant, [card]):
        with core.transactions.write() as work:
            detail = f"{card.card.brand} ending {card.card.last4}"
            changes.record_change(
                work, merchant.merchant_id, by=visitor().name, what="card forgotten", detail=detail, now=core.now()
            )
    return _to_cards(card.payer_reference)


def _to_cards(payer: str) -> ResponseReturnValue:
    return redirect(url_for("portal_transactions.show_cards", payer=payer), 303)


def _cards(payer: str, number: str) -> list[SavedCard]:
    core, merchant_id = current_core(), visitor().merchant.merchant_id
    with core.transactions.read() as work:
        found = saved_cards.of_person(work, merchant_id, payer) if payer else []
        if number:
            found += saved_cards.of_number(work, merchant_id, phone_key.of(core, merchant_id, number))
    return list({one.card_id: one for one in found}.values())


def _before() -> tuple[datetime, str] | None:
    moment, _, reference = request.form.get("before", "").partition("~")
    try:
        return datetime.fromisoformat(moment), reference
    except ValueError:
        return None
