"""The panel beside the agent's page in one world: what each says of the same request, part by part."""

from __future__ import annotations

import re
from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.browser.panel.walk.looks import look_at_each
from tests.browser.panel.walk.panel_stage import PanelStage
from tests.browser.screens.stage import Stage

# What is compared: on the page, on the panel.
_PARTS = {
    "status": ("#status-pill", "[data-id=pill]"),
    "amount": ("#status-amount", "c-chat2pay-status .amount"),
    "sentence": ("#status-sentence", "[data-id=sentence]"),
    "warnings": ("#status-warning p", "[data-id=warning]"),
    "sender": ("#status-who", "[data-id=who]"),
    "story": ("#story li", "[data-id=story] li"),
    "what to say": ("#say-lines", "[data-id=say]"),
    "steps": ("#steps .c2p-step-text", "[data-id=steps] .step-text"),
    "buttons": ("#actions button", "[data-verb]"),
    "hand over": ("#hand-over button", "[data-name]"),
    "why no money": ("#money-off p", "[data-id=money-off]"),
    "why no send": ("#send-off-quiet", "[data-id=send-off]"),
    "withheld": ("#withheld p", "[data-id=withheld]"),
}
# Seconds count on between two looks, and the page draws its quotation marks, which the panel writes and isolates.
_APART = re.compile(r"\d+:\d\d|[“”«»„\u2066-\u2069]")
# What is drawn, without the state of a step that follows it for screen readers alone.
_DRAWN = """elements => elements.filter(one => one.checkVisibility()).map(
  one => one.matches('.step-text') ? one.firstChild.textContent : one.innerText)"""


def differences(stage: PanelStage, tab: Page) -> Iterator[str]:
    """Open the page beside a panel that shows a request and asks nothing; yield what the two say differently."""
    panel = stage.tab
    if not panel.locator("[data-id=sentence]").is_visible() or panel.locator("c-chat2pay-confirm").count():
        return
    page = Stage(tab, stage.world)
    page.order_id, page.agent, page.language = stage.order_id, stage.agent, stage.language
    page.open()
    expect(tab.locator("#main")).not_to_have_attribute("aria-busy", "true")
    theirs, ours = (
        look_at_each(one, {name: selectors[which] for name, selectors in _PARTS.items()}, _DRAWN)
        for which, one in enumerate((tab, panel))
    )
    for name in _PARTS:
        said, meant = _settled(ours[name]), _settled(theirs[name])
        if said != meant:
            yield f"{name}: the panel says {said}, the page {meant}"


def _settled(texts: list[str]) -> list[str]:
    return [settled for one in texts if (settled := _APART.sub("", one.replace("\u00a0", " ")).strip())]
