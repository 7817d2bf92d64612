"""Pages that look like customers' phones."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from sandbox.core.bodies import known_phone
from sandbox.core.controls import conversations
from sandbox.core.conversations import CHANNELS
from sandbox.core.errors import Refusal
from sandbox.core.network import current_carrier

phones = Blueprint("phones", __name__, url_prefix="/phones")


@phones.app_template_filter("tappable")
def tappable_filter(message: dict[str, Any]) -> Markup:
    """Turn a message's own link, and nothing else, into something to tap."""
    text, link = str(escape(message["text"])), message["link"]
    if not link:
        return Markup(text)  # noqa: S704  (escaped above)
    shown = escape(link)
    anchor = f'<a href="{shown}" target="_blank" rel="noopener">{shown}</a>'
    return Markup(text.replace(str(shown), anchor))  # noqa: S704  (both parts are escaped above)


@phones.app_template_filter("clock_time")
def clock_time_filter(stamped: str) -> str:
    return stamped[11:16]


@phones.app_template_filter("list_time")
def list_time_filter(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%d %b %H:%M}"


@phones.get("")
def show_list() -> ResponseReturnValue:
    return render_template("phones.html", phones=conversations().phones(), error=None)


@phones.post("")
def open_phone() -> ResponseReturnValue:
    number = re.sub(r"[\s()+-]", "", request.form.get("number", ""))
    try:
        return redirect(url_for("phones.show", number=known_phone(number)), 303)
    except Refusal:
        listed = conversations().phones()
        error = "Enter the number in international format, like 27831234567."
        return render_template("phones.html", phones=listed, error=error), 422


@phones.get("/<number>")
def show(number: str) -> ResponseReturnValue:
    return _page(number, error=None)


def _page(number: str, *, error: str | None) -> ResponseReturnValue:
    digits = known_phone(number)
    page = render_template(
        "phone.html",
        phone=conversations().shown(digits),
        channels=CHANNELS,
        last_channel=conversations().last_channel(digits),
        merchant=(conversations().last_sender(digits) or {}).get("sender") or "Messages",
        error=error,
    )
    return page, 422 if error else 200


@phones.get("/<number>/messages")
def show_messages(number: str) -> ResponseReturnValue:
    """Return the conversation alone, for the page's own polling; unchanged is 304."""
    phone = conversations().shown(known_phone(number))
    response = make_response(render_template("messages.html", phone=phone))
    response.add_etag()
    return response.make_conditional(request)


@phones.post("/<number>")
def reply(number: str) -> ResponseReturnValue:
    text = request.form.get("button") or request.form.get("text", "")
    try:
        current_carrier().reply(known_phone(number), text, channel=request.form.get("channel"))
    except Refusal as refusal:
        return _page(number, error=refusal.message)
    return redirect(url_for("phones.show", number=number, _anchor="latest"), 303)
