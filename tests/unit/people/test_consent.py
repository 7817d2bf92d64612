"""Consent: a no and a STOP refuse, a yes counts for its own number, and the admin's rule decides about the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.order import Order
from connector.domain.people.consent import (
    ChannelConsent,
    ConsentBasis,
    CustomerChoice,
    basis_of,
    channel_consent_of,
    choice_in_fields,
    choice_of,
    speaks_of_number,
)
from connector.domain.tenants.mapping import ConsentRule, UnknownConsent
from connector.salesforce.queries.consents import consent_query
from foundation.phones.phone import Phone

FIELD = "Contact.SMS_Consent__c"
BY_CONTACT = "SELECT PrivacyConsentStatus FROM ContactPointTypeConsent WHERE PartyId = '{contact_id}'"
BY_NUMBER = "SELECT Status FROM MessagingEndUser WHERE MessagingPlatformKey = '+{phone}'"


def rule(unknown: str = "ask", **changes: Any) -> ConsentRule:
    given = {"field": FIELD, "yes": ("OptIn", "true"), "no": ("OptOut", "false"), **changes}
    return ConsentRule(unknown=UnknownConsent(unknown), **given)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["OptIn"], CustomerChoice.YES),
        (["optin "], CustomerChoice.YES),
        ([True], CustomerChoice.YES),
        ([False], CustomerChoice.NO),
        (["OptOut"], CustomerChoice.NO),
        (["OptIn", "OptOut"], CustomerChoice.NO),
        (["Seen"], CustomerChoice.UNKNOWN),
        ([None], CustomerChoice.UNKNOWN),
        ([], CustomerChoice.UNKNOWN),
    ],
)
def test_values_say_what_the_rule_makes_of_them_and_one_no_outweighs_every_yes(
    values: list[Any], said: CustomerChoice
) -> None:
    assert choice_of(rule(), values) is said


@pytest.mark.parametrize(
    ("changes", "asks_for_contact", "speaks"),
    [
        ({}, False, False),
        ({"field": None, "query": BY_CONTACT}, True, False),
        ({"field": None, "query": BY_NUMBER}, False, True),
        ({"field": None, "query": "SELECT Status FROM Consent__c WHERE Id = '{"}, False, False),
        ({"field": None, "query": "SELECT Status FROM Consent__c WHERE Id = '{contact_id:>9}'"}, False, False),
        ({"field": None, "query": "SELECT Status FROM Consent__c WHERE Id = '{contact_id!r}'"}, False, False),
    ],
    ids=["a field", "of the person", "of the number", "a brace alone", "a width", "a conversion"],
)
def test_a_query_asks_about_the_person_or_the_number_that_it_names(
    changes: dict[str, Any], asks_for_contact: bool, speaks: bool
) -> None:
    assert rule(**changes).asks_for_contact is asks_for_contact
    assert speaks_of_number(rule(**changes)) is speaks


def test_an_empty_field_is_a_no_where_the_admin_says_so() -> None:
    assert choice_of(rule(no=("",)), [None]) is CustomerChoice.NO


@pytest.mark.parametrize("said", CustomerChoice)
@pytest.mark.parametrize("unknown", ["allow", "ask", "refuse"])
def test_a_stop_refuses_whatever_salesforce_says(unknown: str, said: CustomerChoice) -> None:
    assert channel_consent_of(rule(unknown), said, stopped=True, other_number=False) is ChannelConsent.STOPPED


def test_a_channel_without_a_rule_is_allowed() -> None:
    assert channel_consent_of(None, CustomerChoice.UNKNOWN, stopped=False, other_number=True) is ChannelConsent.ALLOWED


@pytest.mark.parametrize(
    ("unknown", "standing"),
    [("allow", ChannelConsent.ALLOWED), ("ask", ChannelConsent.ASK), ("refuse", ChannelConsent.NOT_KNOWN)],
)
def test_what_nobody_knows_the_admins_rule_decides(unknown: str, standing: ChannelConsent) -> None:
    assert channel_consent_of(rule(unknown), CustomerChoice.UNKNOWN, stopped=False, other_number=False) is standing


@pytest.mark.parametrize("other_number", [False, True])
@pytest.mark.parametrize("unknown", ["allow", "ask", "refuse"])
def test_a_no_refuses_for_every_number_of_that_person(unknown: str, other_number: bool) -> None:
    assert (
        channel_consent_of(rule(unknown), CustomerChoice.NO, stopped=False, other_number=other_number)
        is ChannelConsent.REFUSED
    )


def test_a_yes_counts_for_the_number_it_was_given_for_and_for_no_other() -> None:
    assert channel_consent_of(rule(), CustomerChoice.YES, stopped=False, other_number=False) is ChannelConsent.RECORDED
    assert channel_consent_of(rule(), CustomerChoice.YES, stopped=False, other_number=True) is ChannelConsent.ASK
    by_contact = rule(field=None, query=BY_CONTACT)
    assert channel_consent_of(by_contact, CustomerChoice.YES, stopped=False, other_number=True) is ChannelConsent.ASK


def test_a_yes_to_a_question_about_the_number_itself_counts_for_that_number() -> None:
    by_number = rule(field=None, query=BY_NUMBER)
    assert (
        channel_consent_of(by_number, CustomerChoice.YES, stopped=False, other_number=True) is ChannelConsent.RECORDED
    )


@pytest.mark.parametrize(
    ("standing", "basis"),
    [
        (ChannelConsent.ALLOWED, ConsentBasis.ALLOWED),
        (ChannelConsent.RECORDED, ConsentBasis.RECORDED),
        (ChannelConsent.ASK, ConsentBasis.ON_CALL),
        (ChannelConsent.REFUSED, None),
        (ChannelConsent.NOT_KNOWN, None),
        (ChannelConsent.STOPPED, None),
    ],
)
def test_the_tick_opens_what_waits_for_it_and_nothing_that_is_refused(
    standing: ChannelConsent, basis: ConsentBasis | None
) -> None:
    assert basis_of(standing, customer_agreed=True) is basis
    without = None if standing is ChannelConsent.ASK else basis
    assert basis_of(standing, customer_agreed=False) is without
    assert standing.refuses is (basis is None)


def test_fields_are_read_per_channel_and_queries_are_left_to_be_asked() -> None:
    rules = {"sms": rule(), "whatsapp": rule(field=None, query=BY_CONTACT)}
    assert choice_in_fields(rules, {"sms": "OptOut"}) == {"sms": "no"}


def order(**changes: Any) -> Order:
    plain: dict[str, Any] = {
        "tenant_id": "acme",
        "order_id": "801xx0000001gEhAAI",
        "number": "1",
        "currency": "ZAR",
        "total": Decimal(1),
        "tax": None,
        "sub_total": None,
        "account_id": None,
        "phone": None,
        "read_at": datetime(2026, 11, 21, tzinfo=UTC),
    }
    return Order(**{**plain, **changes})


def test_a_query_is_filled_in_with_ids_and_digits_only() -> None:
    asked = rule(field=None, query=BY_CONTACT)
    found = consent_query(asked, order(contact_id="003xx000004TmiQAAS"), None)
    assert found == BY_CONTACT.replace("{contact_id}", "003xx000004TmiQAAS")
    with pytest.raises(ValueError, match="contact_id"):
        consent_query(asked, order(contact_id="x' OR Id != '"), None)
    with pytest.raises(ValueError, match="phone"):
        consent_query(rule(field=None, query=BY_NUMBER), order(), Phone("27' OR"))
    with pytest.raises(ValueError, match="phone"):
        consent_query(rule(field=None, query=BY_NUMBER), order(), Phone("\uff12\uff17"))


def test_each_name_in_a_query_stands_for_its_own_value() -> None:
    names = ("order_id", "account_id", "contact_id", "phone")
    asked = rule(field=None, query=" ".join(f"{{{name}}}" for name in names))
    known = order(account_id="001xx000003DHPhAAO", contact_id="003xx000004TmiQAAS")
    found = consent_query(asked, known, Phone("27831234567"))
    assert found == "801xx0000001gEhAAI 001xx000003DHPhAAO 003xx000004TmiQAAS 27831234567"


def test_a_query_without_its_value_is_not_asked() -> None:
    assert consent_query(rule(field=None, query=BY_CONTACT), order(), None) is None
    assert consent_query(rule(), order(), None) is None
