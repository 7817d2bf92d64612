"""Do one thing to each of several rows: what fails with one of them is no reason to leave the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from foundation.database.outage import AWAY, reason_of
from foundation.log import get_logger
from payment_core import metrics

log = get_logger()
Row = TypeVar("Row")


def one_by_one(rows: Iterable[Row], do: Callable[[Row], object], *, step: str) -> list[Row]:
    """Return the rows with which it went well; a row that fails keeps its lease, and is tried again once that ends."""
    done = []
    for row in rows:
        try:
            do(row)
        except AWAY:
            # The next row would fail in the same way.
            raise
        except Exception as error:
            metrics.registry.count(metrics.STEPS_FAILED, step)
            log.error("step_failed", where=step, error=type(error).__name__, reason=reason_of(error))
        else:
            done.append(row)
    return done
