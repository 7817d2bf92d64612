"""What an org has for bells is asked for once in five minutes, and anew where somebody must be sure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from unittest.mock import Mock

import pytest

from connector.salesforce.client import SalesforceClient
from connector.salesforce.news.bell_setups import BellSetups
from tests.factories import make_tenant
from tests.peers.news import TYPE
from tests.unit.examples import NOW

ACME = make_tenant()
SECOND, MINUTES = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def org() -> Mock:
    """An org with the notification type, and no group."""
    made = Mock(spec=SalesforceClient)
    made.queries.return_value = {"type": [{"Id": TYPE}], "group": [], "members": []}
    return made


@pytest.mark.parametrize(
    ("later", "anew", "calls"),
    [(0 * SECOND, False, 1), (5 * MINUTES - SECOND, False, 1), (5 * MINUTES, False, 2), (SECOND, True, 2)],
)
def test_an_org_is_asked_again_after_five_minutes_or_where_it_must_be_sure(
    org: Mock, later: timedelta, anew: bool, calls: int
) -> None:
    setups = BellSetups()
    first = setups.read(org, ACME, now=NOW, anew=False)
    org.queries.return_value = org.queries.return_value | {"group": [{"Id": "00Gxx0000000001AAA"}]}
    second = setups.read(org, ACME, now=NOW + later, anew=anew)
    assert (first.type_id, first.group_id, first.has_members) == (TYPE, None, False)
    assert second.group_id == (None if calls == 1 else "00Gxx0000000001AAA")
    assert setups.read(org, ACME, now=NOW + later, anew=False) == second, "and kept for whoever asks next"
    assert org.queries.call_count == calls


def test_each_org_is_asked_for_its_own(org: Mock) -> None:
    setups = BellSetups()
    for tenant in (ACME, replace(ACME, tenant_id="globex"), ACME):
        setups.read(org, tenant, now=NOW, anew=False)
    assert [one.args[0].tenant_id for one in org.queries.call_args_list] == ["acme", "globex"]
