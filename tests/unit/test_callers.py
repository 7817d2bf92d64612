"""What a caller may see of a tenant's payment requests, whatever was looked up for them."""

from __future__ import annotations

import pytest

from connector.domain.tenants.api_key import ApiKey, Scope
from connector.web.callers.bearer import ApiKeyPrincipal
from tests.factories import make_tenant
from tests.unit.examples import NOW, make_request


@pytest.mark.parametrize(("owner", "sees"), [("acme", True), ("globex", False)])
def test_a_key_sees_its_own_tenants_requests_alone(owner: str, sees: bool) -> None:
    key = ApiKey("k1", "acme", "CRM", frozenset({Scope.READ}), NOW)
    assert ApiKeyPrincipal(key, make_tenant()).sees(make_request(tenant_id=owner)) is sees
