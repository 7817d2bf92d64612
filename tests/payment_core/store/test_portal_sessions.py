"""A link signs its own person in once, until its time; a session lasts until its end; and neither touches another's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from foundation.secret import Secret
from payment_core.domain.enums import ApplicationStatus
from payment_core.domain.merchant import Merchant
from payment_core.services import Core
from payment_core.store import api_keys, applications, portal_sessions
from payment_core.store.portal_sessions import Person
from payment_core.store.schema import tables
from tests.payment_core.conftest import APPLICATION, MERCHANT, NOW

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
END = NOW + HOUR
NOMSA, THANDI = Person(MERCHANT.merchant_id, "Nomsa"), Person(MERCHANT.merchant_id, "Thandi")


@pytest.fixture
def given(core: Core, merchant: Merchant) -> Core:
    """A core with a link and a session of each of two people, all until the same moment."""
    with core.transactions.write() as work:
        for person in (NOMSA, THANDI):
            portal_sessions.add_link(work, f"link of {person.name}", person, until=END)
            portal_sessions.add_session(work, f"session of {person.name}", person, until=END)
    return core


def sessions(core: Core) -> list[Any]:
    with core.transactions.read() as work:
        return list(work.connection.execute(select(tables.portal_sessions)).all())


def test_a_link_signs_its_person_in_once_and_leaves_the_others(given: Core) -> None:
    with given.transactions.write() as work:
        assert portal_sessions.use_link(work, "link of Nomsa", now=NOW) == NOMSA
        assert portal_sessions.use_link(work, "link of Nomsa", now=NOW) is None
        assert portal_sessions.link_person(work, "link of Nomsa", now=NOW) is None
        assert portal_sessions.use_link(work, "link of Thandi", now=NOW) == THANDI


def test_a_name_is_kept_as_far_as_its_column_goes(given: Core) -> None:
    """Else a long one could not sign in where the database looks at lengths."""
    with given.transactions.write() as work:
        portal_sessions.add_session(work, "long", Person(MERCHANT.merchant_id, "x" * 79 + "yz"), until=END)
        found = portal_sessions.session_person(work, "long", now=NOW)
    assert found == Person(MERCHANT.merchant_id, "x" * 79 + "y")


Ask = Callable[..., Person | None]


@pytest.mark.parametrize(
    ("ask", "kind", "other"),
    [
        (portal_sessions.use_link, "link", "session"),
        (portal_sessions.link_person, "link", "session"),
        (portal_sessions.session_person, "session", "link"),
    ],
)
def test_what_signs_in_does_so_until_its_time_and_only_as_what_it_is(
    given: Core, ask: Ask, kind: str, other: str
) -> None:
    with given.transactions.write() as work:
        assert ask(work, f"{kind} of Nomsa", now=END) is None
        assert ask(work, f"{other} of Nomsa", now=NOW) is None
        assert ask(work, "unknown", now=NOW) is None
        assert ask(work, f"{kind} of Nomsa", now=END - SECOND) == NOMSA


def test_whose_portal_a_link_was_made_for_is_known_also_once_it_is_used_and_of_nothing_else(given: Core) -> None:
    with given.transactions.write() as work:
        assert portal_sessions.merchant_of_link(work, "link of Nomsa") == MERCHANT.merchant_id
        portal_sessions.use_link(work, "link of Nomsa", now=NOW)
        assert portal_sessions.merchant_of_link(work, "link of Nomsa") == MERCHANT.merchant_id
        assert portal_sessions.merchant_of_link(work, "session of Nomsa") is None
        assert portal_sessions.merchant_of_link(work, "unknown") is None


def test_whoever_signs_out_ends_nobody_elses_session(given: Core) -> None:
    with given.transactions.write() as work:
        portal_sessions.end(work, "session of Nomsa")
        people = [portal_sessions.session_person(work, f"session of {one.name}", now=NOW) for one in (NOMSA, THANDI)]
    assert people == [None, THANDI]


@pytest.mark.parametrize(("late", "left"), [(-SECOND, 4), (SECOND * 0, 0)])
def test_what_is_over_is_deleted_and_nothing_before(given: Core, late: timedelta, left: int) -> None:
    with given.transactions.write() as work:
        portal_sessions.forget_ended(work, now=END + late)
    assert len(sessions(given)) == left


def test_a_form_that_is_sent_twice_is_told_of_its_own_key(core: Core, merchant: Merchant) -> None:
    with core.transactions.write() as work:
        made, other = (api_keys.add(work, MERCHANT.merchant_id, one, now=NOW, text=Secret(one))[0] for one in "ab")
        with pytest.raises(api_keys.KeyExists) as known:
            api_keys.add(work, MERCHANT.merchant_id, "again", now=NOW, text=Secret("a"))
        assert (known.value.key, other.name) == (made, "b")


def test_a_deleted_application_stays_deleted(core: Core, merchant: Merchant) -> None:
    mine = (MERCHANT.merchant_id, APPLICATION.application_id)
    with core.transactions.write() as work:
        assert applications.set_status(work, *mine, ApplicationStatus.DELETED)
        assert not applications.set_status(work, *mine, ApplicationStatus.ACTIVATED)
        assert applications.listed(work, MERCHANT.merchant_id) == []
