"""Knows who is calling our API by the token in ``Authorization``; refuses to know what they want."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Request, request

from connector.domain.payment import Person
from connector.domain.tenant import Tenant, is_salesforce_id, long_id
from connector.errors import ErrorCode, Forbidden, NotFound, Unauthenticated
from connector.services import Services
from connector.store.launches import Launch
from connector.web.launch_token import LaunchToken, read


@dataclass(frozen=True)
class Bearer:
    """A caller with a launch token: one user, one order of one tenant."""

    token: LaunchToken
    tenant: Tenant
    launch: Launch

    @property
    def person(self) -> Person:
        """The Salesforce user who acts."""
        return Person(self.token.user_id, self.token.user_name)

    def needs(self, right: str) -> None:
        """Raise Forbidden unless the token carries ``right``."""
        if right not in self.token.rights:
            raise Forbidden("You may not do this for this order. Ask your administrator.")

    def own_order(self, order_id: str | None) -> str:
        """Return the token's order; any other one is not found, even of the same tenant."""
        if order_id is not None and (not is_salesforce_id(order_id) or long_id(order_id) != self.token.order_id):
            raise NotFound(facts={"order": self.token.order_id, "reason": "another_order"})
        return self.token.order_id


def bearer(services: Services) -> Bearer:
    """Return who is calling.

    Raises:
        Unauthenticated: no token, or one that no longer counts.
    """
    token = read(bearer_text(request), keys=services.settings.launch_keys, now=services.now())
    return open_bearer(token, services)


def open_bearer(token: LaunchToken, services: Services) -> Bearer:
    """Find the token's tenant and launch."""
    tenant = services.store.tenants.by_id(token.tenant_id)
    launch = services.store.launches.get(token.launch_id)
    if tenant is None or launch is None:
        raise Unauthenticated("Reload this browser tab to continue.", code=ErrorCode.LAUNCH_EXPIRED)
    return Bearer(token, tenant, launch)


def bearer_text(given: Request) -> str:
    """Return the text behind ``Bearer``.

    Raises:
        Unauthenticated: there is none.
    """
    scheme, _, text = given.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise Unauthenticated("Send the launch token as Authorization: Bearer …")
    return text.strip()
