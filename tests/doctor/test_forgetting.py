"""What a night deletes: ended calls that are older than they are kept, never one that is open; notes too old to be shown."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.domain.payments.operation import IdempotencyKey, Operation, OperationCall
from connector.domain.payments.payment import Person
from connector.domain.people.order_note import KEPT_FOR, OrderNote
from connector.store.orders import order_notes
from connector.store.requests import operations
from connector.workers.nightly import examine_all
from tests.doctor.clinic import Clinic


def called(clinic: Clinic, number: int, begun_at: datetime, *, ended: bool = True) -> None:
    call = OperationCall(
        call_id=f"call-{number}",
        tenant_id="acme",
        reference=f"c2p_{number}",
        verb=Operation.CAPTURE,
        by=Person("005xx000001X8UzAAK", "Thandi"),
        begun_at=begun_at,
        call_until=begun_at,
        open=not ended,
        amount=None,
        keyed=IdempotencyKey(f"key-{number}", b"digest"),
        outcome="captured" if ended else None,
    )
    with clinic.services.store.write() as work:
        operations.add(work, call)


def remembered(clinic: Clinic, *numbers: int) -> list[bool]:
    with clinic.services.store.read() as work:
        return [operations.by_key(work, "acme", f"key-{number}") is not None for number in numbers]


def test_a_call_and_its_key_are_forgotten_after_the_retention_days(clinic: Clinic) -> None:
    kept_for = timedelta(days=clinic.settings.retention_days)
    called(clinic, 1, clinic.clock() - kept_for - timedelta(minutes=1))
    called(clinic, 2, clinic.clock() - kept_for + timedelta(minutes=1))
    called(clinic, 3, clinic.clock() - 2 * kept_for, ended=False)
    examine_all(clinic.services, examiner=clinic.examiner())
    assert remembered(clinic, 1, 2, 3) == [False, True, True]


def test_more_than_one_transaction_takes_are_forgotten_in_one_night(clinic: Clinic) -> None:
    old = clinic.clock() - timedelta(days=clinic.settings.retention_days + 1)
    for number in range(501):
        called(clinic, number, old)
    examine_all(clinic.services, examiner=clinic.examiner())
    assert not any(remembered(clinic, *range(501)))


def noted(clinic: Clinic, numbers: range, written_at: datetime) -> None:
    note = OrderNote("Calls again.", Person("005xx000001X8UzAAK", "Thandi"), written_at, 1)
    with clinic.services.store.write() as work:
        for number in numbers:
            order_notes.write(work, "acme", f"order-{number}", note)


def test_notes_are_deleted_once_they_are_too_old_to_be_shown(clinic: Clinic) -> None:
    now = clinic.clock()
    noted(clinic, range(501), now - KEPT_FOR)
    noted(clinic, range(501, 502), now - KEPT_FOR + timedelta(minutes=1))
    examine_all(clinic.services, examiner=clinic.examiner())
    with clinic.services.store.read() as work:
        assert [order_id for order_id, _text in order_notes.texts(work, "acme")] == ["order-501"]
