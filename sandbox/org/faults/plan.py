"""The plan of faults, as the control sets it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sandbox.org.wire.errors import BadInput

# The header as it is documented today, as earlier versions had it (per app), and none at all:
# https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm
_HEADER_FORMS = ("usage", "bursts", "per_app", "none")
_PER_APP = "; per-app-api-usage=17/250(appName=PaymentConnectorServer)"


@dataclass(frozen=True)
class FaultPlan:
    """What goes wrong; the defaults are: nothing."""

    latency_ms: tuple[float, float] = (0, 0)
    locked_rows: float = 0
    # Beside `api_used`: an org can refuse calls before its count says so, as other apps use them up, too.
    limit_exceeded: bool = False
    expire_tokens: bool = False
    drop_answers: float = 0
    http_503: float = 0
    api_limit: int = 100_000
    api_used: int | None = None
    concurrent_limit: float = 0
    limit_info: str = "usage"
    # Platform events an hour, and the share of them that the bus cannot take.
    event_limit: int = 50_000
    events_unavailable: float = 0

    def limit_header(self, used: int) -> str:
        """Return the Sforce-Limit-Info header in the configured form; empty for none."""
        if self.limit_info == "none":
            return ""
        usage = f"api-usage={used}/{self.api_limit}"
        return usage + {"bursts": "; api-bursts=1/750", "per_app": _PER_APP}.get(self.limit_info, "")

    def as_json(self) -> dict[str, Any]:
        """Return the faults as the control takes them."""
        return {**vars(self), "latency_ms": list(self.latency_ms)}


def parse_fault_plan(body: Any) -> FaultPlan:
    """Return the plan that the body describes. Raises BadInput naming each unusable field."""
    if not isinstance(body, dict):
        raise BadInput(body="must be a JSON object")
    read: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, value in body.items():
        try:
            read[name] = _READERS[name](value)
        except KeyError:
            problems[name] = "is not a fault of this org"
        except ValueError as error:
            problems[name] = str(error)
    if problems:
        raise BadInput(**problems)
    # From the defaults and not from the plan in force: what a test does not set is off.
    return replace(FaultPlan(), **read)


def _share(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value <= 1:
        raise ValueError("must be a number from 0 to 1")
    return float(value)


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 a ValueError is what read_plan turns into a 422
    return value


def _range(value: Any) -> tuple[float, float]:
    sentence = "must be [lowest, highest] in milliseconds, at most 60000"
    if not isinstance(value, list) or len(value) != 2 or not all(type(n) in (int, Decimal) for n in value):
        raise ValueError(sentence)
    low, high = value
    if not 0 <= low <= high <= 60_000:
        raise ValueError(sentence)
    return float(low), float(high)


def _limit(value: Any) -> int:
    if type(value) is not int or value < 1:
        raise ValueError("must be a whole number of calls, at least 1")
    return value


def _used(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("must be a whole number of calls, or left out")
    return value


def _header_form(value: Any) -> str:
    if value not in _HEADER_FORMS:
        raise ValueError(f"must be one of {', '.join(_HEADER_FORMS)}")
    return str(value)


_READERS: dict[str, Any] = {
    "latency_ms": _range,
    "locked_rows": _share,
    "limit_exceeded": _switch,
    "expire_tokens": _switch,
    "drop_answers": _share,
    "http_503": _share,
    "api_limit": _limit,
    "api_used": _used,
    "concurrent_limit": _share,
    "limit_info": _header_form,
    "event_limit": _limit,
    "events_unavailable": _share,
}
