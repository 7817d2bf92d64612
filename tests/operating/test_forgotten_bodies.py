"""Which stored callbacks lose the person who is erased: those about their requests, and those that hold their number."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import update

from connector.core.lifecycle import lifecycle
from connector.domain.health.finding import Finding, Level
from connector.journeys.forgetting.forget_person import PersonToForget, forget_person
from connector.store.encryption.vault import TenantVault
from connector.store.health import findings
from connector.store.orders import order_notes
from connector.store.requests import erasure
from connector.store.schema.tables import inbox
from foundation.phones.phone import Phone
from foundation.secret import Secret
from tests.factories import OTHER_PHONE, PHONE, long_id
from tests.journeys.world import Clock, World

NAME = "Naledi Dlamini"


@pytest.fixture
def link(world: World) -> dict[str, Any]:
    """A link that ended, to a customer who may be erased."""
    made = world.sent(world.open(world.order()))
    world.told(made, "PAYMENT_LINK_CANCELLED")
    return made


def arrived(world: World, body: dict[str, Any], **row: Any) -> bytes:
    """Keep a callback of which nothing is left to do; return its key."""
    before = {one["digest"] for one in world.rows("inbox")}
    world.callback({"payerName": NAME, **body})
    (digest,) = {one["digest"] for one in world.rows("inbox")} - before
    done = {"state": "done", "verdict": "stale", "due_at": None, **row}
    with world.services.store.write() as work:
        work.connection.execute(update(inbox).where(inbox.c.digest == digest).values(done))
    return bytes(digest)


def texts(world: World) -> dict[bytes, str]:
    with world.services.store.read() as work:
        return {one.digest: (one.body or b"").decode() for one in erasure.bodies(work, "acme", after=b"")}


def forget(world: World, **how: Any) -> Any:
    wanted = how.get("wanted", PersonToForget(phone=Phone(PHONE), order=None))
    return forget_person(
        world.services.for_tenant(world.acme), wanted, dry_run=how.get("dry_run", False), on_step=lambda _count: None
    )


def test_a_body_is_about_a_person_by_its_names_or_by_the_number_in_any_spelling(
    world: World, link: dict[str, Any]
) -> None:
    reference = link["additionalData"]["reference"]
    theirs = [
        arrived(world, {"a": 1}, reference=reference),
        arrived(world, {"a": 2}, link_reference=link["paymentLinkRef"]),
        arrived(world, {"said": f"about {reference}"}),
        arrived(world, {"said": f"about {link['paymentLinkRef']}"}),
        *(
            arrived(world, {"said": spelled})
            for spelled in ("083 123-4567", "(083) 123.4567", "083/123/4567", "083  123 4567")
        ),
        arrived(world, {"said": f"+{PHONE}"}),
    ]
    others = [
        arrived(world, {"said": OTHER_PHONE}),
        arrived(world, {"a": 3}, reference="c2p_anothers", link_reference="link-9999"),
    ]
    forgotten = forget(world)
    found = texts(world)
    assert [NAME in found[digest] for digest in theirs] == [False] * len(theirs)
    assert [NAME in found[digest] for digest in others] == [True] * len(others)
    assert (forgotten.requests, forgotten.orders) == (1, 1)
    assert forgotten.callbacks >= len(theirs)


@pytest.mark.parametrize("row", [{"state": "new"}, {"state": "postponed", "verdict": "held"}])
def test_nothing_is_erased_while_news_of_the_person_waits(
    world: World, link: dict[str, Any], row: dict[str, Any]
) -> None:
    arrived(world, {"said": PHONE}, **row)
    forgotten = forget(world)
    assert (forgotten.unread, forgotten.is_refused) == (1, True)
    assert (forgotten.requests, forgotten.orders, forgotten.callbacks) == (0, 0, 0)
    assert NAME in "".join(texts(world).values())


def test_a_trial_erases_nothing_and_counts_the_same(world: World, link: dict[str, Any]) -> None:
    digest = arrived(world, {"said": PHONE})
    before = texts(world)
    tried = forget(world, dry_run=True)
    assert texts(world) == before
    done = forget(world)
    assert (done.orders, done.requests, done.callbacks) == (tried.orders, tried.requests, tried.callbacks)
    assert json.loads(texts(world)[digest]) == {}
    assert forget(world).callbacks == 0, "what is erased is not erased again"


def test_a_person_of_another_tenant_is_another_person(world: World, link: dict[str, Any]) -> None:
    world.tenant(tenant_id="globex", org_id=long_id("00Dxx0000009zZz"), callback_key="the-key-of-globex")
    world.callback({"payerName": NAME, "said": PHONE}, key="the-key-of-globex")
    with world.services.store.write() as work:
        work.connection.execute(update(inbox).values(state="done", verdict="stale", due_at=None))
    forget(world)
    with world.services.store.read() as work:
        (theirs,) = erasure.bodies(work, "globex", after=b"")
    assert NAME in (theirs.body or b"").decode()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_an_order_with_two_numbers_a_body_is_about_its_person_by_either(world: World) -> None:
    page = world.open(world.order())
    for number in (PHONE, OTHER_PHONE):
        made = world.sent(page, phone=number)
        world.told(made, "PAYMENT_LINK_CANCELLED")
    theirs = [arrived(world, {"said": f"call {number}"}) for number in (PHONE, OTHER_PHONE)]
    forget(world, wanted=PersonToForget(phone=None, order=page.order_id))
    assert [NAME in texts(world)[one] for one in theirs] == [False, False]


def test_of_two_links_that_can_still_be_paid_the_later_one_says_until_when(world: World, clock: Clock) -> None:
    sent_at = clock()
    world.sent(world.open(world.order()))
    clock.pass_by(minutes=2)
    world.sent(world.open(world.order()))
    lives, refused = lifecycle(), forget(world)
    assert refused.until == sent_at + timedelta(minutes=2) + lives.unopened + lives.grace
    assert (refused.requests, refused.orders, refused.callbacks, refused.is_refused) == (0, 0, 0, True)


def test_somebody_who_was_never_sent_a_link_is_known_by_their_orders_number(world: World) -> None:
    world.open(world.order())
    theirs = arrived(world, {"said": PHONE})
    forgotten = forget(world)
    assert (forgotten.orders, forgotten.requests, forgotten.callbacks) == (1, 0, 1)
    assert NAME not in texts(world)[theirs]
    assert world.row("orders")["phone"] is None


def test_somebody_who_paid_anothers_order_is_known_by_the_number_that_the_link_went_to(world: World) -> None:
    made = world.sent(world.open(world.order()), phone=OTHER_PHONE)
    world.told(made, "PAYMENT_LINK_CANCELLED")
    theirs, others = arrived(world, {"said": OTHER_PHONE}), arrived(world, {"said": PHONE})
    forgotten = forget(world, wanted=PersonToForget(phone=Phone(OTHER_PHONE)))
    assert (forgotten.orders, forgotten.requests) == (1, 1)
    assert (NAME in texts(world)[theirs], NAME in texts(world)[others]) == (False, True)


def test_a_colleagues_note_that_names_the_number_goes_on_whichever_order_it_is(
    world: World, link: dict[str, Any]
) -> None:
    for text, number in ((f"{NAME}: call +27 (0)83 123 4567", OTHER_PHONE), ("Wants a receipt", OTHER_PHONE)):
        page = world.open(world.order(BillToContact={"MobilePhone": number}))
        note = {"text": text, "version": 0}
        assert world.client.post("/api/order-notes", json=note, headers=page.headers).status_code == 200
    forget(world)
    with world.services.store.read() as work:
        assert [text for _, text in order_notes.texts(work, "acme")] == ["Wants a receipt"]


def test_news_of_a_payment_whose_customer_was_erased_before_is_about_that_customer(
    world: World, link: dict[str, Any]
) -> None:
    forget(world)
    late = arrived(world, {"a": 1}, reference=link["additionalData"]["reference"])
    world.open(world.row("orders")["order_id"])  # Salesforce still has the number
    version = world.row("orders")["version"]
    forgotten = forget(world)
    assert NAME not in texts(world)[late]
    assert (forgotten.requests, forgotten.callbacks) == (0, 1)
    assert world.row("orders")["version"] == version, "its record has lost the number already"


@pytest.mark.parametrize(
    ("number", "is_found"), [("376312345", True), ("29022158", False)], ids=["nine digits", "eight, as many ids have"]
)
def test_a_number_is_looked_for_in_texts_where_it_is_long_enough_to_be_one(
    world: World, number: str, is_found: bool
) -> None:
    digest = arrived(world, {"said": number})
    forget(world, wanted=PersonToForget(phone=Phone(number)))
    assert (NAME not in texts(world)[digest]) is is_found


def test_a_body_that_no_key_opens_any_more_stands_in_no_way(world: World, link: dict[str, Any]) -> None:
    digest = arrived(world, {"said": PHONE}, state="new", verdict=None)
    lost = TenantVault([Secret(Fernet.generate_key().decode())]).seal_body("acme", b"{}")
    with world.services.store.write() as work:
        work.connection.execute(update(inbox).where(inbox.c.digest == digest).values(body=lost))
    assert forget(world).is_refused is False


def test_the_callers_key_a_finding_and_the_orgs_record_lose_the_number_too(world: World) -> None:
    made = world.sent(world.open(world.order()), key=f"crm-{PHONE}")
    world.told(made, "PAYMENT_LINK_CANCELLED")
    world.settle()
    kept = Finding("another", Level.SOON, "Nobody is named here.")
    named = Finding("one", Level.SOON, f"There is no route to +{PHONE}.")
    with world.services.store.write() as work:
        for finding in (kept, named):
            findings.add_finding(work, "acme", finding, now=world.clock())
    forget(world)
    assert PHONE not in world.row("payment_requests")["idempotency_key"]
    assert [one["check"] for one in world.rows("findings")] == ["another"]
    world.settle()
    ((_, record),) = world.org.requests.items()
    assert record["Phone_Ending__c"] is None


def test_of_a_body_stays_what_the_account_of_money_needs(world: World, link: dict[str, Any]) -> None:
    reference = link["additionalData"]["reference"]
    body = {
        "transactionStatus": "PAYMENT_RECEIVED",
        "totalAmount": 115.0,
        "currency": "ZAR",
        "payerPhoneNumber": PHONE,
        "note": f"call {NAME}",
        "paymentLinkRef": link["paymentLinkRef"],
        "theirs": {"orders": [reference, "another"]},
    }
    digest = arrived(world, body, reference=reference)
    forget(world)
    assert json.loads(texts(world)[digest]) == {
        "transactionStatus": "PAYMENT_RECEIVED",
        "totalAmount": "115.0",
        "currency": "ZAR",
        "paymentLinkRef": link["paymentLinkRef"],
        "theirs": {"orders": [reference]},
    }
