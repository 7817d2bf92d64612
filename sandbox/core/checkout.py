"""Knows the customer's pages: checkout, 3-D Secure, receipt; refuses to keep or show a whole card number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime

from babel.dates import format_datetime
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox.core.cards import TEST_CARDS, read_card_form
from sandbox.core.errors import Refusal
from sandbox.core.link import MONEY_IN, Link
from sandbox.core.money import known_language, shown_amount
from sandbox.core.parts import current_core

checkout = Blueprint("checkout", __name__)
USED = (*MONEY_IN, "PAYMENT_REVIEW", "PAYMENT_REVERSED", "PAYMENT_VOIDED")


@checkout.app_template_filter("amount")
def amount_filter(link: Link, which: str = "total") -> str:
    return shown_amount(getattr(link, which), link.currency, language=link.language)


@checkout.app_template_filter("moment")
def moment_filter(at: float, language: str = "en") -> str:
    when = datetime.fromtimestamp(at, UTC)
    return format_datetime(when, "medium", tzinfo=UTC, locale=known_language(language) or "en") + " UTC"


def _link(token: str) -> Link:
    link = current_core().links.by_token(token)
    if link is None:
        raise Refusal(404, "NOT_FOUND", message="This payment link does not exist. Please check its address.")
    return link


@checkout.get("/pay/<token>")
def show(token: str) -> ResponseReturnValue:
    link = _link(token)
    if request.method == "GET" and not _is_prefetch():
        link = current_core().links.click(link)
    return _page(link)


def _is_prefetch() -> bool:
    # a browser that fetches ahead is not yet a customer who looks
    return any("prefetch" in request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose"))


def _page(
    link: Link, *, errors: Mapping[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    core = current_core()
    context = {"link": link, "merchant": core.merchant.current.merchant_name}
    if not link.payable:
        return render_template("ended.html", **context), 200 if link.payment_status in USED else 410
    minutes = max(1, math.ceil((link.expires_at - core.clock.now()) / 60))
    page = render_template(
        "checkout.html",
        **context,
        saved=core.links.saved_card(link.phone),
        cards=TEST_CARDS,
        minutes=minutes,
        errors=errors or {},
        typed=typed or {},
    )
    return page, 422 if errors else 200


@checkout.post("/pay/<token>")
def pay(token: str) -> ResponseReturnValue:
    core = current_core()
    link = core.links.click(_link(token))
    form = read_card_form(request.form, now=core.clock.now())
    if not link.payable:
        return _back(token)
    if form.card is None:
        # the number and the CVC are never written back into the page
        kept = {name: request.form.get(name, "") for name in ("expiry", "name", "save")}
        return _page(link, errors=form.errors, typed=kept)
    _, challenge = core.payments.pay(link.ref, form.card, save=form.save)
    if challenge:
        return redirect(url_for("checkout.show_challenge", token=token, challenge=challenge), 303)
    return _back(token)


@checkout.post("/pay/<token>/saved")
def pay_saved(token: str) -> ResponseReturnValue:
    core = current_core()
    link = core.links.click(_link(token))
    card = core.links.saved_card(link.phone)
    if card is not None:
        core.payments.pay(link.ref, card)
    return _back(token)


def _back(token: str) -> ResponseReturnValue:
    return redirect(url_for("checkout.show", token=token), 303)


@checkout.get("/pay/<token>/challenges/<challenge>")
def show_challenge(token: str, challenge: str) -> ResponseReturnValue:
    core, link = current_core(), _link(token)
    row = core.payments.open_challenge(challenge)
    if row is None or row["link_ref"] != link.ref or not link.payable:
        return _back(token)
    return render_template(
        "challenge.html",
        link=link,
        merchant=core.merchant.current.merchant_name,
        challenge=challenge,
        last4=row["last4"],
    )


@checkout.post("/pay/<token>/challenges/<challenge>")
def answer_challenge(token: str, challenge: str) -> ResponseReturnValue:
    core, link = current_core(), _link(token)
    row = core.payments.open_challenge(challenge)
    decision = request.form.get("decision")
    if decision not in ("approve", "fail"):
        raise Refusal(422, "VALIDATION_FAILED", message="Choose Approve or Fail.", field="decision")
    if row is not None and row["link_ref"] == link.ref:
        core.payments.answer_challenge(challenge, approve=decision == "approve")
    return _back(token)


@checkout.get("/receipts/<token>")
def show_receipt(token: str) -> ResponseReturnValue:
    core = current_core()
    link = core.links.by_receipt(token)
    if link is None:
        raise Refusal(404, "NOT_FOUND", message="This receipt does not exist.")
    return render_template("receipt.html", link=link, merchant=core.merchant.current.merchant_name)
