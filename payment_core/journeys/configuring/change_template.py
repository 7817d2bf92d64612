"""Give a merchant its own text of a message, or the id of the template that WhatsApp approved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from payment_core.domain.enums import Channel
from payment_core.domain.merchant import Merchant
from payment_core.domain.message_parts import is_gsm, parts_of, places_of
from payment_core.domain.templates import read_template
from payment_core.errors import invalid_field
from payment_core.services import Core
from payment_core.store import changes, merchants
from payment_core.texts.catalogue import text_of
from payment_core.texts.template_rules import approved_problem, text_problem

# Sample values of a preview, as long as real ones are.
_SAMPLES = {
    "amount": "ZAR 1,150.00",
    "order": "00000100",
    "ending": "4242",
    "card": "4242",
    "card2": "4444",
    "card3": "1881",
    "code": "7K2F",
    "codes": "7K2F (ZAR 150.00), 9M4Q (ZAR 90.00)",
    "support": "support@shop.example",
}
_TOKEN = "x" * 22


@dataclass(frozen=True)
class Template:
    """One message's text on a channel and in a language: whether it is the merchant's own, and what it costs to send."""

    name: str
    channel: Channel
    language: str
    text: str
    is_own: bool
    preview: str
    places: int
    parts: int
    is_gsm: bool


def template(core: Core, merchant: Merchant, name: str, channel: Channel, language: str) -> Template:
    """Return a message's text as it is sent now, with a preview."""
    own = merchant.templates.get(f"{name}.{channel.value}.{language}", "")
    own = "" if read_template(own) else own
    text = own or _shipped(name, channel, language)
    return Template(name, channel, language, text, bool(own), **_sample(core, merchant, channel, text))


def preview(core: Core, merchant: Merchant, name: str, channel: Channel, language: str, text: str) -> Template:
    """Return a text that is not saved, with its preview.

    Raises:
        Refusal: 422, what is wrong with it.
    """
    _refuse_text(text_problem(name, channel, language, text))
    return Template(name, channel, language, text, is_own=True, **_sample(core, merchant, channel, text))


def change_template(
    core: Core, merchant: Merchant, name: str, channel: Channel, language: str, text: str, *, by: str
) -> Merchant:
    """Save an own text; an empty one returns to the shipped text.

    Raises:
        Refusal: 422, what is wrong with it.
    """
    if text:
        _refuse_text(text_problem(name, channel, language, text))
    return _saved(core, merchant, f"{name}.{channel.value}.{language}", text, by=by)


def remove_template(
    core: Core, merchant: Merchant, name: str, channel: Channel, language: str, *, by: str, served: str | None
) -> Merchant:
    """Return to the shipped text. ``served``: what the person was shown, by ``served_by``; None: whatever there is.

    Sent twice, a form removes no more than what it was about.
    """
    return _saved(core, merchant, f"{name}.{channel.value}.{language}", "", by=by, served=served)


def served_by(merchant: Merchant, name: str, channel: Channel, language: str) -> str:
    """Return under which key the merchant's own text or template of a message is kept; empty where the shipped one serves."""
    keys = (f"{name}.{channel.value}.{language}", f"{name}.{channel.value}")
    return next((key for key in keys if key in merchant.templates), "")


def approved_id(merchant: Merchant, name: str, language: str) -> str:
    """Return what was saved as the approved template of a message in a language; empty where nothing was."""
    keys = (f"{name}.{Channel.WHATSAPP.value}.{language}", f"{name}.{Channel.WHATSAPP.value}")
    return next((found for key in keys if read_template(found := merchant.templates.get(key, ""))), "")


def change_approved_id(
    core: Core, merchant: Merchant, name: str, language: str, content_id: str, *, by: str, served: str | None = None
) -> Merchant:
    """Save the id of the template that WhatsApp approved for a message in a language, which takes its own text's place.

    The id may be followed by the template's names for its variables; an empty id removes it. ``served``: as for
    ``remove_template``.

    Raises:
        Refusal: 422, it is none.
    """
    if content_id and (problem := approved_problem(name, language, content_id)):
        raise invalid_field("content_id", problem)
    return _saved(core, merchant, f"{name}.{Channel.WHATSAPP.value}.{language}", content_id, by=by, served=served)


def _saved(core: Core, merchant: Merchant, key: str, value: str, *, by: str, served: str | None = None) -> Merchant:
    with core.transactions.write() as work:
        before = merchants.lock(work, merchant.merchant_id)
        templates = dict(before.templates)
        if value:
            templates[key] = value
        else:
            # Where this language has none, what was shown serves for all of them.
            shown = key if key in templates else key.rpartition(".")[0]
            if served in (None, shown):
                templates.pop(shown, None)
        if templates == before.templates:
            return before
        after = merchants.save(work, replace(before, templates=templates), now=core.now())
        changes.record_change(
            work, merchant.merchant_id, by=by, what="message text changed", detail=key, now=core.now()
        )
    return after


def _refuse_text(problem: str | None) -> None:
    if problem:
        raise invalid_field("text", problem)


def _shipped(name: str, channel: Channel, language: str) -> str:
    return text_of(name, language, channel=channel)


def _sample(core: Core, merchant: Merchant, channel: Channel, text: str) -> dict[str, Any]:
    """Return a text as a customer would read it, and what that costs to send, by the names of a template."""
    values = _SAMPLES | {"merchant": merchant.name, "url": f"{core.public_url}/pay/{_TOKEN}"}
    values["receipt"] = f"{core.public_url}/receipts/{_TOKEN}"
    said = text.format(**values)
    return {"preview": said, "places": places_of(said), "parts": parts_of(said, channel), "is_gsm": is_gsm(said)}
