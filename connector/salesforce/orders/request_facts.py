"""How an org takes payment request records: its optional fields, time zone, agents' roles, queue and refused owners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from connector.domain.tenants.tenant import is_salesforce_id, long_id


class LeftOut(StrEnum):
    """What a record is written without where the org refuses it.

    ``user_lookups``: the agent is only its owner. ``agent``: a queue is its owner. ``all_optional``: every optional field,
    and its owner.
    """

    NOTHING = "nothing"
    USER_LOOKUPS = "user_lookups"
    AGENT = "agent"
    ALL_OPTIONAL = "all_optional"


@dataclass(frozen=True)
class RequestFacts:
    """How an org takes request records. ``names``: our names of the optional fields that our user may write there.

    ``refused_owners``: the ids of users whom the org refused as owners within the hour.
    """

    names: frozenset[str] = frozenset()
    takes_owner: bool = False
    zone: ZoneInfo | None = None
    # Role names by user id, as they are at sending: the record is first written seconds afterwards.
    teams: Mapping[str, str | None] = field(default_factory=dict)
    queue_id: str | None = None
    refused_owners: frozenset[str] = frozenset()


NO_FACTS = RequestFacts()


def user_of(person_id: str) -> str | None:
    """Return a person's id as that of a Salesforce user; None for an API key and an operator."""
    return long_id(person_id) if person_id.startswith("005") and is_salesforce_id(person_id) else None
