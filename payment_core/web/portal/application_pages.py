"""Add, edit, enable, disable and delete applications, and send them a test callback."""

from __future__ import annotations

import uuid as uuids
from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from payment_core.domain.application import REQUIRED_URLS, Application
from payment_core.domain.enums import ApplicationKind, ApplicationStatus
from payment_core.errors import Refusal
from payment_core.journeys.configuring import change_application as changes
from payment_core.journeys.notifying.send_test_callback import send_test_callback
from payment_core.services import current_core
from payment_core.store import applications
from payment_core.web.portal.overview_page import back, overview
from payment_core.web.portal.visitor import admit, visitor

blueprint = Blueprint("portal_applications", __name__, url_prefix="/portal/applications")
blueprint.before_request(admit)
_GONE = "This application does not exist any more."


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _form(Application(str(uuids.uuid4()), visitor().merchant.merchant_id, name=""), known=False)


@blueprint.get("/<uuid>")
def edit(uuid: str) -> ResponseReturnValue:
    """Show an application's form."""
    return _form(_known(uuid), known=True)


@blueprint.post("/<uuid>")
def save(uuid: str) -> ResponseReturnValue:
    """Save what was typed; what is wrong is shown beside its field, with what was typed."""
    merchant = visitor().merchant
    known = _found(uuid)
    if known is None and "known" in request.form:
        # The form of one that was deleted since, from a page before: it must not come back unasked.
        return overview(refusal=Refusal(404, "APPLICATION_NOT_FOUND", _GONE))
    typed: dict[str, Any] = {name: request.form.get(name, "").strip() for name in ("name", *changes.URLS)}
    typed_kind = request.form.get("type", "")
    wants_messages = "wants_messages" in request.form
    try:
        fields = {**typed, "type": typed_kind, "wants_messages": wants_messages, **_proof(known)}
        changes.change_application(current_core(), merchant, uuid, fields, by=visitor().name)
    except Refusal as refusal:
        shown = replace(
            known or Application(uuid, merchant.merchant_id, name=""), wants_messages=wants_messages, **typed
        )
        if typed_kind in list(ApplicationKind):
            shown = replace(shown, kind=ApplicationKind(typed_kind))
        return _form(shown, known=known is not None, refusal=refusal)
    return back()


@blueprint.post("/<uuid>/status")
def set_status(uuid: str) -> ResponseReturnValue:
    """Enable, disable or delete an application."""
    status = request.form.get("status", "")
    if status not in list(ApplicationStatus):
        raise Refusal(422, "VALIDATION_FAILED", "Choose enable, disable or delete.", field="status")
    try:
        done = changes.set_status(
            current_core(), visitor().merchant, uuid, ApplicationStatus(status), by=visitor().name
        )
    except Refusal as refusal:
        return overview(refusal=refusal)
    if done or status == ApplicationStatus.DELETED:  # deleted twice is deleted
        return back()
    return overview(refusal=Refusal(404, "APPLICATION_NOT_FOUND", _GONE))


@blueprint.post("/<uuid>/test")
def test(uuid: str) -> ResponseReturnValue:
    """Send a test callback and show its answers."""
    application = _known(uuid)
    sent_at = current_core().now()
    answers = send_test_callback(current_core(), visitor().merchant, application, by=visitor().name)
    return render_template(
        "portal/applications/test_callback.html",
        visitor=visitor(),
        application=application,
        answers=answers,
        sent_at=sent_at,
    )


def _form(application: Application, *, known: bool, refusal: Refusal | None = None) -> ResponseReturnValue:
    page = render_template(
        "portal/applications/application.html",
        visitor=visitor(),
        application=application,
        kinds=list(ApplicationKind),
        required=REQUIRED_URLS[application.kind],
        known=known,
        refusal=refusal,
    )
    return page, refusal.status if refusal else 200


def _proof(known: Application | None) -> dict[str, Any]:
    """Return what was typed of the proof: a secret that is left empty stays as it is."""
    form = request.form
    user, password = form.get("basic_user", "").strip(), form.get("basic_password", "")
    before = known.proof if known else None
    # The stored password is never written into the page, so an empty field cannot mean "none".
    if user and not password and before and before.basic_user:
        password = before.basic_password.value
    found: dict[str, Any] = {"basic": {"user": user, "password": password} if user else None}
    key = form.get("hmac_key", "").strip()
    if key:
        found["hmac"] = {"key": key}
    elif "no_hmac" in form:
        found["hmac"] = None
    return found


def _found(uuid: str) -> Application | None:
    with current_core().transactions.read() as work:
        return applications.find(work, visitor().merchant.merchant_id, uuid)


def _known(uuid: str) -> Application:
    found = _found(uuid)
    if found is None:
        raise Refusal(404, "APPLICATION_NOT_FOUND", _GONE)
    return found
