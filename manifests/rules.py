"""The rules for entries of the payment core's manifests, with their faults as sentences for an admin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from foundation.settings.setting_checks import HOST_NAME

# Tables whose names are the core's own words: entries may be added, and shipped ones removed with null.
_OPEN = {
    "operations.json": (("operations", "*", "refusals", "*"),),
    "statuses.json": (("statuses", "*"), ("opt_out_statuses", "*")),
}
# Former names: the error about an entry that still has one gives its new name.
_RENAMED: dict[tuple[str, tuple[str, ...]], str] = {("statuses.json", ("customer_words",)): "opt_out_statuses"}
_READS, _WRITES = ("GET", "POST"), ("POST", "PUT", "PATCH", "DELETE")
_WORD = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_NAME = re.compile(r"[^\s\"\\]{1,80}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
_PATH = re.compile(r"(/(?!\.{1,2}(/|$))[\w.~:@{}-]+)+", re.ASCII)
_PLACES = re.compile(r"{(\w+)}")
_LONGEST_MINUTES = 7 * 24 * 60


def is_open(file: str, place: tuple[str, ...]) -> bool:
    """Say whether a place is an entry of a table whose entries an admin may add and remove."""
    return any(_fits(place, pattern) for pattern in _OPEN.get(file, ()))


def check_value(file: str, place: tuple[str, ...], shipped: Any, own: Any) -> Iterator[str]:
    """Yield what is wrong with a value, compared with the shipped value of its place or of such places."""
    for pattern, check in _CHECKS[file].items():
        if _fits(place, pattern.split(".")):
            yield from check(shipped, own)
            return
    yield from _alike(shipped, own)


def check_new_name(name: str) -> Iterator[str]:
    """Yield what is wrong with a name that is added to an open table."""
    if not _WORD.fullmatch(name):
        yield "write the core's word in capitals, with _ between its parts."


def explain_unknown(file: str, place: tuple[str, ...], known: Mapping[str, Any]) -> str:
    """Return what is wrong with a name that is not used at its place, where ``known`` are."""
    if (file, place) in _RENAMED:
        return f"this is named {_RENAMED[file, place]} now. Rename it."
    names = ", ".join(one for one in known if not one.startswith("about"))
    return f"nothing of this name is used here. The names are {names}."


def check_consistency(file: str, merged: Mapping[str, Any]) -> Iterator[str]:
    """Yield what does not fit together in a manifest whose single entries are valid."""
    if file == "operations.json":
        yield from _operations(merged)
    if file == "statuses.json":
        yield from _statuses(merged)


def _fits(place: tuple[str, ...], pattern: Any) -> bool:
    return len(place) == len(pattern) and all(two in ("*", one) for one, two in zip(place, pattern, strict=True))


def _operations(merged: Mapping[str, Any]) -> Iterator[str]:
    for name, url in merged["base_urls"].items():
        if urlsplit(url).hostname not in merged["allowed_hosts"]:
            yield f"base_urls.{name}: its host is not among allowed_hosts. Name it there, too."
    for name, operation in merged["operations"].items():
        for table in ("body", "query"):
            names = list(operation.get(table, {}).values())
            for twice in {one for one in names if names.count(one) > 1}:
                yield f"operations.{name}.{table}: “{twice}” stands for two values. Give each a name of its own."


def _statuses(merged: Mapping[str, Any]) -> Iterator[str]:
    for word in set(merged["statuses"]) & set(merged["opt_out_statuses"]):
        yield f"statuses.{word}: it is among opt_out_statuses, too. Take one out with null."
    if not any(entry.get("money") == "paid" for entry in merged["statuses"].values()):
        yield 'statuses: no word says that money was paid. Give one "money": "paid".'
    for word, entry in merged["opt_out_statuses"].items():
        if "stopped" not in entry:
            yield f'opt_out_statuses.{word}: say "stopped": true (a STOP) or false (a START).'


def _alike(shipped: Any, own: Any) -> Iterator[str]:
    """Yield what is wrong with a value that has no rule of its own: it must be of the shipped value's type."""
    if isinstance(shipped, bool):
        if not isinstance(own, bool):
            yield "write true or false."
    elif isinstance(shipped, int):
        yield from _whole(shipped, own)
    elif isinstance(shipped, tuple):
        yield from _names(shipped, own)
    else:
        yield from _name(shipped, own)


