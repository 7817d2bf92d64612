"""Compare a translation with its English original: which entries are missing, or have other places."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

_PLACE = re.compile(r"\{[^{}]*\}")


def faults_of(english: Mapping[str, Any], translated: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with a translation, by sentence id: ``missing``, ``broken``, or which places differ."""
    found = ((name, _fault(text, translated.get(name))) for name, text in english.items())
    return {name: fault for name, fault in found if fault}


def places_in(text: Any) -> Counter[str]:
    """Return the places of a sentence, with their forms, such as ``{at:time}``."""
    return Counter(place for one in _texts(text) for place in _PLACE.findall(one))


def _fault(english: Any, translated: Any) -> str | None:
    if translated is None:
        return "missing"
    if len(list(_texts(translated))) != len(list(_texts(english))) or not _is_whole(translated):
        return "broken"
    # One by one: the places of a title must not move into the text below it.
    pairs = zip(_texts(english), _texts(translated), strict=True)
    differing = [place for mine, theirs in pairs for place in _differing(places_in(mine), places_in(theirs))]
    return f"differs in {', '.join(sorted(differing))}" if differing else None


def _differing(english: Counter[str], translated: Counter[str]) -> set[str]:
    # A language may name a thing again; it may not leave one out, nor name what English does not.
    return set(english) ^ set(translated)


def _is_whole(text: Any) -> bool:
    return all(one == one.strip() != "" and not set("{}") & set(_PLACE.sub("", one)) for one in _texts(text))


def _texts(text: Any) -> Iterator[str]:
    """Yield the texts of an entry: itself, or those of a pair such as a notification's title and body."""
    if isinstance(text, str):
        yield text
    elif isinstance(text, list | tuple):
        yield from (one if isinstance(one, str) else "" for one in text)
