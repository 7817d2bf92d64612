"""A copy of an org that kept the original's keys opens nothing, and the original's admin learns of it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from connector import metrics
from connector.errors import Invalid
from connector.store.health import findings
from connector.store.tenants import tenants
from tests.factories import CANVAS_SECRET, HOST, OLD_CANVAS_SECRET, ORG, envelope, make_tenant, sign
from tests.journeys.keys import KeyHolder
from tests.journeys.world import SENTENCES, World, sentence_on

COPY = "00Dyy0000002hFiEAI"


def launched_from(org_id: str, order_id: str) -> dict[str, Any]:
    content = envelope(order_id)
    content["context"]["organization"]["organizationId"] = org_id
    return content


def copies_counted() -> float:
    return metrics.registry.counts(metrics.WRONG_ORG).get(("acme", "launch"), 0)


def checks_due(world: World) -> set[str]:
    return {row["check"] for row in world.rows("looks_due") if row["tenant_id"] == "acme"}


def told(sentence: str) -> str:
    """A sentence in which nobody is named: nothing is proven yet."""
    return SENTENCES[sentence].replace("{admin}", SENTENCES["admin_unknown"])


@pytest.mark.parametrize("secret", [CANVAS_SECRET, OLD_CANVAS_SECRET])
def test_a_launch_from_a_copy_is_refused_in_words_and_told_to_the_admin(
    world: World, lines: list[dict[str, Any]], secret: str
) -> None:
    calls, counted = world.org.calls, copies_counted()
    answer = world.post_launch(sign(launched_from(COPY, world.order()), secret))
    assert (answer.status_code, copies_counted() - counted) == (403, 1)
    assert sentence_on(answer) == told("wrong_environment")
    assert "https://*.my.salesforce.com" in answer.headers["Content-Security-Policy"]
    assert HOST not in answer.headers["Content-Security-Policy"]
    assert world.org.calls == calls
    (finding,) = world.rows("findings")
    assert (finding["tenant_id"], finding["check"], finding["subject"]) == ("acme", findings.CLONED_ORG, COPY)
    assert "`chat2pay rotate-key canvas`" in finding["mend"]
    assert checks_due(world) == {"org_id"}, "whose keys open which org is looked up at once"
    (line,) = [one for one in lines if one["event"] == "cloned_org"]
    assert (line["log_level"], line["expected"], line["found"]) == ("error", ORG, COPY)


def test_a_stranger_is_refused_as_a_stranger(world: World) -> None:
    answer = world.post_launch(sign(launched_from(COPY, world.order()), "a-strangers-secret"))
    assert sentence_on(answer) == told("unknown_org")
    assert world.rows("findings") == []


def test_a_copy_that_is_connected_by_itself_needs_keys_of_its_own(world: World) -> None:
    other = make_tenant("copy", org_id=COPY, callback_key="key-of-the-copy")
    world.services.store.tenants.add(other, now=world.clock())
    answer = world.post_launch(sign(launched_from(COPY, world.order()), "a-secret-of-nobody"))
    assert sentence_on(answer) == told("unknown_org")


def test_a_strangers_launches_cost_a_bounded_number_of_looks(world: World) -> None:
    directory = world.services.store.tenants
    for serial in range(5):
        org_id = f"00Dxx000000{serial:04d}AAA"
        directory.add(make_tenant(f"t{serial}", org_id=org_id, callback_key=f"key-{serial}"), now=world.clock())
    looked = [len(directory.next_to_search()) for _ in range(400)]
    assert looked[0] == 6
    assert sum(looked) == 1000


@pytest.mark.both_databases
def test_looks_go_on_in_the_next_minute_where_they_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the tenants behind the first thousand were never compared."""
    directory, seconds = world.services.store.tenants, [0.0]
    for serial in reversed(range(4)):
        org_id = f"00Dxx000000{serial:04d}AAA"
        directory.add(make_tenant(f"t{serial}", org_id=org_id, callback_key=f"key-{serial}"), now=world.clock())
    monkeypatch.setattr(tenants, "_SEARCHED_PER_MINUTE", 3)
    monkeypatch.setattr(tenants, "time", SimpleNamespace(monotonic=lambda: 1000 + seconds[0]))
    seen: list[list[str]] = []
    for at in (0, 1, 59, 60, 119, 120):
        seconds[0] = at
        seen.append([one.tenant_id for one in directory.next_to_search()])
    assert seen == [["acme", "t0", "t1"], [], [], ["t2", "t3", "acme"], [], ["t0", "t1", "t2"]]


def test_an_org_that_a_second_admin_connects_at_the_same_moment_stays_the_first_ones(world: World) -> None:
    first = world.tenant()
    with pytest.raises(Invalid) as refused:
        world.services.store.tenants.add(replace(first, tenant_id="acme-2"), now=world.clock())
    assert "connected a moment ago" in refused.value.fields["salesforce.org_id"][0]
    assert [one.tenant_id for one in world.services.store.tenants.every()] == [first.tenant_id]


def test_many_orgs_that_use_one_key_are_one_finding_with_their_count(world: World) -> None:
    key, order_id = KeyHolder(world, "apex"), world.order()
    orgs = [f"00Dyy000000{serial:04d}EAA" for serial in range(12)]
    for count, org_id in enumerate(orgs, start=1):
        world.clock.pass_by(minutes=2)
        assert key.launch(order_id, org=org_id).status_code == 403
        (finding,) = world.rows("findings")
        shown = min(count, 8)
        assert finding["subject"].split(",") == orgs[count - shown : count][::-1]
        assert finding["wrong"].startswith(f"The org {org_id} calls")
        assert ("such orgs were seen" in finding["wrong"]) == (count > 1)
    assert "At least 8 such orgs were seen" in finding["wrong"]
    assert finding["found_at"] < finding["seen_at"]


def test_the_finding_of_many_orgs_goes_when_one_of_them_is_connected_by_itself(world: World) -> None:
    key, order_id = KeyHolder(world, "apex"), world.order()
    for org_id in (COPY, "00Dyy0000003hFiEAI"):
        world.clock.pass_by(minutes=2)
        key.launch(order_id, org=org_id)
    with world.services.store.write() as work:
        assert findings.clear_subject(work, findings.CLONED_ORG, COPY) == 1
    assert world.rows("findings") == []
