"""Who a user of the org is, as far as the org says."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from connector.domain.payments.payment import Person
from connector.journeys.access.find_person import FoundPerson, find_person
from connector.salesforce.client import SalesforceClient
from tests.factories import make_tenant

USER = "005xx000001X8UzAAK"
FULL = {"Name": "Thandi", "LanguageLocaleKey": "de", "LocaleSidKey": "de_DE", "TimeZoneSidKey": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("said", "found"),
    [(FULL, ("Thandi", "de", "de_DE", "Europe/Berlin")), (dict.fromkeys(FULL), ("", "af", "", "UTC"))],
    ids=["all of it", "nothing: the tenant's language, and the world's time"],
)
def test_a_user_of_whom_the_org_says_nothing_more_is_known_all_the_same(
    said: dict[str, Any], found: tuple[str, str, str, str]
) -> None:
    asked = Mock(spec=SalesforceClient)
    asked.queries.return_value = {"user": [{"Id": USER, "IsActive": True, **said}], "access": []}
    name, language, locale, time_zone = found
    assert find_person(
        tenant=make_tenant(language="af"), user_id=USER, order_id="801xx0000001gEhAAI", salesforce=asked
    ) == FoundPerson(Person(USER, name), language, locale, time_zone, reads=False, edits=False)
