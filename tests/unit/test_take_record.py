"""Which record of the core's is taken in for a request: one that names it, or that of its own link."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from connector.domain.payments.notification import CoreRecord
from connector.domain.payments.status import Link, StatusUpdate
from connector.journeys.notifications.find_record import Found
from connector.journeys.notifications.take_record import Mismatch, check_match
from tests.factories import make_tenant
from tests.unit.examples import make_request

RECORD = CoreRecord(
    link_reference="link-2",
    order_number=None,
    reference="c2p_1",
    core_status="PAYMENT_LINK_SENT",
    news=StatusUpdate(link=Link.SENT),
    total=Decimal("115.00"),
    authorized=Decimal(0),
    captured=Decimal(0),
    reversed=Decimal(0),
    currency="ZAR",
    environment="SANDBOX",
)


@pytest.mark.parametrize(
    ("bound_to", "instead_of", "named", "field"),
    [
        pytest.param(None, None, "c2p_1", None, id="not bound, named"),
        pytest.param(None, None, None, "reference", id="not bound, not named"),
        pytest.param("link-2", None, None, None, id="bound to this link, not named"),
        pytest.param("link-2", None, "c2p_2", "reference", id="bound to this link, another named"),
        pytest.param("link-1", None, "c2p_1", "link_reference", id="bound to another link"),
        pytest.param("link-1", "link-1", "c2p_1", None, id="bound to a link that was another's, named"),
        pytest.param("link-1", "link-1", None, "reference", id="bound to a link that was another's, not named"),
        pytest.param("link-3", "link-1", "c2p_1", "link_reference", id="bound anew meanwhile"),
    ],
)
def test_a_record_fits_what_it_names(
    bound_to: str | None, instead_of: str | None, named: str | None, field: str | None
) -> None:
    request, found = make_request(link_reference=bound_to), Found(replace(RECORD, reference=named), instead_of)
    if field is None:
        check_match(found, request, make_tenant())
        return
    with pytest.raises(Mismatch) as refused:
        check_match(found, request, make_tenant())
    assert refused.value.field == field
