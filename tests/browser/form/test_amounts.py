"""Amounts on the agent's page: every digit that is asked for is shown, whatever the browser believes of a currency."""

from __future__ import annotations

import re
from typing import Any

import pytest
from babel.numbers import list_currencies
from playwright.sync_api import FrameLocator, Page, expect

from sandbox.currencies import iso_digits
from sandbox.demo.stack import Stack
from tests.browser.screens.stage import Stage
from tests.browser.screens.wire import origin
from tests.browser.test_journey import no_barriers

CURRENCIES = sorted(code for code in list_currencies() if re.fullmatch("[A-Z]{3}", code))
OFFERED = ["ZAR", "USD", "EUR", "GBP", "KES", "JPY", "KWD", "HUF", "COP", "IQD", "LAK", "CLF"]
FORMAT = """async ([locale, amounts]) => {
  const { createFormats } = await import('/static/agent/format.js');
  const { money } = createFormats({ locale, timeZone: 'UTC' });
  return amounts.map(money);
}"""


def shown(page: Page, locale: str, amounts: list[tuple[str, str]]) -> list[str]:
    """What the page's own code makes of amounts, by a page of its origin."""
    page.goto(f"{origin()}/static/agent/format.js")
    asked = [{"amount": amount, "currency": currency} for amount, currency in amounts]
    made: list[str] = page.evaluate(FORMAT, [locale, asked])
    return [text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ") for text in made]


@pytest.mark.parametrize("locale", ["en", "de", "fr", "pt"])
def test_no_currency_is_shown_with_fewer_digits_than_are_asked_for(page: Page, locale: str) -> None:
    amounts = [(f"1234.{'5678'[: iso_digits(code)]}".rstrip("."), code) for code in CURRENCIES]
    amounts += [("999999999999999.99", "ZAR"), ("-1.00", "ZAR"), ("10.5", "JPY"), ("0", "IQD")]
    made = shown(page, locale, amounts)
    wrong = [
        (amount, text)
        for (amount, _), text in zip(amounts, made, strict=True)
        if re.sub(r"\D", "", text) != re.sub(r"\D", "", amount)
    ]
    assert wrong == []


def test_amounts_look_as_an_agent_reads_them(page: Page) -> None:
    rows = [
        ("115.00", "ZAR", "R115.00"),
        ("1234.56", "HUF", "Ft1,234.56"),
        ("10.555", "IQD", "IQD 10.555"),
        ("0.40", "LAK", "₭0.40"),
        ("99.50", "COP", "$99.50"),
        ("-1.00", "ZAR", "\N{MINUS SIGN}R1.00"),
        ("115", "JPY", "¥115"),
    ]
    assert shown(page, "en", [row[:2] for row in rows]) == [row[2] for row in rows]


@pytest.mark.parametrize(
    ("amounts", "facts", "note"),
    [
        (
            {"Currency__c": "IQD", "Grand_Total__c": 10.555, "Tax__c": 0.0, "Sub_Total__c": 10.555},
            ("IQD 10.555", "IQD 0.000", "IQD 10.555"),
            None,
        ),
        (
            {"Currency__c": "ZAR", "Grand_Total__c": 90.0, "Tax__c": 0.0, "Sub_Total__c": 100.0},
            ("R90.00", "R0.00", "R90.00"),
            "Salesforce shows a sub-total of R100.00. Here the sub-total is R90.00",
        ),
        (
            {"Currency__c": "ZAR", "Grand_Total__c": 99.0, "Tax__c": -1.0, "Sub_Total__c": 100.0},
            ("R99.00", "\N{MINUS SIGN}R1.00", "R100.00"),
            "The tax of this order is below zero: \N{MINUS SIGN}R1.00.",
        ),
    ],
    ids=["dinar", "discount", "negative tax"],
)  # fmt: skip
def test_an_order_is_shown_and_sent_in_its_own_digits(
    stage: Stage, amounts: dict[str, Any], facts: tuple[str, str, str], note: str | None
) -> None:
    offered = {"channels": ["sms"], "currencies": OFFERED, "merchant_name": "Acme Shop", "delivery_reports": []}
    stage.world.tenant(configuration=offered)
    stage.order(**amounts)
    stage.open()
    is_shown_and_sent(stage.tab, facts)
    no_barriers(stage.tab)
    if note:
        expect(stage.part("order-notes")).to_contain_text(note)
    else:
        expect(stage.part("order-notes")).to_be_hidden()


def test_forint_go_through_with_the_digits_of_the_core(page: Page, stack: Stack) -> None:
    stack.core.request("PUT", "/sandbox/settings", json={"currencies": OFFERED})
    amounts = {"Currency__c": "HUF", "Grand_Total__c": "1234.56"}
    made = stack.org.request("POST", "/sandbox/orders", json={"phone": "+27831230000", **amounts}, expect=(200, 201))
    page.goto(f"{stack.org.origin}/orders/{made.json()['orders'][0]['id']}")
    frame = page.frame_locator("iframe")
    is_shown_and_sent(frame, ("Ft1,234.56", "Tax not shown separately", "–"))
    expect(frame.locator("#order-notes")).to_be_hidden()
    no_barriers(page)


def is_shown_and_sent(frame: FrameLocator | Page, facts: tuple[str, str, str]) -> None:
    """Hold total, tax and sub-total against these, send, and hold the link's amount."""
    expect(frame.locator("#send")).to_contain_text(f"Send {facts[0]} by SMS")
    for name, text in zip(("total", "tax", "sub-total"), facts, strict=True):
        expect(frame.locator(f"#fact-{name}")).to_have_text(text)
    frame.locator("#send").click()
    expect(frame.locator("#status-amount")).to_have_text(f"{facts[0]} by SMS")
