"""Finds the payment requests of one tenant that names in its core's news belong to: our references, and the core's links."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from connector.domain.payment import PaymentRequest
from connector.domain.tenant import Tenant
from connector.store import payments
from connector.store.store import Store


class Known:
    """Requests by what they may be called, small and capital letters alike."""

    def __init__(self, by_name: Mapping[str, list[PaymentRequest]]) -> None:
        self._by_name = by_name

    def named(self, names: Iterable[str | None]) -> tuple[PaymentRequest, ...]:
        """Return each request that is named, in the order of the names."""
        found = (request for name in names if name for request in self._by_name.get(name.lower(), ()))
        return tuple({request.reference: request for request in found}.values())


def find_requests(*, tenant: Tenant, names: Collection[str], store: Store) -> Known:
    """Look up all names at once; what is nobody's is not found."""
    by_name: dict[str, list[PaymentRequest]] = {}
    if names:
        with store.database.read() as connection:
            for request in payments.named(connection, tenant.tenant_id, names, vault=store.vault):
                for name in {request.reference.lower(), (request.link_reference or request.reference).lower()}:
                    by_name.setdefault(name, []).append(request)
    return Known(by_name)
