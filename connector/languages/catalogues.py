"""The languages of the sentences: their catalogues, their direction, and the locale of a user's numbers and dates."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import manifests
from connector.languages.translations import faults_of
from foundation.log import get_logger

log = get_logger()
ENGLISH = "en"
_FOLDER = files("manifests").joinpath("sentences")
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "iw", "ur"})
# Salesforce and browsers name them alike but for the underscore; what follows, such as the variant EURO, browsers refuse.
_TAG = re.compile(r"([a-z]{2,3})(?:[_-]([A-Z][a-z]{3}))?(?:[_-]([A-Z]{2}))?(?:[_-]|$)")


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue."""
    return tuple(sorted(one.name.removesuffix(".json") for one in _FOLDER.iterdir() if one.name.endswith(".json")))


def is_spoken(language: str | None) -> bool:
    """Return whether there is a catalogue for a language, such as ``pt_BR`` or ``de-AT``."""
    return _plain(language) in languages()


def spoken(language: str | None) -> str:
    """Return the catalogue's language for ``pt_BR`` or ``de-AT``; English for one that it lacks."""
    return _plain(language) if is_spoken(language) else ENGLISH


def direction(language: str) -> str:
    """Return the direction in which a language is written, ``ltr`` or ``rtl``."""
    return "rtl" if spoken(language) in _RIGHT_TO_LEFT else "ltr"


def locale_tag(locale: str | None, language: str) -> str:
    """Return the BCP 47 tag of a locale of Salesforce (``pt_BR`` is ``pt-BR``); unreadable: the language's."""
    for given in (locale, language):
        found = _TAG.match(given or "")
        if found:
            return "-".join(part for part in found.groups() if part)
    return ENGLISH


def catalogue(language: str = ENGLISH, part: str = "") -> Mapping[str, Any]:
    """Return all sentences of a language, or of one part such as ``bells``; English where the language lacks one."""
    return checked_catalogue(spoken(language), part)


def own(language: str, part: str = "") -> Mapping[str, Any]:
    """Return the sentences that a language has itself, those left out that do not fit their English original."""
    translated = _read(language, part)
    unfit = faults_of(_read(ENGLISH, part), translated).keys() | (translated.keys() - _read(ENGLISH, part).keys())
    return {name: text for name, text in translated.items() if name not in unfit}


def faults(language: str, part: str = "") -> Mapping[str, str]:
    """Return what is wrong with a language's translation, by sentence id; ``unknown`` for an id that English lacks."""
    english, translated = _read(ENGLISH, part), _read(language, part)
    return faults_of(english, translated) | dict.fromkeys(translated.keys() - english.keys(), "unknown")


def _plain(language: str | None) -> str:
    return re.split("[_-]", language or "", maxsplit=1)[0].lower()


@cache
def checked_catalogue(language: str, part: str) -> Mapping[str, Any]:
    """Return the catalogue of a language that has one; what does not fit falls back to English, and is logged."""
    english = _read(ENGLISH, part)
    translated = _read(language, part)
    unfit = faults_of(english, translated)
    if unfit:
        # Once in the life of a process: catalogues are cached. Ids only, never a sentence's values.
        log.warning("sentences_untranslated", language=language, part=part or "page", sentences=sorted(unfit))
    return MappingProxyType({name: text if name in unfit else translated[name] for name, text in english.items()})


def _read(language: str, part: str) -> Mapping[str, Any]:
    folder = f"{part}/" if part else ""
    try:
        found = manifests.load(f"sentences/{folder}{language}.json")
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, Mapping) else {}
