"""What a merchant may give as its own text of a message, or as the template that WhatsApp approved for it."""

from __future__ import annotations

from string import Formatter

from foundation.texts.readable_line import may_be_sent
from payment_core.domain.enums import Channel
from payment_core.domain.templates import read_template
from payment_core.texts.catalogue import FALLBACK, catalogue, languages, text_of

_LONGEST = 1000
# What every message about a link can say; the rest only where its own text says it, or it would be empty.
_ALWAYS_KNOWN = frozenset({"merchant", "amount", "order", "support"})
_PAYLOADS = frozenset({"payload", "payload2", "payload3"})
_NO_PLACE = "has a brace that opens or closes no place"
_NO_MESSAGE = "is not a message, or not a channel or language of the catalogue"


def names() -> list[str]:
    """Return the names of the messages that have a text of their own."""
    plain = (name.partition(".")[0] for name in catalogue(FALLBACK)["messages"])
    return [name for name in dict.fromkeys(plain) if name != "pay_button"]


def key_problem(key: str, value: str) -> str | None:
    """Return what is wrong with one entry of a merchant's ``templates``, as ``name.channel.language`` or ``name.channel``."""
    name, channel, language = (*key.split("."), "", "")[:3]
    # Without a language only an approved template serves: our own words are of one language each.
    if key.count(".") > 2 or channel not in list(Channel) or (not language and read_template(value) is None):
        return _NO_MESSAGE
    spoken = language or FALLBACK
    if read_template(value) is not None:
        return approved_problem(name, spoken, value)
    return text_problem(name, Channel(channel), spoken, value)


def approved_problem(name: str, language: str, configured: str) -> str | None:
    """Return what is wrong with the id of an approved template and the names of its variables; None where nothing is."""
    if not _is_known(name, language):
        return _NO_MESSAGE
    found = read_template(configured)
    if found is None:
        return "must be HX and 32 digits, as Twilio's Content Template Builder shows it"
    known = _ALWAYS_KNOWN | _places(_shipped(name, Channel.WHATSAPP, FALLBACK)) | _payloads(name)
    # A variable that nobody fills would be a dash in front of a customer.
    if unknown := sorted({*(found.order or ())} - known):
        return f"does not know the variables {', '.join(unknown)}; known are {', '.join(sorted(known))}"
    return None


def text_problem(name: str, channel: Channel, language: str, text: str) -> str | None:
    """Return what is wrong with an own text; None where nothing is."""
    if not _is_known(name, language):
        return _NO_MESSAGE
    if len(text) > _LONGEST:
        return f"must have at most {_LONGEST} characters"
    if not may_be_sent(text):
        return "must hold no control characters, and none that turn the direction of what follows"
    known = _places(_shipped(name, channel, language))
    try:
        used = _places(text)
    except ValueError:
        return _NO_PLACE
    # A place that nobody fills would be empty in front of a customer.
    if unknown := sorted(used - known - {"merchant"}):
        return "does not know the places " + ", ".join(unknown)
    # Without these a message says nothing that its reader could act on.
    needed = known & {"url", "receipt", "code", "codes"}
    if missing := sorted(needed - used):
        return "must name " + ", ".join(f"{{{one}}}" for one in missing)
    return None


def _is_known(name: str, language: str) -> bool:
    return name in names() and language in languages()


def _payloads(name: str) -> frozenset[str]:
    return _PAYLOADS if "offer" in name else frozenset()


def _places(text: str) -> set[str]:
    found = set()
    for _, place, spec, conversion in Formatter().parse(text):
        if place is None:
            continue
        # `{amount!r}` or `{a.b}` would reach into our objects.
        if spec or conversion or not place.isidentifier():
            raise ValueError(place)
        found.add(place)
    return found


def _shipped(name: str, channel: Channel, language: str) -> str:
    return text_of(name, language, channel=channel)
