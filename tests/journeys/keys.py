"""Get an API key for a test, and call with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from connector.domain.tenants.api_key import Scope
from connector.domain.tenants.tenant import Tenant
from connector.journeys.connecting.rotate_api_key import rotate_api_key
from tests.factories import ORG, THANDI
from tests.journeys.world import Answer, World

ORG_HEADER = "X-Salesforce-Org-Id"


class KeyHolder:
    """A tenant's own code, with a key of some scopes."""

    def __init__(self, world: World, *scopes: str, tenant: Tenant | None = None, name: str = "CRM", **how: Any) -> None:
        self.world = world
        tenant = tenant or world.services.store.tenants.by_id("acme")
        assert tenant is not None
        made = rotate_api_key(
            tenant=tenant,
            name=name,
            scopes=[Scope(one) for one in scopes],
            overlap=how.pop("overlap", timedelta()),
            lasts=how.pop("lasts", None),
            store=world.services.store,
            now=world.clock(),
        )
        self.key, self.text, self.org_id = made.key, made.text, tenant.org_id

    @property
    def headers(self) -> dict[str, str]:
        """What each call carries."""
        return {"Authorization": f"Bearer {self.text}"}

    def get(self, path: str, **query: Any) -> Answer:
        """Ask."""
        return self.world.client.get(path, headers=self.headers, query_string=query)

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Answer:
        """Do."""
        return self.world.client.post(path, json=body or {}, headers={**self.headers, **headers})

    def launch(self, order_id: str, user_id: str = THANDI.user_id, *, org: str | None = ORG) -> Answer:
        """Open an order for a user, as Apex does."""
        headers = {ORG_HEADER: org} if org is not None else {}
        return self.post("/api/launches", {"order_id": order_id, "user_id": user_id}, **headers)

    def flow(self, verb: str, **body: Any) -> Answer:
        """Call a flow operation from the tenant's own org."""
        return self.post(f"/flow/{verb}", {"org_id": self.org_id, **body})
