"""What is sent to fill the places of a template that WhatsApp approved."""

from __future__ import annotations

import pytest

from payment_core.domain.templates import read_template

ID = f"HX{'0' * 32}"
TEXT = "{merchant}: please pay {amount} here: {url}"
VALUES = {"merchant": " Karoo\n Coffee ", "amount": "ZAR 150.00", "url": "https://pay.example/x", "payload": "p.1"}


@pytest.mark.parametrize(
    ("configured", "values", "sent"),
    [
        # In the order of our own text, and what is no place of it behind.
        (ID, VALUES, {"1": "Karoo Coffee", "2": "ZAR 150.00", "3": "https://pay.example/x", "4": "p.1"}),
        (f"{ID} url,merchant", VALUES, {"1": "https://pay.example/x", "2": "Karoo Coffee"}),
        (f"{ID} *", {**VALUES, "url": "u"}, {"merchant": "Karoo Coffee", "amount": "ZAR 150.00", "url": "u", "payload": "p.1"}),
        # An empty value is refused by the provider, and the whole message with it.
        (f"{ID} amount,support", {**VALUES, "support": ""}, {"1": "ZAR 150.00", "2": "-"}),
        (f"{ID} amount,support", VALUES, {"1": "ZAR 150.00", "2": "-"}),
    ],
)  # fmt: skip
def test_a_template_gets_the_variables_that_it_has_in_its_order(
    configured: str, values: dict[str, str], sent: dict[str, str]
) -> None:
    template = read_template(configured)
    assert template is not None
    assert template.variables(TEXT, values) == sent
