"""Holds every test to the rules about locks: a request changes only under its order's lock, a link only under its own.

SQLite has one writer, so that a forgotten lock, or one of something else, shows there in no outcome: it is what two
processes on PostgreSQL would do to each other. So the transactions themselves are watched, in every journey of any test.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest

from connector.store.orders import orders
from connector.store.requests import request_events, request_rows
from foundation.database.unit_of_work import UnitOfWork
from payment_core.store import merchants
from payment_core.store.links import attempts, links, money_moves

Named = Callable[..., Sequence[tuple[str, ...]]]
_PRODUCT = ("connector.", "callbacks.", "payment_core.")


def _orders(requests: Sequence[Any]) -> Sequence[tuple[str, ...]]:
    return [(one.tenant_id, one.order_id) for one in requests]


# What a function locks, by its arguments. A row that a transaction itself adds is nobody else's before it ends.
_LOCKS: Sequence[tuple[ModuleType, str, Named]] = (
    (orders, "lock", lambda tenant_id, order_id: [(tenant_id, order_id)]),
    (orders, "lock_many", lambda tenant_id, order_ids: [(tenant_id, one) for one in order_ids]),
    (request_rows, "add", lambda request, **_: _orders([request])),
    (links, "lock", lambda reference: [(reference,)]),
    (links, "add", lambda link, **_: [(link.reference,)]),
    (links, "change_same", lambda link, **_: [(link.reference,)]),
    (merchants, "lock", lambda merchant_id: [(merchant_id,)]),
    (merchants, "add", lambda merchant, *_, **__: [(merchant.merchant_id,)]),
)
# What must be locked before.
_CHANGES: Sequence[tuple[ModuleType, str, Named]] = (
    (request_rows, "save", lambda request: _orders([request])),
    (request_rows, "save_many", _orders),
    (request_rows, "update_phone", lambda request, **_: _orders([request])),
    (request_events, "add", lambda lines: _orders([request for request, _ in lines])),
    (links, "save", lambda link: [(link.reference,)]),
    (links, "change", lambda link, **_: [(link.reference,)]),
    (attempts, "add", lambda attempt: [(attempt.link_reference,)]),
    (money_moves, "add", lambda move, **_: [(move.link_reference,)]),
    (merchants, "save", lambda merchant, **_: [(merchant.merchant_id,)]),
    (merchants, "save_secrets", lambda merchant, *_, **__: [(merchant.merchant_id,)]),
)


@contextmanager
def locks_watched() -> Iterator[None]:
    """Fail where the product changes a row of which this transaction has not locked what its rule names."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, named in _LOCKS:
            patch.setattr(module, name, _locking(getattr(module, name), named))
        for module, name, named in _CHANGES:
            patch.setattr(module, name, _changing(getattr(module, name), named))
        yield


def _locking(lock: Callable[..., Any], named: Named) -> Callable[..., Any]:
    def watched(work: UnitOfWork, *given: Any, **more: Any) -> Any:
        found = lock(work, *given, **more)
        _locked(work).update(named(*given, **more))
        return found

    return watched


def _changing(change: Callable[..., Any], named: Named) -> Callable[..., Any]:
    def watched(work: UnitOfWork, *given: Any, **more: Any) -> Any:
        # Only of the product's steps: a test may write down whatever it begins with.
        caller = _caller()
        if caller.startswith(_PRODUCT) and caller != change.__module__:
            free = set(named(*given, **more)) - _locked(work)
            assert not free, f"{change.__module__}.{change.__name__} changes a row whose lock nobody has taken"
        return change(work, *given, **more)

    return watched


def _caller() -> str:
    """Return the module that called what is watched."""
    here = inspect.currentframe()
    watched = here.f_back if here else None
    caller = watched.f_back if watched else None
    return str(caller.f_globals["__name__"]) if caller else ""


def _locked(work: UnitOfWork) -> set[tuple[str, ...]]:
    """Return what a transaction has locked, kept in the unit of work: callers that share a transaction have one each."""
    held: set[tuple[str, ...]] = work.__dict__.setdefault("locked_in_tests", set())
    return held
