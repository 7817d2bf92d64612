"""The order's country: read in the one query of a launch as far as its reader sees it, and no launch waits for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connector.domain.tenants.tenant import Tenant
from connector.salesforce.metadata.describe import CACHED_FOR
from connector.salesforce.orders.country_fields import CountryFields
from tests.factories import SIPHO, THANDI, envelope, sign
from tests.journeys.keys import KeyHolder
from tests.journeys.world import Clock, World
from tests.peers.describing import described, standard

KENYAN = {"BillToContact": {"MobilePhone": "0712 345678"}, "BillingCountry": "Kenya"}
CODE = described("BillingCountryCode", "picklist", values=["KE", "ZA"])


@pytest.fixture
def org(world: World) -> World:
    """An org that describes itself, without country picklists."""
    for name, fields in standard().items():
        world.org.describes[name] = {"name": name, "createable": True, "updateable": True, "fields": fields}
    return world


def asked_for(world: World) -> list[list[str]]:
    """The country fields of each query of an order, oldest first."""
    queries = [soql for _, soql in world.org.queries if " FROM Order " in soql]
    named = [soql.removeprefix("SELECT ").split(" FROM ")[0].split(", ") for soql in queries]
    return [[one for one in fields if "Country" in one or one == "Land__c"] for fields in named]


def shown(world: World, *who: Any, **fields: Any) -> tuple[str | None, str | None]:
    order = world.open(world.order(THANDI, SIPHO, **{**KENYAN, **fields}), *who).data["order"]
    return order["phone"], order["country"]


def test_is_read_where_the_org_has_it_and_its_numbers_are_read_in_it(org: World) -> None:
    assert shown(org) == ("254712345678", "KE")
    assert asked_for(org) == [["BillingCountry", "BillToContact.MailingCountry"]]


def test_comes_from_the_picklists_code_where_the_org_has_picklists(org: World) -> None:
    org.org.describes["Order"]["fields"].append(CODE)
    assert shown(org, BillingCountryCode="KE", BillingCountry="Jamhuri") == ("254712345678", "KE")
    assert asked_for(org) == [["BillingCountryCode", "BillingCountry", "BillToContact.MailingCountry"]]


def test_is_unknown_where_the_org_shows_us_no_such_field_and_numbers_are_the_tenants(world: World) -> None:
    assert shown(world, BillToContact={"MobilePhone": "083 123 4567"}, BillingCountry=None) == ("27831234567", None)
    assert asked_for(world) == [[]]


def test_costs_one_call_for_each_launch_and_three_readings_an_hour(org: World) -> None:
    for _ in range(3):
        shown(org)
    assert sorted(name for _, name in org.org.described) == ["Account", "Contact", "Order"]
    assert len(asked_for(org)) == 3
    org.clock.pass_by(minutes=61)
    shown(org)
    assert len(org.org.described) == 6


def test_that_an_agent_may_not_read_does_not_break_the_launch(org: World) -> None:
    org.org.hidden[SIPHO.token] = {"Order.BillingCountry"}
    assert shown(org, SIPHO, BillingCountry=None, BillToContact={"MobilePhone": "083 123 4567"}) == (
        "27831234567",
        None,
    )
    assert asked_for(org) == [["BillingCountry", "BillToContact.MailingCountry"], ["BillToContact.MailingCountry"]]
    assert {name for token, name in org.org.described if token == SIPHO.token} == {"Order", "Contact", "Account"}


def test_is_asked_for_as_each_reader_sees_it(org: World) -> None:
    org.org.hidden[SIPHO.token] = {"Order.BillingCountry"}
    shown(org, SIPHO)
    org.org.queries.clear()
    shown(org, SIPHO)
    shown(org, THANDI)
    assert asked_for(org) == [["BillToContact.MailingCountry"], ["BillingCountry", "BillToContact.MailingCountry"]]


def test_that_was_taken_from_our_own_user_meanwhile_is_left_out(org: World) -> None:
    key = KeyHolder(org, "flow")
    order_id = org.order(**KENYAN)
    assert key.flow("send", order_id=order_id).json["outcome"] == "sent"
    org.org.hidden["integration"] = {"Order.BillingCountry"}
    other = org.order(BillToContact={"MobilePhone": "083 123 4567"})
    assert key.flow("send", order_id=other).json["outcome"] == "sent"


def test_another_field_that_is_missing_still_refuses_the_launch(org: World) -> None:
    org.org.hidden[THANDI.token] = {"Order.Tax__c"}
    answer = org.post_launch(sign(envelope(org.order(**KENYAN))))
    assert answer.status_code == 403
    assert len(asked_for(org)) == 1


def test_another_refusal_than_of_a_field_is_no_reason_to_look_which_ones_there_are(org: World) -> None:
    shown(org)
    org.org.answers["Order"] = "QUERY_TOO_COMPLICATED"
    before = len(org.org.described)
    assert org.post_launch(sign(envelope(org.order(**KENYAN)))).status_code != 200
    assert len(org.org.described) == before
    assert len(asked_for(org)) == 2


def test_that_cannot_be_asked_about_lets_the_launch_open_without_it(org: World, lines: list[Any]) -> None:
    org.org.login_refused = "invalid_client"
    assert shown(org, BillToContact={"MobilePhone": "083 123 4567"}, BillingCountry=None) == ("27831234567", None)
    assert [line["code"] for line in lines if line["event"] == "country_fields_not_read"]
    before = len(lines)
    shown(org, BillToContact={"MobilePhone": "083 123 4567"}, BillingCountry=None)
    assert [line for line in lines[before:] if line["event"] == "country_fields_not_read"] == []
    org.org.login_refused = None
    org.clock.pass_by(minutes=1)
    assert shown(org) == ("254712345678", "KE"), "a minute later it is asked again"


def test_of_an_admins_own_field_is_read_instead(org: World) -> None:
    org.org.describes["Order"]["fields"].append(described("Land__c", "string", length=80))
    org.tenant(mapping={"read": {"country": "Land__c"}})
    assert shown(org, Land__c="Kenya", BillingCountry="France") == ("254712345678", "KE")
    assert asked_for(org) == [["Land__c"]]


def test_switched_off_by_an_empty_list_asks_the_org_nothing(org: World) -> None:
    org.tenant(mapping={"read": {"country": []}})
    shown(org, BillToContact={"MobilePhone": "083 123 4567"}, BillingCountry=None)
    assert org.org.described == []


@pytest.mark.parametrize(
    ("after", "described"), [(CACHED_FOR - timedelta(seconds=1), 1), (CACHED_FOR, 2)], ids=["kept", "looked up again"]
)
def test_what_a_reader_sees_is_kept_for_an_hour(world: World, clock: Clock, after: timedelta, described: int) -> None:
    looked: list[str] = []

    def describe(_tenant: Tenant, name: str) -> None:
        looked.append(name)

    fields = CountryFields(describe=describe, read=lambda _tenant, _path: {}, now=clock)
    fields.ask_with(world.acme, list)
    first = len(looked)
    assert first > 0
    clock.at += after
    fields.ask_with(world.acme, list)
    assert len(looked) == described * first
