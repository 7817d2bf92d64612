"""A connector behind a port, and panels of its users."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from werkzeug.serving import make_server

from tests.factories import ORG, SIPHO, THANDI
from tests.journeys.keys import KeyHolder
from tests.journeys.panel.apex_twin import ApexTwin
from tests.journeys.world import World

EVERYTHING = {"Chat2Pay_Send", "Chat2Pay_Capture", "Chat2Pay_Reverse", "Chat2Pay_Supervise"}


@pytest.fixture
def port(world: World) -> Iterator[int]:
    """The port on which the connector answers while the test runs."""
    world.tenant(policy={"rights_from": "custom_permissions"})
    world.org.permissions = {THANDI.user_id: EVERYTHING, SIPHO.user_id: {"Chat2Pay_Send"}}
    server = make_server("127.0.0.1", 0, world.app, threaded=False)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def panel_of(world: World, port: int) -> Callable[..., ApexTwin]:
    """Make the panel of a user, with a key of the scope ``apex`` where no other is given."""
    ours = KeyHolder(world, "apex").text

    def made(user_id: str = THANDI.user_id, *, org_id: str = ORG, key: str = ours) -> ApexTwin:
        return ApexTwin(port, key=key, org_id=org_id, user_id=user_id)

    return made


@pytest.fixture
def panel(panel_of: Callable[..., ApexTwin]) -> ApexTwin:
    """Thandi's panel; she may do everything."""
    return panel_of()
