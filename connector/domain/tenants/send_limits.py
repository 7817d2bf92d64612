"""Limits on how many links may be sent, against misuse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from connector.domain.tenants.tenant import Policy


class Counted(StrEnum):
    """What the sends are counted for."""

    ORDER = "order"
    NUMBER = "number"
    TENANT = "tenant"


@dataclass(frozen=True)
class Limit:
    """At most ``most`` sends of one kind ``within`` a time."""

    counted: Counted
    most: int
    within: timedelta


def limits_of(policy: Policy) -> tuple[Limit, ...]:
    """Return a tenant's limits, each of at least one."""
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    return (
        Limit(Counted.ORDER, policy.sends_per_order_hour, hour),
        Limit(Counted.NUMBER, policy.sends_per_number_hour, hour),
        Limit(Counted.TENANT, policy.sends_per_tenant_minute, minute),
    )
