"""Knows which Salesforce fields an org uses for what; refuses to know what they hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """Where an order keeps its amounts; the first profile whose total is filled in serves."""

    name: str
    total: str
    tax: str | None
    sub_total: str | None
    currency: str | None


@dataclass(frozen=True)
class Mapping:
    """Which Salesforce fields are read and written."""

    order_object: str
    request_object: str
    request_external_id: str
    number: str
    account: str | None
    currency: str | None
    phones: tuple[str, ...]
    profiles: tuple[Profile, ...]
    write_order: dict[str, str]
    write_request: dict[str, str]
    api_version: str
