"""Whom a key lets in, and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.domain.tenants.api_key import ApiKey, Scope
from connector.domain.tenants.rights import Right
from connector.web.callers.bearer import ApiKeyPrincipal
from tests.factories import make_tenant
from tests.unit.examples import NOW, make_request


@pytest.mark.parametrize(("owner", "sees"), [("acme", True), ("globex", False)])
def test_a_key_sees_its_own_tenants_requests_alone(owner: str, sees: bool) -> None:
    key = ApiKey("k1", "acme", "CRM", frozenset({Scope.READ}), NOW)
    assert ApiKeyPrincipal(key, make_tenant()).sees(make_request(tenant_id=owner)) is sees


@pytest.mark.parametrize(("seconds", "lasts"), [(-1, True), (0, False), (1, False)])
def test_a_key_no_longer_lasts_at_the_moment_it_expires(seconds: int, lasts: bool) -> None:
    key = ApiKey("k1", "acme", "CRM", frozenset({Scope.READ}), NOW, expires_at=NOW)
    assert key.lasts(NOW + timedelta(seconds=seconds)) is lasts


@pytest.mark.parametrize(
    ("scope", "rights"),
    [
        (Scope.APEX, set()),
        (Scope.READ, set()),
        (Scope.FLOW, {Right.SEND}),
        (Scope.CAPTURE, {Right.CAPTURE, Right.REVERSE}),
        (Scope.SUPERVISE, {Right.SUPERVISE}),
    ],
)
def test_a_key_has_the_rights_of_its_scope_and_no_other(scope: Scope, rights: set[Right]) -> None:
    key = ApiKey("k1", "acme", "CRM", frozenset({scope}), NOW)
    assert ApiKeyPrincipal(key, make_tenant()).rights.held == rights
