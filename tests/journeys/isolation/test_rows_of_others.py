"""What is written about one order of a tenant changes no row of another order, nor of the same order of another tenant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from connector.domain.health.finding import Finding, Level
from connector.domain.health.push_refusal import PushRefusal, RefusedPart, refusal_of
from connector.domain.people.order_note import KEPT_FOR, OrderNote
from connector.errors import NotFound
from connector.store.health import due_checks, findings
from connector.store.orders import followed_orders, order_notes, orders, stale_totals, visible_orders
from connector.store.outbox import blocked_orders, outbox, outbox_claim, probes, repushes
from connector.store.requests import erasure, open_orders
from connector.store.schema import tables
from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from foundation.phones.choose_phone_field import NoteReason, PhoneNote
from foundation.phones.phone import Phone
from tests.journeys.world import World
from tests.unit.examples import NOW, THANDI, make_order

OURS, OTHER = "801xx0000001gEhAAI", "801xx0000001gEiAAI"
REFUSAL = PushRefusal(RefusedPart.ORDER, "REQUIRED_FIELD_MISSING", ("Reason__c",), "Ask Ms Miller.", "Draft")
TABLES = ("orders", "watched_orders", "order_watches", "outbox", "order_notes", "looks_due", "findings", "order_looks")
LATER = NOW + timedelta(minutes=1)
Writes = Callable[[UnitOfWork], object]


@pytest.fixture
def twins(world: World) -> Iterator[UnitOfWork]:
    """Two orders of Acme, and the same two of Globex, with a row of everything."""
    with world.services.store.write() as work:
        for tenant in ("acme", "globex"):
            for order_id in (OURS, OTHER):
                order = make_order(tenant_id=tenant, order_id=order_id, phone=None, country="ZA")
                orders.save(work, order)
                outbox.announce(work, [outbox.Announcement(order, 1, final=False)], now=NOW)
                order_notes.write(work, tenant, order_id, OrderNote("Calls back", THANDI, NOW, 1))
                visible_orders.see(work, {(tenant, order_id): NOW})
            visible_orders.claim(work, tenant, now=NOW)
            due_checks.request_checks(work, tenant, ["login", "org_answers"], at=NOW + timedelta(hours=1))
            for check in ("login", "org_answers"):
                findings.add_finding(work, tenant, finding(check), now=NOW)
            followed_orders.save_position(work, tenant, followed_orders.ChangePosition(NOW, NOW))
        written = update(tables.outbox).values(due_at=None, state="written", requests_version=1)
        for tenant in ("acme", "globex"):
            refusal = work.vault.seal(tenant, REFUSAL.to_bytes())
            work.connection.execute(written.where(tables.outbox.c.tenant_id == tenant).values(refusal=refusal))
        yield work


def finding(check: str, level: Level = Level.WRONG) -> Finding:
    return Finding(check=check, level=level, problem="It is wrong.", remedy="Mend it.", impact="It stays wrong.")


def rows(work: UnitOfWork) -> dict[tuple[str, ...], dict[str, Any]]:
    found = {}
    for name in TABLES:
        table = tables.metadata.tables[name]
        for row in work.connection.execute(table.select()).mappings():
            found[(name, *(str(row[column.name]) for column in table.primary_key))] = dict(row)
    return found


def changed(work: UnitOfWork, write: Writes) -> set[tuple[str, ...]]:
    """Return the keys of the rows that a write changed, added or deleted."""
    before = rows(work)
    write(work)
    after = rows(work)
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}


def read(total: str = "115.00", at: datetime = LATER) -> Any:
    return make_order(order_id=OURS, phone=None, country="ZA", total=Decimal(total), read_at=at)


@pytest.mark.parametrize(
    ("write", "table"),
    [
        (lambda work: orders.save(work, read("230.00")), "orders"),
        (lambda work: orders.mark_read(work, "acme", [OURS], read_at=LATER), "orders"),
        (lambda work: orders.mark_unread(work, "acme", [OURS], because="NOT_IN_ORG", at=LATER), "orders"),
        (lambda work: orders.set_versions(work, "acme", {OURS: 7}), "orders"),
        (lambda work: orders.touch(work, "acme", OURS), "orders"),
        (lambda work: visible_orders.save(work, "acme", {OURS: b"d" * 32}, changed=[], at=LATER), "watched_orders"),
        (lambda work: visible_orders.save(work, "acme", {}, changed=[OURS], at=LATER), "orders"),
        (lambda work: visible_orders.see(work, {("acme", OURS): LATER}), "watched_orders"),
        (lambda work: repushes.push_again(work, "acme", [OURS], now=LATER), "outbox"),
        (lambda work: repushes.write_requests_again(work, "acme", [OURS], now=LATER), "outbox"),
        (lambda work: repushes.push_later(work, "acme", {OURS: LATER}), "outbox"),
        (lambda work: order_notes.write(work, "acme", OURS, OrderNote("Later", THANDI, LATER, 2)), "order_notes"),
        (lambda work: order_notes.erase(work, "acme", [OURS]), "order_notes"),
    ],
    ids=[
        "read", "read again", "not shown", "new version", "shown otherwise", "what the org showed", "changed in the org",
        "seen", "pushed again", "its records written again", "pushed later", "its note", "its note erased",
    ],
)  # fmt: skip
def test_of_an_order(twins: UnitOfWork, write: Writes, table: str) -> None:
    assert changed(twins, write) == {(table, "acme", OURS)}


def test_of_orders_that_a_copied_org_has_too_only_its_own_are_unfinished(twins: UnitOfWork) -> None:
    twins.connection.execute(update(tables.outbox).where(tables.outbox.c.tenant_id == "acme").values(due_at=NOW))
    assert open_orders.unfinished_orders(twins, "acme") == ["00000102"] * 2
    assert open_orders.unfinished_orders(twins, "globex") == []


def test_of_orders_that_wait_what_fails_the_longest_comes_first(twins: UnitOfWork) -> None:
    """A list that is cut must show whom it has kept waiting, not whose id is small."""
    waits = update(tables.outbox).values(state="waiting", due_at=NOW)
    for order_id, since in ((OURS, None), (OTHER, NOW)):
        twins.connection.execute(waits.where(tables.outbox.c.order_id == order_id).values(failing_since=since))
    for most, listed in ((1, [OTHER]), (9, [OTHER, OURS])):
        found = blocked_orders.list_orders(twins, tenant_id="acme", state=None, cause=None, most=most)
        assert [one.order_id for one in found] == listed


def test_of_notes_that_are_too_old_a_few_are_deleted_at_once_whosever_they_are(twins: UnitOfWork) -> None:
    ends_at = NOW + KEPT_FOR
    before = ends_at - timedelta(seconds=1)
    assert order_notes.delete_old(twins, now=before, most=3) == 0
    shown = [order_notes.find(twins, "acme", OURS, now=now) for now in (before, ends_at)]
    assert [one.text for one in shown if one] == ["Calls back", ""]
    assert [order_notes.delete_old(twins, now=ends_at, most=3) for _ in range(3)] == [3, 1, 0]


def test_of_a_person_who_is_erased(twins: UnitOfWork) -> None:
    erased = changed(twins, lambda work: erasure.erase_orders(work, "acme", [OURS]))
    assert erased == {(table, "acme", OURS) for table in ("orders", "order_notes", "watched_orders", "outbox")}
    sealed = rows(twins)[("outbox", "acme", OURS)]["refusal"]
    kept = refusal_of(twins.vault.open("acme", sealed))
    assert (kept.code, kept.fields, kept.message, kept.held) == ("REQUIRED_FIELD_MISSING", ("Reason__c",), "", None)


def test_of_a_person_who_is_erased_the_open_pages_know_their_agent_no_more(world: World) -> None:
    orders_of = [world.open(world.order()).order_id for _ in range(2)]
    assert all(row["agent_token"] for row in world.rows("launches"))
    with world.services.store.write() as work:
        erasure.erase_orders(work, "acme", orders_of[:1])
    known = {row["order_id"]: row["agent_token"] is not None for row in world.rows("launches")}
    assert known == {orders_of[0]: False, orders_of[1]: True}


def test_of_a_person_who_is_erased_under_an_encryption_key_that_was_lost(twins: UnitOfWork) -> None:
    """Nobody can read whom the sentence names, so nothing of it stays."""
    foreign = twins.vault.seal("globex", REFUSAL.to_bytes())
    twins.connection.execute(update(tables.outbox).values(refusal=foreign))
    erasure.erase_orders(twins, "acme", [OURS])
    assert rows(twins)[("outbox", "acme", OURS)]["refusal"] is None


@pytest.mark.parametrize(
    ("write", "key"),
    [
        (lambda work: visible_orders.claim(work, "acme", now=LATER), ("order_watches", "acme")),
        (lambda work: visible_orders.succeed(work, "acme", read_at=LATER), ("order_watches", "acme")),
        (lambda work: visible_orders.fail(work, "acme", now=LATER), ("order_watches", "acme")),
        (lambda work: due_checks.request_checks(work, "acme", ["login"], at=NOW), ("looks_due", "acme", "login")),
        (lambda work: due_checks.finish(work, "acme", ["login"], now=NOW), ("looks_due", "acme", "login")),
        (
            lambda work: findings.add_finding(work, "acme", finding("login", Level.SOON), now=LATER),
            ("findings", "acme", "login", ""),
        ),
        (
            lambda work: findings.add_finding(work, "acme", finding("login", Level.FINE), now=LATER),
            ("findings", "acme", "login", ""),
        ),
        (lambda work: findings.clear(work, "acme", "login"), ("findings", "acme", "login", "")),
        (
            lambda work: findings.replace_findings(work, "acme", [], seen=["login"], now=LATER),
            ("findings", "acme", "login", ""),
        ),
        (
            lambda work: findings.add_to_group(work, "acme", finding("login"), group=[], now=LATER),
            ("findings", "acme", "login", ""),
        ),
        (
            lambda work: followed_orders.save_position(
                work, "acme", followed_orders.ChangePosition(LATER, LATER)
            ),
            ("order_looks", "acme"),
        ),
    ],
    ids=[
        "its org is asked", "its org answered", "its org did not answer", "a check is due", "a check was made",
        "a finding is seen again", "a finding is fine", "a finding is closed", "findings of an examination",
        "a finding of a group", "its changes were read",
    ],
)  # fmt: skip
def test_of_a_tenant(twins: UnitOfWork, write: Writes, key: tuple[str, ...]) -> None:
    assert changed(twins, write) == {key}


def test_of_a_tenant_whose_checks_are_brought_forward(twins: UnitOfWork) -> None:
    forward = changed(twins, lambda work: due_checks.bring_forward(work, "acme", now=LATER))
    assert forward == {("looks_due", "acme", "login"), ("looks_due", "acme", "org_answers")}


def test_of_a_group_the_first_moment_counts_and_what_is_not_of_it_keeps_its_own(twins: UnitOfWork) -> None:
    """Our own login that opens another org shares its check with the orgs that call us."""
    findings.add_finding(twins, "acme", replace(finding("login"), subject="first"), now=LATER)
    group = [one for one in findings.open_findings(twins, ["login"], tenant_id="acme") if one.finding.subject]
    second, later = replace(finding("login"), subject="second"), LATER + timedelta(hours=1)
    findings.add_to_group(twins, "acme", second, group=group, now=later)
    found = findings.open_findings(twins, ["login"], tenant_id="acme")
    assert {one.finding.subject: (one.found_at, one.seen_at) for one in found} == {
        "": (NOW, NOW),
        "second,first": (LATER, later),
    }


def test_of_a_tenant_that_is_not_there_nothing_is_changed(world: World) -> None:
    with pytest.raises(NotFound):
        world.services.store.tenants.change("globex", lambda tenant: tenant, now=NOW)


def test_of_a_core_whose_offers_changed_the_check_is_due_at_once(world: World) -> None:
    store, tenant = world.services.store, world.acme
    store.tenants.set_configuration(tenant, tenant.configuration, now=NOW)
    with store.write() as work:
        assert due_checks.claim_due(work, now=NOW) == {"acme": {"core_offers"}}


def test_of_an_order_whose_total_cannot_be_read_yet(twins: UnitOfWork) -> None:
    twins.connection.execute(update(tables.outbox).values(due_at=NOW, lease_until=None))
    waits = [(OURS, LATER)]
    changes = changed(twins, lambda work: stale_totals.postpone(work, "acme", waits, reason="ORG_AWAY", now=LATER))
    assert changes == {("outbox", "acme", OURS)}


def test_of_the_numbers_that_are_searched_only_those_that_salesforce_shows_are_decrypted(twins: UnitOfWork) -> None:
    """A search reads every one of them, and most orders of some orgs have none."""
    orders.save(twins, make_order(order_id=OURS, phone=Phone("27831234567"), read_at=LATER))
    noted = (PhoneNote("Fax", NoteReason.UNREADABLE),)
    orders.save(twins, make_order(tenant_id="globex", order_id=OTHER, phone=None, phone_notes=noted, read_at=LATER))
    assert list(erasure.numbers_of_orders(twins, "acme")) == [(OURS, "27831234567")]
    ((order_id, said),) = erasure.numbers_of_orders(twins, "globex")
    assert order_id == OTHER
    assert '"Fax"' in said


def test_of_orders_one_is_found_by_its_number_or_id_where_no_link_was_sent_for_it_yet(twins: UnitOfWork) -> None:
    orders.save(twins, make_order(order_id=OURS, number="00000777", phone=None, read_at=LATER))
    for name, found in (("00000777", [OURS]), ("00000102", [OTHER]), (OURS, [OURS]), ("00000778", [])):
        assert erasure.orders_by_number(twins, "acme", name) == found
    assert erasure.orders_by_number(twins, "globex", "00000777") == []
    assert erasure.orders_by_number(twins, "globex", "00000102") == [OURS, OTHER]


def test_of_a_tenant_whose_orders_are_pushed(twins: UnitOfWork) -> None:
    """A copied org has the same orders in the same partition, and its own push of them is under way."""
    twins.connection.execute(update(tables.outbox).values(due_at=NOW))

    def push(tenant: str) -> Writes:
        lease, partitions = Lease.of("w1", LATER), range(outbox.PARTITIONS)
        return lambda work: outbox_claim.claim(work, tenant, partitions, now=NOW, lease=lease, most=9)

    assert changed(twins, push("globex")) == {("outbox", "globex", OURS), ("outbox", "globex", OTHER)}
    assert changed(twins, push("acme")) == {("outbox", "acme", OURS), ("outbox", "acme", OTHER)}


def blocked(work: UnitOfWork, tenant_id: str, order_id: str, **change: Any) -> None:
    row = (tables.outbox.c.tenant_id == tenant_id) & (tables.outbox.c.order_id == order_id)
    cause = {"state": "refused", "blocked_by": "order.0001", "reason": "A_CODE", "due_at": None}
    work.connection.execute(update(tables.outbox).where(row).values(cause | change))


def test_of_a_tenant_whose_blocked_orders_are_tried_again(twins: UnitOfWork) -> None:
    """Both rest since a moment ago; those of the other tenant, which have the same ids, have rested long enough."""
    for order_id in (OURS, OTHER):
        blocked(twins, "acme", order_id, tried_at=NOW)
        blocked(twins, "globex", order_id, tried_at=NOW - timedelta(hours=1))
    assert changed(twins, lambda work: probes.probe(work, "acme", now=LATER)) == set()
    tried = changed(twins, lambda work: probes.probe(work, "globex", now=LATER))
    assert tried == {("outbox", "globex", OURS), ("outbox", "globex", OTHER)}


def test_of_blocked_orders_only_as_many_are_tried_as_fit_beside_those_that_are_being_tried(
    twins: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order that is merely due takes nobody's place: in a storm of payments blocked ones are tried, too."""
    monkeypatch.setattr(probes, "_MOST", 1)
    twins.connection.execute(update(tables.outbox).values(due_at=NOW))
    blocked(twins, "acme", OURS)
    blocked(twins, "globex", OURS)
    blocked(twins, "globex", OTHER, due_at=NOW)
    assert changed(twins, lambda work: probes.probe(work, "acme", now=LATER)) == {("outbox", "acme", OURS)}
    assert changed(twins, lambda work: probes.probe(work, "globex", now=LATER)) == set()


