"""Who holds a link is not proven to be its payer: in production no page charges a saved card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from payment_core.app import create_app
from payment_core.domain.enums import Channel
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.services import Core
from payment_core.store.links import links
from tests.payment_core.fakes import FakeGateway
from tests.payment_core.replying.test_replies import PAYER, keep_a_card


def test_no_page_of_production_charges_a_saved_card(core: Core) -> None:
    rules = [str(rule) for rule in create_app(core).url_map.iter_rules()]
    assert "/pay/<token>" in rules
    assert [rule for rule in rules if "saved" in rule and rule.startswith("/pay")] == []


def test_a_deployment_for_trials_shows_the_page_of_whoever_saved_a_card(
    core: Core, merchant: Merchant, gateway: FakeGateway, make_link: Callable[..., Link]
) -> None:
    """`serve` may run as demo, with Stripe's test keys: it has no card form of its own, and so no button for a saved card."""
    keep_a_card(core, merchant, gateway)
    link = make_link(channel=Channel.SMS, payer_reference=PAYER)
    with core.transactions.read() as work:
        token = links.token_of(work, link)
    trials = replace(core, settings=replace(core.settings, environment="demo"))
    page = create_app(trials).test_client().get(f"/pay/{token}")
    assert page.status_code == 200
    assert "saved card" not in page.text
