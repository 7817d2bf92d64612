"""A question to the database is answered with what was asked for, in its order, and with nothing beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from connector.domain.health.push_refusal import RefusedPart
from connector.domain.payments.payment import Channel
from connector.salesforce.orders.order_record import NOT_IN_ORG
from connector.store.health import health_checks
from connector.store.orders import followed_orders
from connector.store.outbox import blocked_orders
from connector.store.requests import erasure, opt_outs, request_rows
from connector.store.schema import tables
from tests.journeys.isolation.conftest import AFTER, BEFORE, Known


def test_only_what_was_asked_for_is_found(known: Known) -> None:
    k, work, before, after = known, known.work, known.now + BEFORE, known.now + AFTER
    live, paid, doubtful = (one["order_id"] for one in (k.live, k.paid, k.doubtful))
    every, moved = [live, paid, doubtful], k.paid["money_moved_at"]
    by_sms, by_whatsapp = [Channel.SMS], [Channel.WHATSAPP]
    found: list[tuple[Any, Any]] = [
        (followed_orders.followed(work, "acme", since=before), [paid]),
        (followed_orders.followed(work, "acme", since=after), []),
        (followed_orders.followed(work, "acme", since=moved), [paid]),
        (followed_orders.followed_among(work, "acme", [paid], since=moved), [paid]),
        ([one.order_id for one in followed_orders.missing(work, "acme", because=NOT_IN_ORG, since=moved)], [paid]),
        (sorted(followed_orders.followed_among(work, "acme", every, since=after)), sorted([live, doubtful])),
        (followed_orders.followed_among(work, "acme", [paid], since=before), [paid]),
        ([one.order_id for one in followed_orders.missing(work, "acme", because=NOT_IN_ORG, since=before)], [paid]),
        (followed_orders.missing(work, "acme", because=NOT_IN_ORG, since=after), []),
        (followed_orders.missing(work, "acme", because="another", since=before), []),
        (followed_orders.with_other_currency(work, "acme"), [paid]),
        (request_rows.find_idempotent_call(work, "acme", "key-00002"), None),
        (blocked_orders.find_by_number(work, "nobody", tenant_id="acme"), []),
        ([one.order_id for one in blocked_orders.find_by_number(work, k.live["order_number"], tenant_id="acme")], [live]),
        (sorted(blocked_orders.causes(work, "acme", most=5)[0].numbers), sorted(one["order_number"] for one in (k.live, k.paid))),
        (blocked_orders.waiting_long(work, "acme", since=before), (0, (), None)),
        (blocked_orders.waiting_long(work, "acme", since=k.now)[:2], (1, (k.doubtful["order_number"],))),
        (erasure.bodies(work, "acme", after=b"\xff" * 32), []),
        (set(opt_outs.live_requests_to(work, "acme", k.digests, by_sms).values()), {live, doubtful}),
        (opt_outs.live_requests_to(work, "acme", k.digests, by_whatsapp), {}),
        (opt_outs.requests_paid_by(work, "acme", k.digests, by_sms, since=before), {k.paid["reference"]: paid}),
        (opt_outs.requests_paid_by(work, "acme", k.digests[:1], by_sms, since=before), {}),
        (opt_outs.requests_paid_by(work, "acme", k.digests, by_sms, since=after), {}),
        (opt_outs.requests_paid_by(work, "acme", k.digests, by_whatsapp, since=before), {}),
        (opt_outs.channels_stopped(work, "acme", k.digests[1:]), frozenset()),
        (health_checks.inbox_due(work, "acme", now=after).rows, 1),
        (health_checks.inbox_due(work, "acme", now=before), health_checks.Due(0, None)),
        (health_checks.undecryptable_news(work, "acme"), 1),
        (health_checks.buried_news(work, "acme"), {"applied": 1}),
        (health_checks.outbox_due(work, "acme", now=k.now), health_checks.Due(1, k.now)),
        (health_checks.outbox_due(work, "acme", now=before).rows, 0),
        (health_checks.unknown_since(work, "acme").rows, 1),
        (health_checks.released_since(work, "acme", k.now), [k.doubtful["reference"]]),
        (health_checks.released_since(work, "acme", after), []),
        (health_checks.first_sent_between(work, "acme", since=after, until=after), None),
        (health_checks.first_moved_between(work, "acme", since=after, until=after), None),
    ]  # fmt: skip
    assert [one for one in found if one[0] != one[1]] == []


def test_a_number_is_written_to_its_own_request_alone(known: Known) -> None:
    of = tables.payment_requests.c
    digests = select(of.reference, of.phone_digest)
    before = {row.reference: row.phone_digest for row in known.work.connection.execute(digests)}
    request = request_rows.find(known.work, "acme", known.live["reference"])
    assert request is not None
    request_rows.update_phone(known.work, request, phone_digest=b"new")
    after = {row.reference: row.phone_digest for row in known.work.connection.execute(digests)}
    assert after == {**before, known.live["reference"]: b"new"}


def test_a_stop_under_an_older_key_moves_and_no_other_does(known: Known) -> None:
    digests, old = [b"new", b"another"], known.live["phone_digest"]
    opt_outs.record(known.work, "globex", digests, Channel.WHATSAPP, stopped=True, said_at=known.now)
    assert opt_outs.channels_stopped(known.work, "globex", [b"another"]) == {Channel.SMS}, "of another channel"
    opt_outs.record(known.work, "globex", [*digests, old], Channel.SMS, stopped=False, said_at=known.now + BEFORE)
    assert opt_outs.channels_stopped(known.work, "globex", [b"another"]) == frozenset()
    assert opt_outs.channels_stopped(known.work, "globex", [b"new"]) == {Channel.SMS, Channel.WHATSAPP}
    assert opt_outs.channels_stopped(known.work, "acme", [old]) == {Channel.SMS}


def test_what_is_said_later_counts_and_of_one_moment_a_stop(known: Known) -> None:
    def say(hour: int, *digests: bytes, stopped: bool) -> bool:
        at = known.now + timedelta(hours=hour)
        return opt_outs.record(known.work, "acme", digests, Channel.SMS, stopped=stopped, said_at=at)

    assert [say(0, b"a", stopped=one) for one in (False, True, True, False)] == [True, True, False, False]
    assert say(0, b"b", stopped=False)
    assert opt_outs.channels_stopped(known.work, "acme", [b"a", b"b"]) == {Channel.SMS}, "under whichever key"
    # The entry moves to the newest key as it is: what was said before it stays too late.
    assert [say(hour, b"new", b"a", stopped=False) for hour in (-2, -1, 0, 1)] == [False, False, False, True]
    assert opt_outs.channels_stopped(known.work, "acme", [b"new", b"a"]) == frozenset()


@pytest.mark.parametrize(("reason", "code"), [("A_CODE", "A_CODE"), (None, "UNKNOWN")])
def test_a_refusal_that_nobody_can_read_any_more_is_known_by_its_code(
    known: Known, reason: str | None, code: str
) -> None:
    """An older version stored none, or its encryption key is lost."""
    known.work.connection.execute(update(tables.outbox).values(blocked_by="request.0001", reason=reason, refusal=None))
    (cause,) = blocked_orders.causes(known.work, "acme", most=5)
    assert (cause.refusal.part, cause.refusal.code, cause.orders) == (RefusedPart.REQUEST, code, 3)


def test_two_causes_are_told_apart_the_one_with_most_orders_first(known: Known) -> None:
    live, paid, doubtful = (one["order_number"] for one in (known.live, known.paid, known.doubtful))
    for number, cause in ((live, "order.0002"), (paid, "order.0001"), (doubtful, "order.0002")):
        of = select(tables.orders.c.order_id).where(tables.orders.c.number == number).scalar_subquery()
        row = update(tables.outbox).where(tables.outbox.c.order_id == of)
        known.work.connection.execute(row.values(blocked_by=cause, reason=cause, refusal=None))
    found = blocked_orders.causes(known.work, "acme", most=5)
    shown = [(one.name, one.orders, set(one.numbers)) for one in found]
    assert shown == [("order.0002", 2, {live, doubtful}), ("order.0001", 1, {paid})]
    assert [one.refusal.code for one in found] == ["order.0002", "order.0001"]
    assert [one.name for one in blocked_orders.causes(known.work, "acme", most=1)] == ["order.0002"]


@pytest.mark.parametrize(
    ("change", "counted"),
    [
        ({}, {"fields:totalAmount": 1}),
        ({"reason": "unknown_payment"}, {}),
        ({"verdict": "held"}, {}),
        ({"due_at": None}, {}),
    ],
    ids=["unread", "waits for another reason", "waits for nothing of the core", "ended"],
)
def test_news_that_waits_for_a_record_is_counted_by_the_fields_that_cannot_be_read(
    known: Known, change: dict[str, Any], counted: dict[str, int]
) -> None:
    waits = {"verdict": "awaiting confirmation", "reason": "fields:totalAmount"}
    arrived = tables.inbox.c.due_at.is_not(None)
    known.work.connection.execute(update(tables.inbox).where(arrived).values(waits | change))
    assert health_checks.unread_records(known.work, "acme") == counted
    assert health_checks.unread_records(known.work, "globex") == {}


def test_requests_are_read_the_oldest_first(known: Known) -> None:
    ages = {known.live["reference"]: 1, known.paid["reference"]: 3, known.doubtful["reference"]: 2}
    for reference, hours in ages.items():
        row = update(tables.payment_requests).where(tables.payment_requests.c.reference == reference)
        of_order = {"order_id": known.live["order_id"], "live": False}
        known.work.connection.execute(row.values(created_at=known.now - timedelta(hours=hours), **of_order))
    for found in (
        request_rows.find_by_references(known.work, "acme", list(ages)),
        request_rows.find_by_order(known.work, "acme", known.live["order_id"]),
        request_rows.find_by_orders(known.work, "acme", [known.live["order_id"]])[known.live["order_id"]],
    ):
        assert [ages[one.reference] for one in found] == [3, 2, 1]
    of_today = request_rows.live_or_created_since(known.work, "acme", begun=known.now - timedelta(hours=3))
    assert [ages[one.reference] for one in of_today] == [3, 2, 1]


@pytest.mark.parametrize(
    ("stored", "asked"), [("l-7f", "L-7F"), ("L-7F", "l-7f"), ("L-7f", "L-7f"), ("l-7f", "l-7f"), ("L-7F", "L-7F")]
)
def test_a_link_is_found_by_its_name_in_small_and_in_capital_letters(known: Known, stored: str, asked: str) -> None:
    row = update(tables.payment_requests).where(tables.payment_requests.c.reference == known.live["reference"])
    known.work.connection.execute(row.values(link_reference=stored))
    found = request_rows.find_by_links(known.work, "acme", [asked])
    assert [one.reference for one in found] == [known.live["reference"]]
    assert request_rows.find_by_references(known.work, "acme", [known.live["reference"].upper()]) == found


def test_an_agent_of_a_copied_org_opened_orders_of_her_own(known: Known) -> None:
    """A copy has the same users, and the same moment may come in both."""
    (launch,) = known.work.connection.execute(select(tables.launches).limit(1)).mappings()
    at = known.now + AFTER
    opened = (("acme", "of-acme", at), ("globex", "of-globex", at), ("globex", "later", at + timedelta(minutes=1)))
    for tenant_id, order_id, moment in opened:
        row = {**launch, "digest": order_id.encode(), "launch_id": order_id, "tenant_id": tenant_id}
        known.work.connection.execute(insert(tables.launches), row | {"order_id": order_id, "launched_at": moment})
    user, others = launch["user_id"], "another-user"
    assert health_checks.last_launches(known.work, "acme", most=5, user_id=user) == {user: "of-acme"}
    assert health_checks.last_launches(known.work, "globex", most=5, user_id=user) == {user: "later"}
    assert health_checks.last_launches(known.work, "acme", most=5, user_id=others) == {}
    assert health_checks.last_launches(known.work, "acme", most=0) == {}


def test_of_several_agents_the_last_ones_are_named(known: Known) -> None:
    (launch,) = known.work.connection.execute(select(tables.launches).limit(1)).mappings()
    opened = (("first", 1), ("last", 3), ("between", 2))
    for user, hours in opened:
        row = {**launch, "digest": user.encode(), "launch_id": user, "user_id": user, "order_id": f"of-{user}"}
        known.work.connection.execute(insert(tables.launches), row | {"launched_at": known.now + hours * AFTER})
    assert health_checks.last_launches(known.work, "acme", most=2) == {"last": "of-last", "between": "of-between"}


@pytest.mark.parametrize(
    ("since", "until", "is_found"),
    [(0, 2, True), (1, 2, False), (0, 1, False), (-1, 3, True)],
    ids=["to the moment", "made before", "sent after", "within"],
)
def test_a_request_was_sent_within_a_span_in_which_it_was_made_too(
    known: Known, since: int, until: int, *, is_found: bool
) -> None:
    """What was made before is not looked for: its callbacks may have come before, too."""
    made, p = known.now + 9 * AFTER, tables.payment_requests
    sent = {"created_at": made, "sent_at": made + timedelta(minutes=2)}
    known.work.connection.execute(update(p).where(p.c.reference != known.live["reference"]).values(sent_at=None))
    known.work.connection.execute(update(p).where(p.c.reference == known.live["reference"]).values(sent))
    span = {"since": made + timedelta(minutes=since), "until": made + timedelta(minutes=until)}
    found = health_checks.first_sent_between(known.work, "acme", **span)
    assert found == (sent["sent_at"] if is_found else None)


def test_orders_and_releases_are_named_the_latest_first_and_what_is_missing_by_its_number(known: Known) -> None:
    k, p, o = known, tables.payment_requests, tables.orders
    for hours, one in enumerate((k.doubtful, k.live, k.paid), 1):
        moved = {"money_moved_at": k.now + hours * BEFORE, "released_at": k.now + hours * BEFORE}
        row = {**moved, "money": "none", "link": "sent", "live": False}
        k.work.connection.execute(update(p).where(p.c.reference == one["reference"]).values(row))
        gone = {"number": f"0000000{hours}", "unread_because": NOT_IN_ORG}
        k.work.connection.execute(update(o).where(o.c.order_id == one["order_id"]).values(gone))
    latest = [one["order_id"] for one in (k.doubtful, k.live, k.paid)]
    since = k.now + 9 * BEFORE
    assert followed_orders.followed(k.work, "acme", since=since) == latest
    assert followed_orders.followed(k.work, "acme", since=since, most=1) == latest[:1]
    released = health_checks.released_since(k.work, "acme", since)
    assert released == [one["reference"] for one in (k.doubtful, k.live, k.paid)]
    missing = followed_orders.missing(k.work, "acme", because=NOT_IN_ORG, since=since)
    assert [(one.order_id, one.number) for one in missing] == [
        (order_id, f"0000000{place}") for place, order_id in enumerate(latest, 1)
    ]


@pytest.mark.parametrize(("seconds", "due"), [(-45, True), (-44, False), (0, False), (1, True)])
def test_an_org_is_asked_what_changed_when_its_time_has_come_or_our_clock_was_set_back(
    known: Known, seconds: int, *, due: bool
) -> None:
    assert followed_orders.due_tenants(known.work, now=known.now, every=timedelta(seconds=45)) == {"acme": None}
    at = followed_orders.ChangePosition(known.now + timedelta(seconds=seconds), known.now)
    followed_orders.save_position(known.work, "acme", at)
    found = followed_orders.due_tenants(known.work, now=known.now, every=timedelta(seconds=45))
    assert found == ({"acme": at} if due else {})
