"""By no door does a merchant, or a person of its portal, see or change what another merchant has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant, MerchantSecrets
from payment_core.domain.settlement import Attention
from payment_core.journeys.configuring.sign_in import make_sign_in_link
from payment_core.services import Core
from payment_core.store import api_keys, applications, merchants
from payment_core.store.deliveries import delivery_list
from payment_core.store.deliveries.delivery_list import DeliveryFilter
from payment_core.store.links import links, saved_cards
from payment_core.store.schema import tables
from tests.payment_core.conftest import APPLICATION, CUSTOMER
from tests.payment_core.fakes import FakeGateway
from tests.payment_core.links import now_of
from tests.payment_core.portal.conftest import ORIGIN, Browser
from tests.payment_core.replying.test_replies import PAYER, keep_a_card

# Who may is decided before the database is asked, or by the same conditions on both.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
OTHER = "mer_other"
# Known to whoever guesses it, or has read it somewhere.
SECRETS = ("00000100", CUSTOMER, "ending 4242", "salesforce.example", "disputed")


@pytest.fixture
def other(core: Core, merchant: Merchant) -> Merchant:
    """Another merchant of this core."""
    stranger = replace(merchant, merchant_id=OTHER, hook="hook_other", name="Other Shop")
    with core.transactions.write() as work:
        merchants.add(work, stranger, MerchantSecrets(), now=core.now())
    return stranger


@pytest.fixture
def theirs(core: Core, client: FlaskClient, other: Merchant) -> Browser:
    """A browser that is signed in to the other merchant's portal."""
    browser = Browser(client)
    path = make_sign_in_link(core, OTHER, "Mallory", by="operator").removeprefix(ORIGIN)
    assert browser.bare_post(path).status_code == 303
    return browser


@pytest.fixture
def their_key(core: Core, other: Merchant) -> str:
    with core.transactions.write() as work:
        return api_keys.add(work, OTHER, "tests", now=core.now())[1].value


@pytest.fixture
def mine(core: Core, merchant: Merchant, make_link: Callable[..., Link], gateway: FakeGateway) -> Link:
    """A link of this merchant's that needs a person, with a kept card, a key, and deliveries that were given up."""
    keep_a_card(core, merchant, gateway)
    link = make_link(caller_reference="mine", payer_reference=PAYER)
    with core.transactions.write() as work:
        link = links.save(work, replace(link, attention=Attention.DISPUTED))
        api_keys.add(work, merchant.merchant_id, "mine", now=core.now())
        work.connection.execute(tables.deliveries.update().values(state="parked", due_at=None))
    return link


def state_of(core: Core, link: Link) -> tuple[Any, ...]:
    """Return everything that somebody might try to change."""
    with core.transactions.read() as work:
        return (
            links.find(work, link.reference),
            applications.find(work, link.merchant_id, APPLICATION.application_id),
            [one.revoked_at for one in api_keys.listed(work, link.merchant_id)],
            saved_cards.of_person(work, link.merchant_id, PAYER),
            [one["state"] for one in delivery_list.find(work, DeliveryFilter(link.merchant_id), most=None)],
        )


OF_A_LINK = (
    *("get_transaction", "cancel_payment_link", "capture_payment", "reverse_payment"),
    *("get_receipt", "send_receipt", "reveal_payment_link"),
)


@pytest.mark.parametrize("name", OF_A_LINK)
def test_another_merchants_key_opens_no_link(
    core: Core, client: FlaskClient, mine: Link, their_key: str, name: str
) -> None:
    before, operation = state_of(core, mine), core.api.operation(name)
    path = operation.rule.replace("<link_reference>", mine.reference)
    body: dict[str, Any] = {} if operation.method == "GET" else {"json": {}}
    headers = {"Authorization": their_key}
    answer = client.open(path, method=operation.method, headers=headers, **body)
    assert (answer.status_code, (answer.json or {}).get("errorCode")) == (404, "TRANSACTION_NOT_FOUND")
    assert state_of(core, mine) == before


def test_another_merchants_key_finds_and_changes_nothing_of_an_application(
    core: Core, client: FlaskClient, mine: Link, their_key: str
) -> None:
    headers = {"Authorization": their_key}
    found = core.api.operation("find_by_reference")
    listed = client.get(found.rule, query_string={found.query["reference"]: "mine"}, headers=headers)
    needing = client.get(core.api.operation("list_attention").rule, headers=headers)
    assert mine.reference not in listed.text + needing.text
    status = core.api.operation("set_application_status")
    form = {status.body["application"]: APPLICATION.application_id, status.body["status"]: "DELETED"}
    before = state_of(core, mine)
    assert client.open(status.rule, method=status.method, json=form, headers=headers).status_code == 404
    assert state_of(core, mine) == before


PORTAL: dict[str, tuple[str, dict[str, str] | None]] = {
    "links": ("/portal/transactions", None),
    "links searched": ("/portal/transactions", {"q": "00000100"}),
    "link": ("/portal/transactions/{link}", None),
    "link dealt with": ("/portal/transactions/{link}/dealt-with", {}),
    "cards": ("/portal/cards?payer=" + PAYER, None),
    "cards of a number": ("/portal/cards", {"number": CUSTOMER}),
    "card forgotten": ("/portal/cards/{card}/forget", {}),
    "deliveries": ("/portal/deliveries", None),
    "deliveries of a link": ("/portal/deliveries?reference={link}", None),
    "delivery": ("/portal/deliveries/{delivery}", None),
    "delivery sent again": ("/portal/deliveries/{delivery}/replay", {}),
    "deliveries sent again": ("/portal/deliveries/replay-parked", {}),
    "overview": ("/portal", None),
    "changes": ("/portal/changes", None),
    "application": ("/portal/applications/{application}", None),
    "application's status": ("/portal/applications/{application}/status", {"status": "DELETED"}),
    "test callback": ("/portal/applications/{application}/test", {}),
    "key revoked": ("/portal/keys/{key}/revoke", {}),
    "keys renewed": ("/portal/api-key", {}),
    "report": ("/portal/report?application={application}", None),
}


@pytest.mark.parametrize("name", PORTAL)
def test_another_merchants_portal_shows_and_changes_nothing(core: Core, theirs: Browser, mine: Link, name: str) -> None:
    path, form = PORTAL[name]
    with core.transactions.read() as work:
        places = {
            "link": mine.reference,
            "application": APPLICATION.application_id,
            "card": saved_cards.of_person(work, mine.merchant_id, PAYER)[0].card_id,
            "delivery": delivery_list.find(work, DeliveryFilter(mine.merchant_id), most=1)[0]["id"],
            "key": api_keys.listed(work, mine.merchant_id)[0].key_id,
        }
    before, url = state_of(core, mine), path.format(**places)
    answer = theirs.get(url) if form is None else theirs.post(url, form)
    assert answer.status_code in (200, 303, 404), answer.status_code
    shown = answer.text.replace(f'value="{form.get("q", "")}"', "") if form else answer.text
    given = set((form or {}).values())
    hidden = (*SECRETS, mine.reference, f"/portal/deliveries/{places['delivery']}", places["card"], places["key"])
    assert [one for one in hidden if str(one) in shown and str(one) not in url and one not in given] == []
    assert state_of(core, mine) == before
    assert now_of(core, mine).attention == Attention.DISPUTED