def test_of_blocked_orders_those_that_people_wait_for_are_tried_alone_where_an_orgs_calls_are_scarce(
    twins: UnitOfWork,
) -> None:
    blocked(twins, "acme", OURS, final=True)
    blocked(twins, "acme", OTHER, final=False)
    scarce = changed(twins, lambda work: probes.probe(work, "acme", now=LATER, final_only=True))
    assert scarce == {("outbox", "acme", OURS)}
    later = LATER + probes.EVERY
    every = changed(twins, lambda work: probes.probe(work, "acme", now=later))
    assert every == {("outbox", "acme", OTHER)}, "the first is due already"


def test_of_an_order_that_is_blocked_no_more_the_others_wait_for_no_probe(twins: UnitOfWork) -> None:
    blocked(twins, "acme", OURS, blocked_by=None, probed_at=NOW)
    blocked(twins, "acme", OTHER)
    blocked(twins, "globex", OTHER, probed_at=NOW)
    assert probes.next_probe(twins, "acme") is None
    assert probes.next_probe(twins, "globex") == NOW + probes.EVERY
    assert probes.tenants_with_blocked(twins) == ["acme", "globex"]
    blocked(twins, "globex", OTHER, blocked_by=None)
    assert probes.tenants_with_blocked(twins) == ["acme"]


