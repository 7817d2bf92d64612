"""API keys of one name follow each other: the next may what is said or what the newest may; another name is another key."""

from __future__ import annotations

import pytest

from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.api_key import Scope
from connector.errors import Invalid
from connector.journeys.connecting.rotate_api_key import end_api_keys
from connector.store.health import findings
from tests.journeys.keys import KeyHolder
from tests.journeys.world import World


def ended(world: World, name: str, *, newest_stays: bool = False) -> list[str]:
    """End the keys of a name; return the ids of those that were ended."""
    gone = end_api_keys(tenant=world.acme, name=name, newest_stays=newest_stays, store=world.services.store)
    return [one.key_id for one in gone]


@pytest.mark.parametrize("name", ["", " ", "CRM ", "C\u200bRM", "C\nRM", "x" * 81], ids=ascii)
def test_a_name_that_no_list_could_show_is_refused(world: World, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        KeyHolder(world, "read", name=name)
    assert (set(refused.value.fields), world.rows("api_keys")) == ({"name"}, [])


def test_a_key_whose_scopes_were_narrowed_is_followed_by_one_that_may_no_more(world: World) -> None:
    KeyHolder(world, "read", "capture")
    world.clock.pass_by(seconds=1)
    KeyHolder(world, "read")
    world.clock.pass_by(seconds=1)
    assert KeyHolder(world).key.scopes == {Scope.READ}


def test_the_first_key_of_a_name_takes_no_scopes_from_another(world: World) -> None:
    KeyHolder(world, "capture", name="another")
    with pytest.raises(Invalid) as refused:
        KeyHolder(world)
    assert set(refused.value.fields) == {"scopes"}


def test_keys_of_another_name_go_on_when_those_of_one_are_ended(world: World) -> None:
    other = KeyHolder(world, "read", name="another")
    KeyHolder(world, "read")
    world.clock.pass_by(seconds=1)
    newest = KeyHolder(world, "read")
    assert len(ended(world, "CRM", newest_stays=True)) == 1
    assert ended(world, "CRM") == [newest.key.key_id]
    assert ended(world, "CRM") == []
    assert [one.get("/api/payment-requests").status_code for one in (newest, other)] == [401, 200]


def test_a_copied_orgs_finding_is_closed_once_a_key_was_ended(world: World) -> None:
    KeyHolder(world, "apex")
    copied = Finding(findings.CLONED_ORG, Level.WRONG, problem="A copy calls.", remedy="Change it.", impact="It calls.")
    with world.services.store.write() as work:
        findings.add_finding(work, "acme", copied, now=world.clock())
    assert ended(world, "CRM", newest_stays=True) == []
    assert [row["check"] for row in world.rows("findings")] == [findings.CLONED_ORG]
    assert len(ended(world, "CRM")) == 1
    assert world.rows("findings") == []
