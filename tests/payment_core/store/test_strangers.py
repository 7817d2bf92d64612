"""Whatever is asked for by a merchant's id finds that merchant's rows alone, also with a key or an id of another's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from payment_core.domain.enums import ApplicationStatus, Channel
from payment_core.domain.merchant import Merchant
from payment_core.domain.settlement import Attention
from payment_core.journeys.linking.create_link import create_link
from payment_core.journeys.replying.receive_reply import receive_reply
from payment_core.messengers.messenger import Reply
from payment_core.services import Core
from payment_core.store import api_keys, applications, changes, health_facts, phone_key, reports
from payment_core.store.deliveries import delivery_list, replays
from payment_core.store.deliveries.delivery_list import DeliveryFilter
from payment_core.store.erasing import persons
from payment_core.store.links import attempts, links, recent, saved_cards, search, unfinished
from payment_core.store.messages import lookalikes, messages, opt_outs
from payment_core.store.messages.messages import Message
from payment_core.store.reports import ReportScope
from tests.payment_core.conftest import APPLICATION, CUSTOMER, MERCHANT, NOW, order_for, stored_news
from tests.payment_core.fakes import FakeGateway, FakeMessenger
from tests.payment_core.links import press
from tests.payment_core.replying.test_replies import PAYER, code_in, keep_a_card

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
MINE, OTHER = MERCHANT.merchant_id, "mer_other"
SMS = Channel.SMS
BEFORE = NOW - timedelta(days=1)


@dataclass(frozen=True)
class Known:
    """What a stranger might know of this merchant's customer."""

    core: Core
    key: phone_key.NumberKey
    code: bytes
    request: Message
    key_id: str


@pytest.fixture
def known(core: Core, merchant: Merchant, gateway: FakeGateway, messenger: FakeMessenger) -> Known:
    """A customer with a kept card, two open links, a paid one, and words of theirs; everything of one merchant."""
    keep_a_card(core, merchant, gateway)
    order = order_for(channel=SMS, payer_reference=PAYER, caller_reference="mine")
    link = create_link(core, merchant, order).link
    code = code_in(messenger.sent[-1].text)
    create_link(core, merchant, replace(order, caller_reference="another", digest=b"another"))
    press(core, merchant, link)
    receive_reply(core, merchant, Reply("SM_help", SMS, CUSTOMER, "HELP"))
    receive_reply(core, merchant, Reply("SM_stop", SMS, CUSTOMER, "STOP"))
    stored_news(core, "evt", {"kind": "fate"})
    with core.transactions.write() as work:
        made, _ = api_keys.add(work, MINE, "tests", now=core.now())
        links.save(work, replace(links.find(work, link.reference) or link, attention=Attention.DISPUTED))
        changes.record_change(work, MINE, by="Thandi", what="x", detail="", now=core.now())
        request = messages.request_of(work, link.reference)
        assert request is not None
        messages.change(work, request.message_id, now=core.now(), status="UNKNOWN")
    return Known(
        core, phone_key.of(core, MINE, CUSTOMER), bytes(phone_key.code_key(core, MINE, code)), request, made.key_id
    )