def test_of_orders_that_were_blocked_by_another_cause_or_code_none_is_freed(twins: UnitOfWork) -> None:
    blocked(twins, "acme", OURS, blocked_by="order.0001", reason="A_CODE")
    blocked(twins, "acme", OTHER, blocked_by="order.0002", reason="ANOTHER")
    blocked(twins, "globex", OURS)
    causes = [
        probes.ClearedBlock("order", "A_CODE", "order.0003", 1),
        probes.ClearedBlock("request", "A_CODE", None, 1),
    ]
    assert changed(twins, lambda work: probes.unblock(work, "acme", causes, now=LATER)) == set()
    blocked(twins, "globex", OTHER)
    by_code = [probes.ClearedBlock("order", "A_CODE", None, 1)]
    assert changed(twins, lambda work: probes.unblock(work, "acme", by_code, now=LATER)) == {("outbox", "acme", OURS)}
    by_cause = [probes.ClearedBlock("order", "A_CODE", "order.0002", 1)]
    assert changed(twins, lambda work: probes.unblock(work, "acme", by_cause, now=LATER)) == {("outbox", "acme", OTHER)}


def test_of_orders_that_are_freed_those_that_are_due_already_take_nobodys_place(
    twins: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "_FREED_BY_EACH", 1)
    blocked(twins, "acme", OURS, due_at=NOW)
    blocked(twins, "acme", OTHER)
    freed = [probes.ClearedBlock("call", None, "order.0001", 1)]
    assert changed(twins, lambda work: probes.unblock(work, "acme", freed, now=LATER)) == {("outbox", "acme", OTHER)}