def _name(_: Any, own: Any) -> Iterator[str]:
    if not (isinstance(own, str) and _NAME.fullmatch(own)):
        yield "write a name of 1 to 80 characters, without blanks."


def _names(_: Any, own: Any) -> Iterator[str]:
    fits = isinstance(own, list) and own and all(isinstance(one, str) and _NAME.fullmatch(one) for one in own)
    if not fits or len(set(own)) < len(own):
        yield 'write a list of one or more different names, such as ["name"].'


def _whole(_: Any, own: Any) -> Iterator[str]:
    if isinstance(own, bool) or not isinstance(own, int) or own < 1:
        yield "write a whole number, 1 or more."


def _minutes(_: Any, own: Any) -> Iterator[str]:
    if isinstance(own, bool) or not isinstance(own, int) or not 1 <= own <= _LONGEST_MINUTES:
        yield f"write whole minutes, 1 to {_LONGEST_MINUTES}."


def _url(_: Any, own: Any) -> Iterator[str]:
    if not (isinstance(own, str) and own.startswith("https://") and HOST_NAME.fullmatch(own.removeprefix("https://"))):
        yield "write https:// and a host's full name in small letters, with nothing behind it."


def _hosts(_: Any, own: Any) -> Iterator[str]:
    if not (isinstance(own, list) and own and all(isinstance(one, str) and HOST_NAME.fullmatch(one) for one in own)):
        yield 'write a list of full names of hosts in small letters, such as ["core.example.com"].'


def _scheme(_: Any, own: Any) -> Iterator[str]:
    if own is not None and not (isinstance(own, str) and _HEADER.fullmatch(own)):
        yield 'write the word before the key, such as "Bearer", or null for none.'


def _header(_: Any, own: Any) -> Iterator[str]:
    if not (isinstance(own, str) and _HEADER.fullmatch(own)):
        yield "write a header's name."


def _method(shipped: Any, own: Any) -> Iterator[str]:
    """Yield what is wrong with a method: calls that are repeated must be GETs, and calls that change something must not."""
    fit = _READS if shipped == "GET" else _WRITES
    if own not in fit:
        yield f"write one of {', '.join(fit)}."


def _path(shipped: Any, own: Any) -> Iterator[str]:
    needed = _PLACES.findall(shipped)
    if not isinstance(own, str) or not _PATH.fullmatch(own) or sorted(_PLACES.findall(own)) != sorted(needed):
        places = f"with {' and '.join(f'{{{one}}}' for one in needed)} once" if needed else "without places"
        yield f"write a path that begins with /, {places} in it and no query behind it."


def _success(_: Any, own: Any) -> Iterator[str]:
    if not (isinstance(own, list) and own and all(type(one) is int and 200 <= one <= 299 for one in own)):
        yield "write a list of statuses from 200 to 299, such as [200]."


def _refusal(shipped: Any, own: Any) -> Iterator[str]:
    if not isinstance(own, str) or own not in shipped:
        yield f"write one of our words for it: {', '.join(sorted(shipped))}."


def _one_of(*words: str) -> Any:
    def check(_: Any, own: Any) -> Iterator[str]:
        if own not in words:
            yield f"write one of {', '.join(words)}."

    return check


_LINKS = _one_of("created", "sent", "opened", "expired", "cancelled")
_MONEY = _one_of("declined", "in_review", "refused", "authorized", "paid", "reversed")
_CHECKS: dict[str, dict[str, Any]] = {
    "operations.json": {
        "base_urls.*": _url,
        "allowed_hosts": _hosts,
        "authorization.header": _header,
        "authorization.scheme": _scheme,
        "operations.*.method": _method,
        "operations.*.path": _path,
        "operations.*.success": _success,
        "operations.*.refusals.*": _refusal,
        "lifecycle.unopened_minutes": _minutes,
        "lifecycle.opened_minutes": _minutes,
        "lifecycle.unknown_grace_minutes": _minutes,
    },
    "statuses.json": {
        "statuses.*.link": _LINKS,
        "statuses.*.message": _one_of("accepted", "sent", "delivered", "read", "failed"),
        "statuses.*.money": _MONEY,
        "statuses.*.money_when_review_finalised": _MONEY,
    },
    "notifications.json": {},
}
