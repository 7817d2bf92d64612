"""Find the payment requests that a notification names: by our references and by the core's links."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.tenant import Tenant
from connector.store.requests import payments
from connector.store.store import Store

# What one piece of news calls its payment: our reference and the core's link, None where it does not say.
Named = tuple[str | None, str | None]


def find_requests(*, tenant: Tenant, named: Sequence[Named], store: Store) -> list[tuple[PaymentRequest, ...]]:
    """Return for each piece of news the requests that it names, the one that carries our reference first.

    Links are looked up where our reference does not lead to them: most news names both, and means one.
    """
    with store.read() as work:
        references = {reference for reference, _ in named if reference}
        referred = _by_name(
            (one.reference, one) for one in payments.find_by_references(work, tenant.tenant_id, references)
        )
        links = {link for reference, link in named if link and not _leads_to(referred, reference, link)}
        bound = _by_name((one.link_reference, one) for one in payments.find_by_links(work, tenant.tenant_id, links))
    return [_once([*referred.get(_small(reference), ()), *bound.get(_small(link), ())]) for reference, link in named]


def find_attempted(*, tenant: Tenant, texts: Sequence[str], store: Store) -> tuple[PaymentRequest, ...]:
    """Return the requests that any of some texts may name, be it by our reference or by the core's link."""
    with store.read() as work:
        found = payments.find_by_references(work, tenant.tenant_id, texts)
        found += payments.find_by_links(work, tenant.tenant_id, texts)
    return _once(found)


def _leads_to(referred: dict[str, list[PaymentRequest]], reference: str | None, link: str) -> bool:
    return any(_small(one.link_reference) == link.lower() for one in referred.get(_small(reference), ()))


def _by_name(pairs: Iterable[tuple[str | None, PaymentRequest]]) -> dict[str, list[PaymentRequest]]:
    found: dict[str, list[PaymentRequest]] = {}
    for name, request in pairs:
        found.setdefault(_small(name), []).append(request)
    return found


def _once(found: Iterable[PaymentRequest]) -> tuple[PaymentRequest, ...]:
    return tuple({request.reference: request for request in found}.values())


def _small(name: str | None) -> str:
    return (name or "").lower()
