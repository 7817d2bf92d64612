"""Knows how a tenant's mapping is kept: its own entries over the manifest's; refuses to judge whether the org has them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import manifests
from connector.domain.mapping import Mapping, Profile


def build_mapping(own: dict[str, Any]) -> Mapping:
    """Lay a tenant's own mapping over the manifest's default, entry by entry."""
    default = manifests.load("salesforce/order_fields.json")
    read = {**default["read"], **own.get("read", {})}
    return Mapping(
        order_object=own.get("order_object", default["order_object"]),
        request_object=default["request_object"],
        request_external_id=default["request_external_id"],
        number=read["number"],
        account=read["account"],
        currency=read["currency"],
        phones=tuple(read["phones"]),
        profiles=tuple(Profile(**profile) for profile in read["profiles"]),
        write_order={**default["write_order"], **own.get("write_order", {})},
        write_request={**default["write_request"], **own.get("write_request", {})},
        api_version=own.get("api_version", default["api_version"]),
    )


def own_mapping(mapping: Mapping) -> dict[str, Any]:
    """Return the entries to keep, of which ``build_mapping`` makes the same mapping again."""
    read = {name: getattr(mapping, name) for name in ("number", "account", "currency", "phones")}
    return {
        "order_object": mapping.order_object,
        "read": {**read, "profiles": [asdict(profile) for profile in mapping.profiles]},
        "write_order": mapping.write_order,
        "write_request": mapping.write_request,
        "api_version": mapping.api_version,
    }
