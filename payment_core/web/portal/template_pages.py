"""Message texts with their preview and what they cost to send."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from payment_core.domain.enums import Channel
from payment_core.errors import Refusal
from payment_core.journeys.configuring import change_template as templates
from payment_core.services import current_core
from payment_core.texts.catalogue import languages, nearest
from payment_core.texts.template_rules import names
from payment_core.web.portal.visitor import admit, visitor

blueprint = Blueprint("portal_templates", __name__, url_prefix="/portal/messages")
blueprint.before_request(admit)


@blueprint.get("")
def show() -> ResponseReturnValue:
    """List every text of a channel and a language."""
    core, merchant = current_core(), visitor().merchant
    channel, language = _channel(request.args.get("channel")), _language(request.args.get("language"))
    return render_template(
        "portal/templates/templates.html",
        visitor=visitor(),
        channel=channel,
        language=language,
        channels=list(Channel),
        languages=languages(),
        templates=[templates.template(core, merchant, name, channel, language) for name in names()],
    )


@blueprint.get("/<name>/<channel>/<language>")
def edit(name: str, channel: str, language: str) -> ResponseReturnValue:
    """Show one text."""
    _known(name)
    return _form(templates.template(current_core(), visitor().merchant, name, _channel(channel), _language(language)))


@blueprint.post("/<name>/<channel>/<language>")
def save(name: str, channel: str, language: str) -> ResponseReturnValue:
    """Show a preview, save, or return to the shipped text."""
    _known(name)
    core, merchant = current_core(), visitor().merchant
    on, spoken = _channel(channel), _language(language)
    served = request.form.get("served")
    action, text = request.form.get("action", "preview"), request.form.get("text", "").replace("\r\n", "\n").strip()
    try:
        if action == "preview":
            return _form(templates.preview(core, merchant, name, on, spoken, text))
        if action == "approve":
            content_id = request.form.get("content_id", "").strip()
            templates.change_approved_id(core, merchant, name, spoken, content_id, by=visitor().name, served=served)
        elif action == "save":
            templates.change_template(core, merchant, name, on, spoken, text, by=visitor().name)
        else:
            templates.remove_template(core, merchant, name, on, spoken, by=visitor().name, served=served)
    except Refusal as refusal:
        shown = templates.template(core, merchant, name, on, spoken)
        return _form(replace(shown, text=text) if text else shown, refusal=refusal)
    return redirect(url_for("portal_templates.show", channel=on.value, language=spoken), 303)


def _form(template: templates.Template, *, refusal: Refusal | None = None) -> ResponseReturnValue:
    approved = templates.approved_id(visitor().merchant, template.name, template.language)
    page = render_template(
        "portal/templates/template.html",
        visitor=visitor(),
        template=template,
        approved=approved,
        refusal=refusal,
        served=templates.served_by(visitor().merchant, template.name, template.channel, template.language),
    )
    return page, refusal.status if refusal else 200


def _known(name: str) -> None:
    if name not in names():
        raise Refusal(404, "MESSAGE_NOT_FOUND", "There is no such message.")


def _channel(text: str | None) -> Channel:
    first = next(iter(visitor().merchant.channels), Channel.SMS)
    return Channel(text) if text in list(Channel) else first


def _language(text: str | None) -> str:
    return nearest(text or visitor().merchant.locale)
