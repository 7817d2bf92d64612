"""Who holds a link is not proven to be its payer: in production no page charges a saved card."""

from __future__ import annotations

from payment_core.app import create_app
from payment_core.services import Core


def test_no_page_of_production_charges_a_saved_card(core: Core) -> None:
    rules = [str(rule) for rule in create_app(core).url_map.iter_rules()]
    assert "/pay/<token>" in rules
    assert [rule for rule in rules if "saved" in rule and rule.startswith("/pay")] == []
