"""Find the payment requests that a notification names, by our reference and by the core's link reference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.tenant import Tenant
from connector.store.requests import request_rows
from connector.store.store import Store

# Our reference and the core's link reference in one notification, None where it has none.
Named = tuple[str | None, str | None]


def find_requests(*, tenant: Tenant, named: Sequence[Named], store: Store) -> list[tuple[PaymentRequest, ...]]:
    """Return for each notification the requests that it names, the one by our reference first."""
    with store.read() as work:
        references = {reference for reference, _ in named if reference}
        referred = _by_name(
            (one.reference, one) for one in request_rows.find_by_references(work, tenant.tenant_id, references)
        )
        # Most notifications name both and mean one request, so links are only looked up where the reference leads elsewhere.
        links = {link for reference, link in named if link and not _leads_to(referred, reference, link)}
        bound = _by_name((one.link_reference, one) for one in request_rows.find_by_links(work, tenant.tenant_id, links))
    return [_once([*referred.get(_folded(reference), ()), *bound.get(_folded(link), ())]) for reference, link in named]


def find_attempted(*, tenant: Tenant, texts: Sequence[str], store: Store) -> tuple[PaymentRequest, ...]:
    """Return the requests that any of the given texts names, as our reference or as a link reference."""
    with store.read() as work:
        found = request_rows.find_by_references(work, tenant.tenant_id, texts)
        found += request_rows.find_by_links(work, tenant.tenant_id, texts)
    return _once(found)


def _leads_to(referred: dict[str, list[PaymentRequest]], reference: str | None, link: str) -> bool:
    return any(_folded(one.link_reference) == link.lower() for one in referred.get(_folded(reference), ()))


def _by_name(pairs: Iterable[tuple[str | None, PaymentRequest]]) -> dict[str, list[PaymentRequest]]:
    found: dict[str, list[PaymentRequest]] = {}
    for name, request in pairs:
        found.setdefault(_folded(name), []).append(request)
    return found


def _once(found: Iterable[PaymentRequest]) -> tuple[PaymentRequest, ...]:
    return tuple({request.reference: request for request in found}.values())


def _folded(name: str | None) -> str:
    return (name or "").lower()
