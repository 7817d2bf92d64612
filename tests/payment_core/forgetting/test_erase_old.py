"""What is older than the retention loses its number and its contents; money and open work stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import func, select, update

from payment_core.domain.link import Line, Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.forgetting.erase_old import HourlyErasure, erase_old
from payment_core.journeys.linking.expire_links import expire_links
from payment_core.services import Core
from payment_core.store.links import links
from payment_core.store.messages import send_counts
from payment_core.store.schema.tables import deliveries, messages
from payment_core.store.schema.tables import links as link_rows
from tests.payment_core.fakes import MovableClock


def _count(core: Core, table: object) -> int:
    with core.transactions.read() as work:
        return work.connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


def test_old_links_keep_their_money_and_lose_their_person(
    core: Core, merchant: Merchant, make_link: Callable[..., Link], clock: MovableClock
) -> None:
    old = make_link()
    clock.move(minutes=6)
    expire_links(core)
    with core.transactions.write() as work:
        work.connection.execute(update(deliveries).values(due_at=None, state="delivered"))
        links.set_reply(work, old, code_key=b"k" * 32, reply_digest=b"d" * 32)
        lines = (Line("Beans", Decimal(1), Decimal("150.00")),)
        links.save(work, replace(links.get(work, old.reference), lines=lines, additional_data={"note": "x"}))
    clock.move(days=401)
    fresh = make_link()
    while erase_old(core):
        pass
    with core.transactions.read() as work:
        erased, kept = links.find(work, old.reference), links.find(work, fresh.reference)
    assert erased is not None
    assert kept is not None
    assert erased.phone.digits == ""
    assert (erased.lines, erased.more_lines, erased.additional_data) == ((), 0, {})
    with core.transactions.read() as work:
        row = work.connection.execute(select(link_rows).where(link_rows.c.reference == old.reference)).one()
    assert (row.phone_key, row.reply_code_key, row.reply_digest) == (bytes(32), None, None), "no reply finds it"
    assert erased.total == old.total
    assert erased.status.value == "PAYMENT_LINK_EXPIRED"
    assert kept.phone == fresh.phone
    assert _count(core, messages) == 1
    # Those of the fresh link wait for their receiver.
    with core.transactions.read() as work:
        references = set(work.connection.execute(select(deliveries.c.reference)).scalars())
    assert references == {fresh.reference}


def test_what_still_waits_is_never_erased(core: Core, make_link: Callable[..., Link], clock: MovableClock) -> None:
    make_link()
    waiting = _count(core, deliveries)
    clock.move(days=1000)
    assert erase_old(core) == 1  # its message, which was sent
    assert _count(core, deliveries) == waiting


def test_what_was_counted_of_a_day_is_kept_for_a_week(core: Core, clock: MovableClock) -> None:
    """For whoever looks into a limit that was reached."""
    days = [f"{clock() - timedelta(days=age):%Y-%m-%d}" for age in (1, 7, 8)]
    with core.transactions.write() as work:
        for day in days:
            send_counts.add_one(work, ["number"], day)
    erase_old(core)
    with core.transactions.read() as work:
        assert [send_counts.counts(work, ["number"], day) for day in days] == [{"number": 1}, {"number": 1}, {}]


def test_it_looks_once_an_hour(core: Core, make_link: Callable[..., Link], clock: MovableClock) -> None:
    erase = HourlyErasure()
    assert erase(core) == 0
    make_link()
    clock.move(days=500, minutes=-1)
    assert erase(core) == 1
    assert erase(core) == 0
    clock.move(minutes=59)
    with core.transactions.write() as work:
        work.connection.execute(update(deliveries).values(due_at=None))
    assert erase(core) == 0
    clock.move(minutes=2)
    assert erase(core) > 0
