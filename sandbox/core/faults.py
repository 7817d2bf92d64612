"""The faults that a tester has ordered: those of the API and the phones are made here, those of callbacks in the core."""

from __future__ import annotations

import random
import re
import threading
from dataclasses import asdict, dataclass, fields
from typing import Any

from sandbox.core.errors import invalid_control
from sandbox.core.store import Store

LONGEST_DELAY_MS = 600_000
# A look at the charge, a minute after it began, must not come beside it.
LONGEST_CHARGE_MS = 30_000
CHANCES = ("drop_callbacks", "duplicate_callbacks", "drop_answers", "http_500")
# The core itself makes these: it is the one that delivers, and that asks for a charge.
OF_CORE = ("drop_callbacks", "duplicate_callbacks", "reorder_callbacks", "delay_ms", "seed", "slow_charge_ms")


@dataclass(frozen=True)
class Faults:
    """Chances are 0 to 1; nothing is ordered by default."""

    drop_callbacks: float = 0
    duplicate_callbacks: float = 0
    reorder_callbacks: bool = False
    delay_ms: tuple[int, int] = (0, 0)
    drop_answers: float = 0
    http_500: float = 0
    undeliverable: tuple[str, ...] = ()
    # How long the charge of a saved card takes.
    slow_charge_ms: int = 0
    seed: int | None = None

    @property
    def of_core(self) -> dict[str, Any]:
        """Those that the core makes."""
        return {name: value for name, value in asdict(self).items() if name in OF_CORE}


class FaultDesk:
    """Holds the ordered faults, which survive restarts, and one source of chance for all of them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._order(parse_faults(store.fact("faults") or {}))

    def order(self, raw: object) -> None:
        """Replace all faults by the given ones; what is not named is off."""
        faults = parse_faults(raw)
        self._store.remember("faults", asdict(faults))
        self._order(faults)

    def _order(self, faults: Faults) -> None:
        self.current = faults
        # a seed makes a rehearsal repeatable
        self._rng = random.Random(faults.seed)  # noqa: S311  nothing secret depends on it

    def strikes(self, chance: float) -> bool:
        """Return whether a fault of this chance happens now."""
        with self._lock:
            return chance > 0 and self._rng.random() < chance


def parse_faults(raw: object) -> Faults:
    """Check an order for faults.

    Raises:
        Refusal: 422, naming the field.
    """
    if not isinstance(raw, dict):
        raise invalid_control("body", "must be a JSON object")
    known = {field.name for field in fields(Faults)}
    for name in raw:
        if name not in known:
            raise invalid_control(str(name), "is not a fault; known are " + ", ".join(sorted(known)))
    return Faults(**{name: _checked(name, value) for name, value in raw.items()})


def _checked(name: str, value: object) -> Any:
    if name in CHANCES:
        return _chance(name, value)
    if name == "reorder_callbacks":
        return _switch(name, value)
    if name == "delay_ms":
        return _delay(value)
    if name == "slow_charge_ms":
        return _charge(value)
    return _numbers(value) if name == "undeliverable" else _seed(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _chance(name: str, value: object) -> float:
    if not isinstance(value, int | float) or not _is_number(value) or not 0 <= value <= 1:
        raise invalid_control(name, "must be a probability from 0 to 1")
    return float(value)


def _switch(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise invalid_control(name, "must be true or false")
    return value


def _delay(value: object) -> tuple[int, int]:
    if isinstance(value, list | tuple) and len(value) == 2 and all(_is_number(part) for part in value):
        low, high = value
        if 0 <= low <= high <= LONGEST_DELAY_MS:
            return int(low), int(high)
    raise invalid_control("delay_ms", f"must be [least, most] with 0 <= least <= most <= {LONGEST_DELAY_MS}")


def _charge(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LONGEST_CHARGE_MS:
        raise invalid_control("slow_charge_ms", f"must be a whole number from 0 to {LONGEST_CHARGE_MS}")
    return value


def _numbers(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(re.fullmatch(r"[0-9]{5,15}", str(number)) for number in value):
        raise invalid_control("undeliverable", "must be a list of phone numbers, digits only")
    return tuple(str(number) for number in value)


def _seed(value: object) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise invalid_control("seed", "must be a whole number or null")
    return value
