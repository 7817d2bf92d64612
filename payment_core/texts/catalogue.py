"""Find a text by name, language and channel; a language that the catalogue lacks falls back to English."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale

from payment_core.domain.enums import Channel
from payment_core.domain.templates import read_template

FALLBACK = "en"


@cache
def languages() -> tuple[str, ...]:
    """Return the languages of the catalogue."""
    found = files("payment_core.texts").iterdir()
    return tuple(sorted(one.name.removesuffix(".json") for one in found if one.name.endswith(".json")))


@cache
def catalogue(language: str) -> Mapping[str, Any]:
    """Return the texts of one language of the catalogue."""
    found: Mapping[str, Any] = json.loads(
        files("payment_core.texts").joinpath(f"{language}.json").read_text(encoding="utf-8")
    )
    return found


def nearest(language: str) -> str:
    """Return the catalogue's language for ``de_AT`` or ``pt-BR``; English for one that it lacks."""
    plain = language.replace("-", "_").partition("_")[0].lower()
    return plain if plain in languages() else FALLBACK


def text_of(name: str, language: str, *, channel: Channel, own: Mapping[str, str] | None = None) -> str:
    """Return the text of a message, with places such as ``{amount}``; a merchant's ``own`` comes first.

    An own text is named ``name.channel.language``; a text of the catalogue may have a form for one channel.
    """
    spoken = nearest(language)
    found = (own or {}).get(f"{name}.{channel.value}.{spoken}")
    # What names an approved template is sent as that, beside our own words.
    if found and read_template(found) is None:
        return found
    messages = catalogue(spoken)["messages"]
    text: str = messages.get(f"{name}.{channel.value}") or messages.get(name, "")
    return text


def counted_text(name: str, language: str, number: int) -> str:
    """Return a text of the customer's pages in the form that a number asks for; Arabic has other words for 2, 5 and 15."""
    spoken = nearest(language)
    form = f"{name}_{Locale(spoken).plural_form(number)}"
    return page_text(form if form in catalogue(spoken)["pages"] else name, spoken)


def page_text(name: str, language: str) -> str:
    """Return a text of the customer's pages."""
    text: str = catalogue(nearest(language))["pages"][name]
    return text
