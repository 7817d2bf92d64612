"""Validate a mapping file by itself: known entries, well-formed names, rules that make sense."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connector.domain.payments.balance import OrderPaymentState
from connector.domain.payments.payment import Channel
from connector.domain.tenants.mapping import (
    PLACEHOLDERS,
    UnknownConsent,
    is_field_name,
    is_language,
    is_path,
    placeholders_of,
)
from connector.errors import Invalid
from connector.store.tenants.mappings import defaults

Errors = Iterator[tuple[str, str]]
Validator = Callable[[str, Any], Errors]

_VERSION = re.compile(r"[6-9][0-9]\.0")
# A mapping becomes a query and a page: none of the two may grow without end.
_LONGEST_QUERY, _LONGEST_WORD, _MOST = 2000, 255, 50


def validate_mapping(given: Any) -> dict[str, Any]:
    """Return a tenant's own mapping entries as they were given.

    Raises:
        Invalid: by entry, all errors at once.
    """
    fields: dict[str, list[str]] = {}
    for entry, error in _file(given):
        fields.setdefault(entry, []).append(error)
    if fields:
        raise Invalid(fields)
    return dict(given)


def _file(given: Any) -> Errors:
    manifest = defaults()
    if not isinstance(given, dict):
        yield "mapping", "Give one JSON object."
        return
    yield from _table({
        "order_object": _one_of(manifest["objects"]),
        "read": _table({
            "number": _path,
            "account": _or_null(_path),
            "contact": _or_null(_path),
            "currency": _or_null(_path),
            "phones": _list_of(_path),
            "country": _path_or_list,
            "profiles": _list_of(_profile, least=1),
            "language": _table({"field": _or_null(_path), "table": _by_any(_language), "default": _or_null(_language)}),
            "lines": _or_null(_table({
                "object": _field, "order": _field, "name": _path, "quantity": _path, "amount": _path,
            })),
        }),
        "payable": _list_of(_payable),
        "consents": _by(Channel, _consent),
        "write_order": _by(manifest["write_order"], _or_null(_field)),
        "write_status": _table({"field": _field, "values": _by(OrderPaymentState, _word)}),
        "write_request": _by(manifest["write_request"], _or_null(_field)),
        "api_version": _api_version,
    })("", given)  # fmt: skip
    yield from _twice(given)


def _twice(given: dict[str, Any]) -> Errors:
    """Yield an error for each field that two of our values are written to."""
    manifest = defaults()
    for table in ("write_order", "write_request"):
        own = given.get(table)
        if not isinstance(own, dict):
            continue
        taken: dict[str, str] = {}
        for name, field in {**manifest[table], **own}.items():
            if not isinstance(field, str):
                continue
            # API names in Salesforce are case insensitive.
            first = taken.setdefault(field.lower(), name)
            if first != name:
                yield f"{table}.{name}", f"{first} is written to {field} already."


def _table(checks: Mapping[str, Validator]) -> Validator:
    """Return a validator of an object with these entries only, each of them optional."""

    def check(entry: str, given: Any) -> Errors:
        if not isinstance(given, dict):
            yield entry, "Give an object."
            return
        for name, value in given.items():
            where = f"{entry}.{name}" if entry else str(name)
            if name in checks:
                yield from checks[name](where, value)
            else:
                yield where, f"Unknown entry; there are {', '.join(checks)}."

    return check


def _by(names: Any, inner: Validator) -> Validator:
    return _table(dict.fromkeys(map(str, names), inner))


def _by_any(inner: Validator) -> Validator:
    def check(entry: str, given: Any) -> Errors:
        if not isinstance(given, dict):
            yield entry, "Give an object."
            return
        for name, value in given.items():
            yield from inner(f"{entry}.{name}", value)

    return check


def _list_of(inner: Validator, *, least: int = 0) -> Validator:
    def check(entry: str, given: Any) -> Errors:
        if not isinstance(given, list) or not least <= len(given) <= _MOST:
            yield entry, f"Give a list of {least} to {_MOST}."
            return
        for number, value in enumerate(given):
            yield from inner(f"{entry}.{number}", value)

    return check


def _or_null(inner: Validator) -> Validator:
    def check(entry: str, given: Any) -> Errors:
        if given is not None:
            yield from inner(entry, given)

    return check


def _one_of(words: Any) -> Validator:
    def check(entry: str, given: Any) -> Errors:
        if given not in list(words):
            yield entry, f"Give one of {', '.join(words)}."

    return check


def _path(entry: str, given: Any) -> Errors:
    if not is_path(given):
        yield entry, "Give a field, or relationships and a field with dots: letters, digits and underscores."


def _path_or_list(entry: str, given: Any) -> Errors:
    yield from _path(entry, given) if isinstance(given, str) else _list_of(_path)(entry, given)


def _field(entry: str, given: Any) -> Errors:
    if not is_field_name(given):
        yield entry, "Give the API name of one field: letters, digits and underscores."


def _word(entry: str, given: Any) -> Errors:
    if not isinstance(given, str) or not 0 < len(given.strip()) == len(given) <= _LONGEST_WORD:
        checkbox = ' A checkbox has "true" and "false", in quotes.' if isinstance(given, bool) else ""
        yield entry, f"Give a text of 1 to {_LONGEST_WORD} characters without spaces around it.{checkbox}"


def _language(entry: str, given: Any) -> Errors:
    if not is_language(given):
        yield entry, "Give a language such as en, af or pt_BR."


def _api_version(entry: str, given: Any) -> Errors:
    if not isinstance(given, str) or not _VERSION.fullmatch(given):
        yield entry, "Give an API version such as 67.0."


def _profile(entry: str, given: Any) -> Errors:
    known = defaults()["profiles"]
    if isinstance(given, str):
        yield from _one_of(known)(entry, given)
        return
    optional = dict.fromkeys(("tax", "sub_total", "currency"), _or_null(_path))
    yield from _table({"name": _field, "total": _path, **optional})(entry, given)
    if isinstance(given, dict) and "total" not in given:
        yield f"{entry}.total", "Name the field of the total."
    if isinstance(given, dict) and given.get("sub_total") and not given.get("tax"):
        yield f"{entry}.tax", "A sub-total without a tax says nothing; name the field of the tax, or leave both out."


def _payable(entry: str, given: Any) -> Errors:
    yield from _table({"field": _path, "one_of": _list_of(_word, least=1), "none_of": _list_of(_word, least=1)})(
        entry, given
    )
    if isinstance(given, dict):
        if "field" not in given:
            yield f"{entry}.field", "Name the field."
        if "one_of" not in given and "none_of" not in given:
            yield entry, "Say one_of or none_of."


def _consent(entry: str, given: Any) -> Errors:
    words = _list_of(_word)
    allowed = {"field": _path, "query": _query, "yes": words, "no": words, "unknown": _one_of([*UnknownConsent])}
    yield from _table(allowed)(entry, given)
    if not isinstance(given, dict):
        return
    if ("field" in given) == ("query" in given):
        yield entry, "Say where the consent stands: field or query, one of them."
    if "unknown" not in given:
        yield f"{entry}.unknown", f"Say what unknown means: {', '.join(UnknownConsent)}."
    yes, no = given.get("yes") or [], given.get("no") or []
    if not yes and not no:
        yield entry, "Say which values mean yes or no."
    if isinstance(yes, list) and isinstance(no, list) and {str(one).casefold() for one in yes} & {
        str(one).casefold() for one in no
    }:  # fmt: skip
        yield entry, "A value cannot mean yes and no."


def _query(entry: str, given: Any) -> Errors:
    names = placeholders_of(given) if isinstance(given, str) else None
    if names is None or not given.lstrip().upper().startswith("SELECT ") or len(given) > _LONGEST_QUERY:
        yield entry, f"Give a SOQL query of at most {_LONGEST_QUERY} characters."
    # Each is filled with an escaped literal; any other brace would go into the query as it is.
    elif names - PLACEHOLDERS:
        yield entry, f"A query may hold {', '.join(f'{{{name}}}' for name in sorted(PLACEHOLDERS))} only."
    elif not names:
        yield entry, "A query without a placeholder would give every customer the same answer."
