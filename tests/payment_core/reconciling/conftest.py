"""A link whose payment is compared."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.services import Core
from tests.payment_core.fakes import FakeGateway
from tests.payment_core.links import press


@pytest.fixture
def paid(core: Core, merchant: Merchant, make_link: Callable[..., Link], gateway: FakeGateway) -> Link:
    """A link whose customer paid, which nobody reported to us."""
    link = make_link()
    press(core, merchant, link)
    gateway.pay(gateway.key_of(link.reference))
    return link
