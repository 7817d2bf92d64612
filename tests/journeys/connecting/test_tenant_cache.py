"""What a process remembers of tenants: for five seconds, so that what another one changes counts soon, and not too much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from connector.domain.tenants.tenant import Flow, HmacProof, NoProof
from connector.store.tenants import tenants
from connector.store.tenants.tenants import TenantDirectory
from foundation.secret import Secret
from tests.journeys.world import World


@dataclass
class Process:
    """A process with a directory of its own, its clock, and what it has asked the database."""

    directory: TenantDirectory
    seconds: float = 1000.0
    asked: list[str] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.seconds

    def is_disabled(self) -> bool:
        """Look a tenant up as each of its calls does."""
        tenant = self.directory.by_id("acme")
        assert tenant is not None
        return tenant.disabled


@pytest.fixture
def process(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Process]:
    """Another process of the deployment, which has just looked Acme up."""
    world.tenant()
    made = Process(TenantDirectory(world.services.store.transactions))
    monkeypatch.setattr(tenants, "time", SimpleNamespace(monotonic=made.monotonic))

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        made.asked.append(statement)

    engine = world.services.store.database.engine
    event.listen(engine, "before_cursor_execute", note)
    assert not made.is_disabled()
    made.asked.clear()
    yield made
    event.remove(engine, "before_cursor_execute", note)


def test_a_tenant_that_another_process_disables_is_refused_five_seconds_later(world: World, process: Process) -> None:
    world.services.store.tenants.set_disabled("acme", disabled=True, now=world.clock())
    process.asked.clear()
    process.seconds += 4.9
    assert not process.is_disabled()
    assert process.asked == [], "most calls cost no query for their tenant"
    process.seconds += 0.1
    assert process.is_disabled()


def test_a_tenant_that_this_process_disables_is_refused_at_once(world: World, process: Process) -> None:
    world.clock.pass_by(minutes=1)
    process.directory.set_disabled("acme", disabled=True, now=world.clock())
    assert process.is_disabled()
    assert world.row("tenants")["changed_at"] == world.clock()


def test_names_that_strangers_make_up_do_not_fill_the_memory(process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenants, "_MOST_KNOWN", 3)
    for number in range(3):
        assert process.directory.by_org(f"made-up-{number}") is None
    process.asked.clear()
    assert not process.is_disabled()
    assert process.asked == []
    assert process.directory.by_org("one too many") is None
    process.asked.clear()
    assert not process.is_disabled()
    assert process.asked != [], "all was forgotten at once"


def test_a_tenant_is_found_again_as_it_was_kept(world: World) -> None:
    known = world.tenant()
    offers = replace(
        known.configuration, currency_digits={"JPY": 0}, minimum_amounts={"ZAR": "1"}, maximum_amounts={"ZAR": "900"},
        amount_steps={"ZAR": "0.5"},
    )  # fmt: skip
    access = replace(
        known.salesforce, flow=Flow.JWT_BEARER, client_secret=None, username="pay@acme.example",
        private_key=Secret("a-private-key"), audience="https://login.acme.example",
    )  # fmt: skip
    core = replace(known.core, former_callback_key="the-key-before", proofs=(HmacProof(Secret("signing")), NoProof()))
    whole = replace(known, configuration=offers, salesforce=access, core=core, parts_allowed=True, disabled=True)
    directory = world.services.store.tenants
    directory.add(whole, now=world.clock())
    assert directory.by_id("acme") == whole
    assert directory.by_callback_key("the-key-before") == whole
