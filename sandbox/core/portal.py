"""Knows the vendor's portal, where an admin links applications and sees what was delivered; holds no rules itself."""

from __future__ import annotations

import uuid as uuids
from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox.core.applications import STATUSES, TYPES, URLS, Application
from sandbox.core.deliveries import counted_deliveries, listed_deliveries
from sandbox.core.errors import Refusal
from sandbox.core.merchant import CHANNELS, DELIVERY_REPORTS, TRANSACTION_TYPES
from sandbox.core.parts import current_core

portal = Blueprint("portal", __name__, url_prefix="/portal")
SHOWN_DELIVERIES = 30


@portal.get("")
def show() -> ResponseReturnValue:
    return _page(refusal=None)


def _page(*, refusal: Refusal | None) -> ResponseReturnValue:
    core = current_core()
    page = render_template(
        "portal.html",
        refusal=refusal,
        api_key=core.merchant.api_key,
        merchant=core.merchant.current,
        applications=core.applications.listed(),
        channels=CHANNELS,
        reports=DELIVERY_REPORTS,
        transaction_types=TRANSACTION_TYPES,
        deliveries=listed_deliveries(core.store, limit=SHOWN_DELIVERIES)[::-1],
        counts=counted_deliveries(core.store),
    )
    return page, refusal.status if refusal else 200


@portal.get("/applications/new")
def new_application() -> ResponseReturnValue:
    return _form(Application(uuid=str(uuids.uuid4()), name=""), refusal=None)


@portal.get("/applications/<uuid>")
def edit_application(uuid: str) -> ResponseReturnValue:
    application = current_core().applications.find(uuid)
    if application is None:
        raise Refusal(404, "APPLICATION_NOT_FOUND", message="This application does not exist any more.")
    return _form(application, refusal=None)


def _form(application: Application, *, refusal: Refusal | None) -> ResponseReturnValue:
    known = current_core().applications.find(application.uuid) is not None
    page = render_template("application.html", application=application, types=TYPES, known=known, refusal=refusal)
    return page, refusal.status if refusal else 200


@portal.post("/applications/<uuid>")
def save_application(uuid: str) -> ResponseReturnValue:
    typed = {name: request.form.get(name, "").strip() for name in ("name", "type", *URLS)}
    user, password = request.form.get("basic_user", "").strip(), request.form.get("basic_password", "")
    key = request.form.get("hmac_key", "").strip()
    basic = {"user": user, "password": password} if user else None
    try:
        current_core().applications.put(uuid, {**typed, "basic": basic, "hmac": {"key": key} if key else None})
    except Refusal as refusal:
        shown = replace(Application(uuid=uuid, name=""), **typed, basic_user=user, basic_password=password)
        shown = replace(shown, hmac_key=key)
        return _form(shown, refusal=refusal)
    return _back()


@portal.post("/applications/<uuid>/status")
def set_status(uuid: str) -> ResponseReturnValue:
    status = request.form.get("status", "")
    if status not in STATUSES:
        raise Refusal(422, "VALIDATION_FAILED", message="Choose enable, disable or delete.", field="status")
    current_core().applications.set_status(uuid, status)
    return _back()


@portal.post("/settings")
def save_settings() -> ResponseReturnValue:
    core, form = current_core(), request.form
    wanted: dict[str, Any] = {
        "transaction_type": form.get("transaction_type"),
        "review_auto_reversal": "review_auto_reversal" in form,
        "channels": form.getlist("channels"),
        "currencies": form.get("currencies", "").upper().replace(",", " ").split(),
    }
    try:
        with core.store.transaction():
            core.notices.configuration_changed(*core.merchant.configure(wanted))
    except Refusal as refusal:
        return _page(refusal=refusal)
    return _back()


@portal.post("/api-key")
def renew_key() -> ResponseReturnValue:
    core = current_core()
    with core.store.transaction():
        core.merchant.renew_key()
        core.notices.settings_changed("API_KEY_REPLACED", None)
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(url_for("portal.show"), 303)
