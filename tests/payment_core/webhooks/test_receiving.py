"""A provider's notification is stored before its 200: once for each event, however often and at how many doors it comes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import OperationalError

from payment_core.app import create_app
from payment_core.domain.enums import MessageStatus
from payment_core.messengers.messenger import MessageReport
from payment_core.services import Core
from payment_core.store.schema.tables import webhooks
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.fakes import FakeMessenger

HOOK = f"/hooks/fake/{MERCHANT.hook}"
SENDERS = 20


def deliver(core: Core, bodies: list[bytes]) -> list[int]:
    """Post all bodies in the same moment, each by a sender of its own, and return the answers' statuses."""
    app, start = create_app(core), threading.Barrier(len(bodies))

    def post(body: bytes) -> int:
        start.wait(60)
        return app.test_client().post(HOOK, data=body).status_code

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(post, bodies))


def stored(core: Core) -> list[str]:
    with core.transactions.read() as work:
        return list(work.connection.execute(select(webhooks.c.event_id)).scalars())


def reports(messenger: FakeMessenger, number: int) -> list[bytes]:
    bodies = [f"report {one}".encode() for one in range(number)]
    for place, body in enumerate(bodies):
        messenger.webhooks[body] = [MessageReport(f"SM{place}", MessageStatus.DELIVERED)]
    return bodies


def test_a_storm_of_one_event_is_one_row_and_all_are_thanked(core: Core, messenger: FakeMessenger) -> None:
    (body,) = reports(messenger, 1)
    assert deliver(core, [body] * SENDERS) == [200] * SENDERS
    assert len(stored(core)) == 1
    assert deliver(core, [body] * SENDERS) == [200] * SENDERS
    assert len(stored(core)) == 1


def test_events_of_the_same_moment_are_all_stored_and_what_is_not_proven_is_not(
    core: Core, messenger: FakeMessenger
) -> None:
    bodies = reports(messenger, SENDERS // 2)
    answers = deliver(core, [one for body in bodies for one in (body, b"forged " + body)])
    assert answers[::2] == [200] * len(bodies)
    assert set(answers[1::2]) == {401}
    assert len(stored(core)) == len(set(stored(core))) == len(bodies)


def test_what_the_database_does_not_take_is_not_thanked(
    core: Core, messenger: FakeMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies = reports(messenger, 4)
    write = core.transactions.database.write

    @contextmanager
    def full() -> Iterator[Connection]:
        with write() as connection:
            yield connection
            raise OperationalError("COMMIT", None, Exception("database or disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(core.arrivals, "_write", full)
        assert deliver(core, bodies) == [503] * len(bodies)
    assert stored(core) == []
    assert deliver(core, bodies) == [200] * len(bodies)
    assert len(stored(core)) == len(bodies)
