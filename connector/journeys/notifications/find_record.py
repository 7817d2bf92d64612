"""Find the core's record of a payment request: by its link, or by our reference while the link is not proven."""

from __future__ import annotations

from dataclasses import dataclass, replace

from connector.core.client import CoreClient
from connector.domain.payments.notification import CoreRecord, differences, names_request
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Money
from connector.domain.tenants.tenant import Tenant
from connector.errors import CoreRefused, UpstreamError
from foundation.log import get_logger

log = get_logger()
_KEY_REFUSED = (401, 403)


@dataclass(frozen=True)
class Found:
    """The core's record of a request. ``instead_of``: the link reference it was bound to, which belongs to another request."""

    record: CoreRecord
    instead_of: str | None = None


def find_record(tenant: Tenant, request: PaymentRequest, core: CoreClient, *, named: str | None = None) -> Found | None:
    """Read the core's record of a request; None where it has none. The network is used: no transaction may be open.

    A request without a bound link is looked up by the link reference ``named`` in a notification, which counts only if its
    record carries our reference. If a bound link's record carries another reference, ours is looked up. A decline counts as the
    end of the review that ``request`` was in before the core was asked.

    Raises:
        UpstreamError, TenantProblem: the core could not be asked, or has no look-up by reference.
    """
    found = _find(tenant, request, core, named)
    return replace(found, record=_after_review(found.record, request)) if found else None


def _find(tenant: Tenant, request: PaymentRequest, core: CoreClient, named: str | None) -> Found | None:
    if request.link_reference is None:
        record = _of_named(tenant, named, core)
        if record is not None and names_request(record, request):
            return Found(record)
        return _found(core.find_by_reference(tenant.core, request.reference))
    record = core.get_transaction(tenant.core, request.link_reference)
    if record is not None and _is_of(record, request, tenant):
        return Found(record)
    return _by_reference(tenant, request, core, record)


def _after_review(record: CoreRecord, request: PaymentRequest) -> CoreRecord:
    """Return the record of a payment that was in review before the core was asked, and so is no older than the review."""
    return as_review_end(record) if request.states.money in (Money.IN_REVIEW, Money.REFUSED) else record


def as_review_end(record: CoreRecord) -> CoreRecord:
    """Return a record that is newer than a review with a decline as the review's end: nothing was taken.

    Not every core says when a review was finalised.
    """
    if record.news.money is not Money.DECLINED:
        return record
    return replace(record, news=replace(record.news, money=Money.REFUSED))


def _is_of(record: CoreRecord, request: PaymentRequest, tenant: Tenant) -> bool:
    """Return whether a record belongs to a request: by its reference, or where it carries none, by everything else."""
    if record.reference is not None:
        return names_request(record, request)
    return not differences(record, request, environment=tenant.core.environment)


def cannot_look_up(error: Exception) -> bool:
    """Return whether an error means that the core has no look-up by reference, as opposed to being away."""
    if not isinstance(error, CoreRefused) or error.operation != "find_by_reference":
        return False
    return error.upstream_status not in _KEY_REFUSED


def _of_named(tenant: Tenant, named: str | None, core: CoreClient) -> CoreRecord | None:
    try:
        return core.get_transaction(tenant.core, named) if named else None
    except CoreRefused:  # an unproven notification may name anything, also what is not a link reference
        return None


def _by_reference(
    tenant: Tenant, request: PaymentRequest, core: CoreClient, of_link: CoreRecord | None
) -> Found | None:
    try:
        record = core.find_by_reference(tenant.core, request.reference)
    except UpstreamError as error:  # the link's own record is still better than none
        log.warning("reference_not_looked_up", tenant=tenant.tenant_id, reference=request.reference, code=error.code)
        return _found(of_link)
    if record is None or record.link_reference == request.link_reference:
        return _found(of_link)
    return Found(record, instead_of=request.link_reference)


def _found(record: CoreRecord | None) -> Found | None:
    return Found(record) if record is not None else None
