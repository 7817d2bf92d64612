"""What is erased of a person, or settled of a call, is all of it, and nothing of anybody else's, nor of another tenant's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from connector.domain.health.finding import Finding, Level
from connector.domain.payments.operation import IdempotencyKey, Operation, OperationCall
from connector.domain.payments.order import OrderRemark
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.store.health import findings
from connector.store.inbox.inbox import Arrival, seal
from connector.store.orders import orders
from connector.store.requests import erasure, operations, request_events, request_rows
from connector.store.schema import tables
from foundation.database.unit_of_work import UnitOfWork
from foundation.phones.choose_phone_field import NoteReason, PhoneNote
from foundation.phones.phone import Phone
from tests.journeys.world import World
from tests.unit.examples import NOW, THANDI, make_order, make_request

HERS, ANOTHERS = "27831234567", "27829999999"
TABLES = ("payment_requests", "payment_events", "verb_calls", "findings", "inbox")


@pytest.fixture
def kept(world: World) -> Iterator[UnitOfWork]:
    """Of each of two tenants: a request to her and one to somebody else, with whatever may hold their numbers."""
    with world.services.store.write() as work:
        for tenant in ("acme", "globex"):
            for name, number in (("hers", HERS), ("anothers", ANOTHERS)):
                _add(work, tenant, f"{tenant}-{name}", number)
        yield work


def _add(work: UnitOfWork, tenant: str, name: str, number: str) -> None:
    request = make_request(
        tenant_id=tenant,
        reference=name,
        order_id=name,
        phone=Phone(number),
        live=False,
        not_told_because=f"No {number}",
    )
    request_rows.add(work, request, phone_digest=number.encode(), key=f"crm-{number}", body_digest=b"digest")
    event = RequestEvent(EventKind.SENT, NOW, NOW, note=f"She calls from {number}")
    request_events.add(work, [(request, event)])
    call = OperationCall(
        call_id=f"call-{name}", tenant_id=tenant, reference=name, verb=Operation.CAPTURE, by=THANDI, begun_at=NOW,
        call_until=NOW, open=False, keyed=IdempotencyKey(f"capture-{number}", b"digest"), outcome="captured",
    )  # fmt: skip
    operations.add(work, call)
    wrong = Finding("login", Level.WRONG, f"Nobody knows {number}.", "Mend it.", "It stays.", subject=name)
    findings.add_finding(work, tenant, wrong, now=NOW)
    arrival = Arrival(tenant, "payment-status", name.encode(), NOW)
    work.connection.execute(insert(tables.inbox).values(seal(arrival, vault=work.vault).row))


def _rows(work: UnitOfWork) -> dict[tuple[str, Any], dict[str, Any]]:
    return {
        (name, *(row[column.name] for column in tables.metadata.tables[name].primary_key)): dict(row)
        for name in TABLES
        for row in work.connection.execute(tables.metadata.tables[name].select()).mappings()
    }


def changed(work: UnitOfWork, write: Callable[[], object]) -> dict[tuple[str, str], set[str]]:
    """Return the columns that a write changed in each row, by its table and tenant; of a deleted row none."""
    before = _rows(work)
    write()
    after = _rows(work)
    return {
        (key[0], row["tenant_id"]): {name for name, value in row.items() if key in after and after[key][name] != value}
        for key, row in before.items()
        if after.get(key) != row
    }


def test_of_requests_the_number_and_what_was_said_of_it(kept: UnitOfWork) -> None:
    named = ["acme-hers", "globex-hers"]
    assert changed(kept, lambda: erasure.erase_requests(kept, "acme", named)) == {
        ("payment_requests", "acme"): {"phone", "phone_digest", "body_digest", "not_told_because"},
        ("payment_events", "acme"): {"note"},
    }
    (request,) = request_rows.find_by_references(kept, "acme", named)
    assert (request.forgotten, request.phone.digits) == (True, "")


@pytest.mark.parametrize("needle", [HERS, "831234567"])
def test_of_keys_those_that_were_made_of_the_number(kept: UnitOfWork, needle: str) -> None:
    assert changed(kept, lambda: erasure.erase_keys(kept, "acme", [needle])) == {
        ("payment_requests", "acme"): {"idempotency_key"},
        ("verb_calls", "acme"): {"idempotency_key"},
    }
    for key in (f"crm-{HERS}", f"capture-{HERS}"):
        assert request_rows.find_idempotent_call(kept, "acme", key) is None
        assert request_rows.find_idempotent_call(kept, "globex", key) is not None
    assert changed(kept, lambda: erasure.erase_keys(kept, "acme", ["%", "_"])) == {}, "a key holds what it says"


def test_of_findings_those_that_hold_it_wherever_it_is(kept: UnitOfWork) -> None:
    assert changed(kept, lambda: erasure.erase_findings(kept, "acme", [])) == {}
    assert changed(kept, lambda: erasure.erase_findings(kept, "acme", ["%"])) == {}
    assert changed(kept, lambda: erasure.erase_findings(kept, "acme", [HERS])) == {("findings", "acme"): set()}
    (left,) = findings.stored_findings(kept, "acme")
    assert left.finding.subject == "acme-anothers"
    for place in ("subject", "remedy", "impact"):
        texts = {"subject": "s", "problem": "p", "remedy": "r", "impact": "i"} | {place: f"of {HERS}"}
        findings.add_finding(kept, "acme", Finding("org_answers", Level.WRONG, **texts), now=NOW)
        erasure.erase_findings(kept, "acme", [HERS])
        assert findings.open_findings(kept, ["org_answers"]) == [], place


@pytest.mark.both_databases
def test_of_callbacks_what_is_named_and_each_is_read_once(kept: UnitOfWork) -> None:
    first, second = sorted(erasure.bodies(kept, "acme", after=b""), key=lambda one: one.digest)
    assert erasure.bodies(kept, "acme", after=b"") == [first, second]
    assert erasure.bodies(kept, "acme", after=first.digest) == [second]
    assert erasure.bodies(kept, "acme", after=second.digest) == []
    assert {one.body for one in (first, second)} == {b"acme-hers", b"acme-anothers"}
    wiped = changed(kept, lambda: erasure.rewrite_bodies(kept, "acme", {first.digest: b"{}"}))
    assert wiped == {("inbox", "acme"): {"body"}}
    assert [one.body for one in erasure.bodies(kept, "acme", after=b"")] == [b"{}", second.body]


@pytest.mark.parametrize(("state", "over"), [("new", False), ("postponed", False), ("done", True), ("buried", True)])
def test_of_callbacks_it_is_known_whether_they_still_wait(kept: UnitOfWork, state: str, *, over: bool) -> None:
    kept.connection.execute(tables.inbox.update().values(state=state))
    assert [one.is_finished for one in erasure.bodies(kept, "acme", after=b"")] == [over, over]


def test_a_number_is_found_by_its_orders_and_an_order_by_each_of_its_names(kept: UnitOfWork) -> None:
    assert erasure.orders_by_digest(kept, "acme", [HERS.encode()]) == ["acme-hers"]
    for name in ("acme-hers", "globex-hers"):
        tenant = name.partition("-")[0]
        assert erasure.orders_by_number(kept, tenant, name) == [name]
    assert erasure.orders_by_number(kept, "acme", "globex-hers") == []
    assert erasure.orders_by_number(kept, "acme", "00000102") == ["acme-anothers", "acme-hers"]


def test_an_order_that_was_never_sent_for_is_found_by_its_number_and_what_its_fields_hold(kept: UnitOfWork) -> None:
    note = PhoneNote("Home_Phone__c", NoteReason.FIXED_LINE, (Phone("27112345678"),))
    for tenant, number in (("acme", "00000900"), ("globex", "00000900"), ("acme", "00000901")):
        order = make_order(
            tenant_id=tenant, order_id=f"{tenant}-{number}", number=number, phone=None, phone_notes=(note,)
        )
        orders.save(kept, order)
    orders.save(kept, make_order(order_id="acme-plain", number="00000902", phone=Phone(HERS)))
    orders.save(kept, make_order(order_id="acme-none", number="00000903", phone=None))
    assert erasure.orders_by_number(kept, "acme", "00000900") == ["acme-00000900"]
    texts = dict(erasure.numbers_of_orders(kept, "acme"))
    assert sorted(texts) == ["acme-00000900", "acme-00000901", "acme-plain"]
    assert (texts["acme-plain"], "27112345678" in texts["acme-00000900"]) == (HERS, True)
    # What is no text under the right key, as after a damage, hides no other order.
    kept.connection.execute(tables.orders.update().values(phone=kept.vault.seal("acme", b"\xff")))
    assert dict(erasure.numbers_of_orders(kept, "acme"))["acme-plain"] == "\ufffd"


def test_of_an_order_its_numbers_and_what_was_chosen_or_said_by_them(kept: UnitOfWork) -> None:
    told: dict[str, Any] = {
        "country": "ZA", "consents": {"sms": True}, "notes": (OrderRemark("Phone__c", "phone_unread", {}),),
        "phone_notes": (PhoneNote("Home_Phone__c", NoteReason.FIXED_LINE),),
    }  # fmt: skip
    columns = ("phone", "phone_notes", "country", "notes", "consents")
    orders.save(kept, make_order(order_id="acme-hers", phone=Phone(HERS), **told))

    def known() -> list[bool]:
        (row,) = kept.connection.execute(tables.orders.select()).mappings()
        return [row[name] is not None for name in columns]

    assert known() == [True] * len(columns)
    erasure.erase_orders(kept, "acme", ["acme-hers"])
    assert known() == [False] * len(columns)


def test_calls_are_settled_once_their_caller_waits_no_more_the_longest_first(kept: UnitOfWork) -> None:
    calls, opened = tables.verb_calls, {"acme-hers": 2, "globex-hers": 3, "acme-anothers": 1}
    for reference, minutes in opened.items():
        until = {"open": True, "call_until": NOW - timedelta(minutes=minutes)}
        kept.connection.execute(calls.update().where(calls.c.reference == reference).values(until))

    ended = {"call_until": NOW - timedelta(minutes=9)}
    kept.connection.execute(calls.update().where(calls.c.reference == "globex-anothers").values(ended))

    def overdue(minutes: int = 0, most: int = 9) -> list[str]:
        found = operations.overdue_calls(kept, now=NOW - timedelta(minutes=minutes), most=most)
        return [one.reference for one in found]

    assert overdue() == ["globex-hers", "acme-hers", "acme-anothers"]
    assert (overdue(most=1), overdue(minutes=1)) == (["globex-hers"], ["globex-hers", "acme-hers"])
    first = operations.open_call(kept, "acme", "acme-hers")
    assert first is not None
    assert operations.open_call(kept, "globex", "acme-hers") is None
    operations.ask_again_at(kept, first, NOW)
    assert overdue() == ["globex-hers", "acme-anothers"]
    operations.end_waiting(kept, now=NOW - timedelta(minutes=2))
    until = {row.reference: row.call_until for row in kept.connection.execute(select(calls)) if row.open}
    assert until == {
        "acme-hers": NOW - timedelta(minutes=2),
        "acme-anothers": NOW - timedelta(minutes=2),
        "globex-hers": NOW - timedelta(minutes=3),
    }
    assert operations.has_ended_as(kept, "globex", "globex-anothers", "captured")
    assert not operations.has_ended_as(kept, "acme", "globex-anothers", "captured")
    assert not operations.has_ended_as(kept, "globex", "globex-anothers", "refused")
    captures = operations.calls_of(kept, "acme", list(opened), Operation.CAPTURE)
    assert {one.reference for one in captures} == {"acme-hers", "acme-anothers"}
    (only,) = operations.calls_of(kept, "acme", ["acme-hers"], Operation.CAPTURE)
    assert only.reference == "acme-hers"
    assert operations.calls_of(kept, "acme", list(opened), Operation.CANCEL) == []
