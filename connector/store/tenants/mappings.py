"""Build a tenant's mapping from its own entries and the manifest's defaults, and the reverse."""

from __future__ import annotations

import collections.abc as abc
from dataclasses import asdict
from typing import Any

import manifests
from connector.domain.tenants.mapping import (
    ConsentRule,
    Languages,
    LineFields,
    Mapping,
    PayableRule,
    Profile,
    StatusRule,
    UnknownConsent,
)

Entry = abc.Mapping[str, Any]


def defaults() -> Entry:
    """Return the manifest with the default mapping."""
    manifest: Entry = manifests.load("salesforce/order_fields.json")
    return manifest


def build_mapping(own: dict[str, Any]) -> Mapping:
    """Merge a tenant's own entries into the manifest's default, entry by entry."""
    manifest: Any = defaults()
    order_object = own.get("order_object", manifest["order_object"])
    default = manifest["objects"][order_object]
    read = {**default["read"], **own.get("read", {})}
    return Mapping(
        order_object=order_object,
        original=default["original"],
        request_object=manifest["request_object"],
        request_external_id=manifest["request_external_id"],
        number=read["number"],
        account=read["account"],
        contact=read["contact"],
        currency=read["currency"],
        phones=tuple(read["phones"]),
        countries=_paths(read["country"]),
        profiles=tuple(map(_profile, read["profiles"])),
        languages=Languages(**_with_own_table(default["read"]["language"], read["language"], "table")),
        lines=_lines(default["read"]["lines"], read["lines"]),
        payable=tuple(map(_payable_rule, own.get("payable", default["payable"]))),
        consents={channel: _consent_rule(rule) for channel, rule in own.get("consents", manifest["consents"]).items()},
        write_order={**manifest["write_order"], **own.get("write_order", {})},
        write_status=StatusRule(**_with_own_table(default["write_status"], own.get("write_status", {}), "values")),
        write_request={**manifest["write_request"], **own.get("write_request", {})},
        api_version=own.get("api_version", manifest["api_version"]),
    )


def whole_mapping(mapping: Mapping) -> dict[str, Any]:
    """Return every entry of a mapping, in the form of a mapping file."""
    read = {name: getattr(mapping, name) for name in ("number", "account", "contact", "currency")}
    return {
        "order_object": mapping.order_object,
        "read": {
            **read,
            "phones": list(mapping.phones),
            "country": list(mapping.countries),
            "profiles": [_profile_entry(profile) for profile in mapping.profiles],
            "language": asdict(mapping.languages),
            "lines": asdict(mapping.lines) if mapping.lines else None,
        },
        "payable": [_filled_in(asdict(rule)) for rule in mapping.payable],
        "consents": {channel: _filled_in(asdict(rule)) for channel, rule in mapping.consents.items()},
        "write_order": dict(mapping.write_order),
        "write_status": asdict(mapping.write_status),
        "write_request": dict(mapping.write_request),
        "api_version": mapping.api_version,
    }


def own_mapping(mapping: Mapping) -> dict[str, Any]:
    """Return the entries to store, from which ``build_mapping`` builds the same mapping again."""
    # What equals the default is left out, so that a later release's default reaches the tenant.
    whole = whole_mapping(mapping)
    default = whole_mapping(build_mapping({"order_object": mapping.order_object}))
    own = _differing(whole, default, deep=("read", "write_order", "write_request"))
    return own if mapping.order_object == defaults()["order_object"] else {"order_object": mapping.order_object, **own}


def _differing(whole: dict[str, Any], default: dict[str, Any], *, deep: tuple[str, ...] = ()) -> dict[str, Any]:
    changed = {name: value for name, value in whole.items() if value != default.get(name)}
    return {name: _differing(value, default[name]) if name in deep else value for name, value in changed.items()}


def _with_own_table(default: Entry, own: Entry, table: str) -> dict[str, Any]:
    merged = {**default, **own}
    # The manifest's tables are read-only proxies, which `asdict` cannot copy.
    return {**merged, table: dict(merged[table])}


def _lines(default: Entry, own: Entry | None) -> LineFields | None:
    return None if own is None else LineFields(**{**default, **own})


def _paths(given: str | abc.Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _profile(given: str | Entry) -> Profile:
    if isinstance(given, str):
        return Profile(name=given, **defaults()["profiles"][given])
    return Profile(**{"name": "own", "tax": None, "sub_total": None, "currency": None, **given})


def _profile_entry(profile: Profile) -> str | dict[str, Any]:
    """Return a profile for a mapping file; one of the manifest's by its name, so that it follows the manifest."""
    known = defaults()["profiles"]
    return profile.name if profile.name in known and profile == _profile(profile.name) else asdict(profile)


def _payable_rule(given: Entry) -> PayableRule:
    return PayableRule(given["field"], tuple(given.get("one_of", ())), tuple(given.get("none_of", ())))


def _consent_rule(given: Entry) -> ConsentRule:
    return ConsentRule(
        unknown=UnknownConsent(given["unknown"]),
        field=given.get("field"),
        query=given.get("query"),
        yes=tuple(given.get("yes", ())),
        no=tuple(given.get("no", ())),
    )


def _filled_in(given: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is empty, and write lists as JSON has them."""
    return {
        name: list(value) if isinstance(value, tuple) else str(value)
        for name, value in given.items()
        if value not in (None, ())
    }
