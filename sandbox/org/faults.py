"""Faults on order: knows what was asked to go wrong and when it does, and refuses to know what it goes wrong in."""

import random
import threading
import time
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

_EXPIRES_EVERY = 50
_HEADER_FORMS = ("usage", "bursts", "per_app", "none")
_PER_APP = "; per-app-api-usage=17/250(appName=PaymentConnectorServer)"


class BadInput(ValueError):
    """What the caller of a control sent cannot be used: {field: sentence}."""

    def __init__(self, **fields: str) -> None:
        super().__init__("; ".join(f"{name} {sentence}" for name, sentence in fields.items()))
        self.fields = fields


@dataclass(frozen=True)
class FaultPlan:
    """What goes wrong; the defaults are: nothing."""

    latency_ms: tuple[float, float] = (0, 0)
    locked_rows: float = 0
    limit_exceeded: bool = False
    expire_tokens: bool = False
    drop_answers: float = 0
    http_503: float = 0
    api_limit: int = 100_000
    api_used: int | None = None
    concurrent_limit: float = 0
    limit_info: str = "usage"

    def limit_header(self, used: int) -> str:
        """Return the Sforce-Limit-Info header in the form asked for, empty where there shall be none."""
        if self.limit_info == "none":
            return ""
        usage = f"api-usage={used}/{self.api_limit}"
        return usage + {"bursts": "; api-bursts=1/750", "per_app": _PER_APP}.get(self.limit_info, "")

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "latency_ms": list(self.latency_ms)}


def read_plan(body: Any) -> FaultPlan:
    """Return the plan that the body describes. Raises BadInput naming each unusable field."""
    if not isinstance(body, dict):
        raise BadInput(body="must be a JSON object")
    read: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, value in body.items():
        try:
            read[name] = _READERS[name](value)
        except KeyError:
            wrong[name] = "is not a fault of this org"
        except ValueError as error:
            wrong[name] = str(error)
    if wrong:
        raise BadInput(**wrong)
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
}


class Faults:
    """The plan in force, and the dice."""

    def __init__(self) -> None:
        self.plan = FaultPlan()
        self._dice = random.Random()  # noqa: S311 dice for faults, nothing secret
        self._lock = threading.Lock()
        self._calls = 0

    def _falls(self, share: float) -> bool:
        return share > 0 and self._dice.random() < share

    def wait(self) -> None:
        low, high = self.plan.latency_ms
        if high > 0:
            time.sleep(self._dice.uniform(low, high) / 1000)

    def row_is_locked(self) -> bool:
        return self._falls(self.plan.locked_rows)

    def service_is_unavailable(self) -> bool:
        return self._falls(self.plan.http_503)

    def too_many_at_once(self) -> bool:
        return self._falls(self.plan.concurrent_limit)

    def answer_is_dropped(self) -> bool:
        return self._falls(self.plan.drop_answers)

    def token_expires_now(self) -> bool:
        """Every fiftieth call loses its token while the fault is on."""
        if not self.plan.expire_tokens:
            return False
        with self._lock:
            self._calls += 1
            return self._calls % _EXPIRES_EVERY == 0


class CallCounts:
    """What the benchmarks read: calls, logins, records, and how many calls were under way at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_flight = 0
        # The org's allowance does not start again when a benchmark resets its counters.
        self.used_today = 0
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self.api_calls = self.logins = self.records_written = 0
            self.peak_in_flight = self._in_flight

    def call_begins(self) -> None:
        with self._lock:
            self.api_calls += 1
            self.used_today += 1
            self._in_flight += 1
            self.peak_in_flight = max(self.peak_in_flight, self._in_flight)

    def call_ends(self) -> None:
        with self._lock:
            self._in_flight -= 1

    def add(self, *, logins: int = 0, records: int = 0) -> None:
        with self._lock:
            self.logins += logins
            self.records_written += records

    def as_json(self) -> dict[str, int]:
        names = ("api_calls", "logins", "records_written", "peak_in_flight")
        return {name: getattr(self, name) for name in names}