Query = Callable[[Any, str, Known], Any]
QUERIES: dict[str, Query] = {
    "links of a number": lambda w, m, k: links.payable_of(w, m, k.key),
    "links offered": lambda w, m, k: links.offered_since(w, m, k.key, BEFORE),
    "language": lambda w, m, k: links.last_language(w, m, k.key),
    "link of a code": lambda w, m, k: links.by_code(w, m, k.key, k.code),
    "links of a caller": lambda w, m, _: links.by_caller(w, m, "mine"),
    "links since": lambda w, m, k: list(recent.references_since(k.core.transactions, m, BEFORE)),
    "links searched": lambda w, m, _: search.search(w, search.LinkFilter(m), most=9),
    "links that need a person": lambda w, m, _: search.count_needing_person(w, m),
    "cards of a payer": lambda w, m, k: saved_cards.of_payer(w, m, PAYER, k.key),
    "cards of a number": lambda w, m, k: saved_cards.of_number(w, m, k.key),
    "cards of a person": lambda w, m, _: saved_cards.of_person(w, m, PAYER),
    "message of a provider": lambda w, m, _: messages.by_provider(w, m, "SM_help"),
    "last words": lambda w, m, k: messages.last_from_customer(w, m, k.key, SMS),
    "help": lambda w, m, k: messages.was_answered(w, k.key, m, "help", since=BEFORE),
    "words between": lambda w, m, k: messages.is_between(w, replace(k.request, merchant_id=m), k.request, k.key),
    "other messages": lambda w, m, k: lookalikes.provider_ids_to(
        w, replace(k.request, merchant_id=m, message_id="other"), k.key
    ),
    "other unknown ones": lambda w, m, k: lookalikes.other_unknown(
        w, replace(k.request, merchant_id=m, message_id="other"), k.key
    ),
    "STOP": lambda w, m, k: opt_outs.is_stopped(w, m, k.key, SMS),
    "START": lambda w, m, k: opt_outs.start(w, m, k.key, SMS, at=NOW),
    "attempt of a page": lambda w, m, _: attempts.by_provider(w, m, page_id=_page(w), payment_id=None),
    "attempt of a payment": lambda w, m, _: attempts.by_provider(w, m, page_id=None, payment_id=_payment(w)),
    "unfinished": lambda w, m, _: not unfinished.unfinished_of(w, m, now=NOW).is_empty,
    "newest attempt": lambda w, m, _: unfinished.newest_named(w, m),
    "application": lambda w, m, _: applications.find(w, m, APPLICATION.application_id),
    "applications": lambda w, m, _: applications.listed(w, m),
    "application's status": lambda w, m, _: applications.set_status(
        w, m, APPLICATION.application_id, ApplicationStatus.DEACTIVATED
    ),
    "keys": lambda w, m, _: api_keys.listed(w, m),
    "key revoked": lambda w, m, k: api_keys.revoke(w, m, k.key_id, now=NOW),
    "changes": lambda w, m, _: changes.listed(w, m, most=9),
    "deliveries": lambda w, m, _: delivery_list.find(w, DeliveryFilter(m), most=9),
    "deliveries counted": lambda w, m, _: sum(delivery_list.counted(w, merchant_id=m).values()),
    "deliveries sent again": lambda w, m, _: replays.replay(w, DeliveryFilter(m), now=NOW),
    "report": lambda w, m, _: list(reports.rows(w, ReportScope(m, BEFORE, NOW + timedelta(days=1)))),
    "customers": lambda w, m, _: reports.customers(w, ReportScope(m, BEFORE, NOW + timedelta(days=1))),
    "last webhook": lambda w, m, _: health_facts.last_webhook(w, m, "fake"),
    "last attempt": lambda w, m, _: health_facts.last_attempt(w, m),
    "open links of a number": lambda w, m, k: persons.count_open(w, persons.Whom(m, k.key, None)),
    "open links of a payer": lambda w, m, _: persons.count_open(w, persons.Whom(m, None, PAYER)),
    "numbers of a payer": lambda w, m, _: persons.keys_of_payer(w, m, PAYER),
    "forgotten links": lambda w, m, k: persons.forget(w, persons.Whom(m, k.key, PAYER)).links,
    "what is under way": lambda w, m, k: persons.count_under_way(w, [persons.Whom(m, k.key, PAYER)]),
    "forgotten messages": lambda w, m, k: persons.forget(w, persons.Whom(m, k.key, PAYER)).messages,
    "forgotten replies": lambda w, m, k: persons.forget(w, persons.Whom(m, k.key, PAYER)).replies,
}


def _page(work: Any) -> str | None:
    found = unfinished.newest_named(work, MINE)
    assert found is not None
    return found.page_id


def _payment(work: Any) -> str | None:
    rows = work.connection.exec_driver_sql("SELECT payment_id FROM attempts WHERE payment_id IS NOT NULL")
    payment_id: str | None = rows.scalar()
    return payment_id


@pytest.mark.parametrize("name", QUERIES)
def test_another_merchant_finds_nothing_by_what_it_knows(known: Known, name: str) -> None:
    if "sent again" in name or name == "forgotten links":
        with known.core.transactions.write() as work:
            for table in ("deliveries", "messages", "webhooks"):
                work.connection.exec_driver_sql(f"UPDATE {table} SET due_at = NULL")
    with known.core.transactions.write() as work:
        assert not QUERIES[name](work, OTHER, known)
    with known.core.transactions.write() as work:
        assert QUERIES[name](work, MINE, known), "and its own does"


# What is found by a number, and by nothing that another number may share.
BY_NUMBER = (
    "links of a number", "links offered", "language", "link of a code", "cards of a payer", "cards of a number",
    "last words", "help", "words between", "other messages", "other unknown ones", "STOP", "START",
    "open links of a number",
)  # fmt: skip


@pytest.mark.parametrize("name", BY_NUMBER)
def test_another_number_finds_nothing_of_the_same_merchant(known: Known, name: str) -> None:
    neighbour = replace(known, key=phone_key.of(known.core, MINE, "27830000001"))
    with known.core.transactions.write() as work:
        assert not QUERIES[name](work, MINE, neighbour)
