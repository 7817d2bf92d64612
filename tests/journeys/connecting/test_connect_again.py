"""An org that is connected again keeps what was changed while its values were tried at both peers."""

from __future__ import annotations

from connector.journeys.connecting.connect_org import connect_org
from connector.journeys.connecting.plan_org import plan_org
from tests.factories import ORG
from tests.journeys.world import World


def test_a_tenant_that_was_disabled_meanwhile_stays_disabled(world: World) -> None:
    store, before = world.services.store, world.tenant()
    planned = plan_org(given={"name": "Karoo", "salesforce": {"org_id": ORG}}, store=store, allow_loopback=False)
    world.disable()
    connect_org(
        planned=planned, store=store, salesforce=world.services.salesforce, core=world.services.core, now=world.clock()
    )
    kept = world.acme
    assert (kept.name, kept.disabled) == ("Karoo", True)
    assert (kept.core.proofs, kept.core.callback_key) == (before.core.proofs, before.core.callback_key)
    assert kept.phone_key == before.phone_key
