"""The demo's hosted page: a card form for test cards, and a bank that asks. In production this is the gateway's own page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from payment_core.demo.cards import TEST_CARDS, CardForm, example_month, read_card_form
from payment_core.demo.gateway import DemoGateway
from payment_core.domain.attempt import Attempt, AttemptKind
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.errors import invalid_field
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.journeys.paying.charge_saved_card import charge_saved_card
from payment_core.journeys.paying.count_click import count_click
from payment_core.journeys.paying.look_at_payments import look
from payment_core.journeys.paying.saved_card_rules import offered_card
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import attempts
from payment_core.web.checkout.link_page import found, own_page
from payment_core.web.checkout.localized_link import shown_link, words_of

_KEPT_FIELDS = ("expiry", "name", "save")


def card_form(gateway: DemoGateway) -> Blueprint:
    """Return the pages of this gateway."""
    blueprint = Blueprint("card_form", __name__, template_folder="templates")

    @blueprint.before_app_request
    def _take_card() -> ResponseReturnValue | None:
        # A card posted to the link's own page is the click and the payment in one, as outside checks do it.
        if request.endpoint == "checkout.begin" and "number" in request.form:
            return _pay(gateway, str((request.view_args or {})["token"]))
        return None

    @blueprint.get("/pay/<token>/card")
    def show_card(token: str) -> ResponseReturnValue:
        core, link, merchant = found(token)
        if not link.payable or _page_of(core, link) is None:
            return redirect(own_page(token), 303)
        return _form(core, link, merchant, token, None)

    @blueprint.post("/pay/<token>/card")
    def pay(token: str) -> ResponseReturnValue:
        return _pay(gateway, token)

    @blueprint.post("/pay/<token>/saved")
    def pay_saved(token: str) -> ResponseReturnValue:
        # In a demo only: who has the link is not proven to be the person whose card it is.
        core, link, merchant = found(token)
        link = count_click(core, merchant, link.reference)
        with core.transactions.read() as work:
            key = phone_key.of(core, merchant.merchant_id, link.phone)
            card = offered_card(work, core, merchant, link, key)
        if card is not None and link.payable:
            charge_saved_card(core, merchant, link, card)
        return redirect(own_page(token), 303)

    @blueprint.get("/pay/<token>/challenges/<challenge>")
    def show_challenge(token: str, challenge: str) -> ResponseReturnValue:
        core, link, merchant = found(token)
        attempt = _page_of(core, link)
        open_one = gateway.challenge_of(str(attempt.page_id)) if attempt else None
        if open_one is None or open_one[0] != challenge or not link.payable:
            return redirect(own_page(token), 303)
        return render_template(
            "demo/challenge.html", link=shown_link(link, merchant), merchant=merchant, words=words_of(link),
            token=token, challenge=challenge, last4=open_one[1],
        )  # fmt: skip

    @blueprint.post("/pay/<token>/challenges/<challenge>")
    def answer_challenge(token: str, challenge: str) -> ResponseReturnValue:
        core, link, _ = found(token)
        decision = request.form.get("decision")
        if decision not in ("approve", "fail"):
            raise invalid_field("decision", "choose Approve or Fail")
        attempt = _page_of(core, link)
        if attempt is not None and link.payable:
            gateway.answer_challenge(str(attempt.page_id), challenge, approve=decision == "approve")
            _look(core, attempt)
        return redirect(own_page(token), 303)

    return blueprint


def _pay(gateway: DemoGateway, token: str) -> ResponseReturnValue:
    core, link, merchant = found(token)
    form = read_card_form(request.form, now=core.now())
    own = f"{core.public_url}/pay/{token}"
    url = begin_payment(core, merchant, link, saves_card=form.saves, return_url=own)
    attempt = _page_of(core, link) if url else None
    if attempt is None:
        return redirect(own_page(token), 303)
    if form.typed is None:
        return _form(core, link, merchant, token, form)
    if form.saves and not attempt.saves_card:
        # The button was pressed before without the box: outside checks tick it beside the card.
        with core.transactions.write() as work:
            attempts.change(work, attempt, saves_card=True)
    challenge = gateway.submit(str(attempt.page_id), form.typed, saves=form.saves)
    if challenge:
        return redirect(url_for("card_form.show_challenge", token=token, challenge=challenge), 303)
    _look(core, attempt)
    return redirect(own_page(token), 303)


def _look(core: Core, attempt: Attempt) -> None:
    """Look at a payment that was just decided, and again at a review that reverses itself."""
    link = look(core, attempt)
    if link is not None and link.in_review and link.auto_reversal:
        look(core, attempt)


def _page_of(core: Core, link: Link) -> Attempt | None:
    with core.transactions.read() as work:
        live = attempts.live_of(work, link.reference)
    return live if live is not None and live.kind is AttemptKind.PAGE and live.page_id else None


def _form(core: Core, link: Link, merchant: Merchant, token: str, form: CardForm | None) -> ResponseReturnValue:
    # The number and the security code are never written back into the page.
    typed = {name: request.form.get(name, "") for name in _KEPT_FIELDS} if form else {}
    page = render_template(
        "demo/card.html", link=shown_link(link, merchant), merchant=merchant, words=words_of(link), token=token,
        errors=form.problems if form else {}, typed=typed, cards=TEST_CARDS,
        example_month=example_month(core.now()),
    )  # fmt: skip
    return page, 422 if form else 200
