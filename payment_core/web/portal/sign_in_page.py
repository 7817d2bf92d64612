"""Sign in by a one-time link, and sign out."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from payment_core.errors import Refusal
from payment_core.journeys.configuring.sign_in import SESSION_LIVES, sign_in
from payment_core.services import current_core
from payment_core.store import merchants, portal_sessions
from payment_core.web.portal.visitor import COOKIE, admit, visitor

blueprint = Blueprint("portal_sign_in", __name__, url_prefix="/portal")


@blueprint.get("/sign-in/<token>")
def ask(token: str) -> ResponseReturnValue:
    """Show whom a link signs in, and a button: previews open links, and a strict cookie needs a step of this site's own."""
    core = current_core()
    with core.transactions.read() as work:
        person = portal_sessions.link_person(work, token, now=core.now())
        merchant = merchants.get(work, person.merchant_id) if person else None
    if person is None:
        return _refused(token)
    return render_template("portal/sign_in/sign_in.html", person=person, merchant=merchant)


@blueprint.post("/sign-in/<token>")
def enter(token: str) -> ResponseReturnValue:
    """Use the link up and begin a session."""
    session = sign_in(current_core(), token)
    if session is None:
        return _refused(token)
    answer = _to_portal()
    answer.set_cookie(
        COOKIE, session, max_age=SESSION_LIVES, path="/", secure=True, httponly=True, samesite="Strict"
    )  # fmt: skip
    return answer


@blueprint.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End the session; one that is over, as after a double click, is ended already."""
    try:
        admit()
    except Refusal as refusal:
        if refusal.status != 401:
            raise
        return render_template("portal/sign_in/signed_out.html", merchant=None)
    core = current_core()
    with core.transactions.write() as work:
        portal_sessions.end(work, request.cookies.get(COOKIE, ""))
    answer = Response(render_template("portal/sign_in/signed_out.html", merchant=visitor().merchant))
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
    return answer


def _refused(token: str) -> ResponseReturnValue:
    """Say that a link does not work; whom it has signed in already, after a second click or on the way back, goes on."""
    core = current_core()
    with core.transactions.read() as work:
        session = portal_sessions.session_person(work, request.cookies.get(COOKIE, ""), now=core.now())
        is_here = session is not None and session.merchant_id == portal_sessions.merchant_of_link(work, token)
    if is_here:
        return _to_portal()
    return render_template("portal/sign_in/sign_in.html", person=None, merchant=None), 410


def _to_portal() -> Response:
    answer: Response = redirect("/portal", 303)  # type: ignore[assignment]
    return answer
