"""In which order the panel and the agent's page show their parts, and which of them."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.panel.walk.looks import look_at_each

_CONFIRM = "c-chat2pay-confirm"
# Each stands on a line of its own: on the page, on the panel.
_PARTS = {
    "notice": ("#notice", "[data-id=notice]"),
    "sentence": ("#status-sentence", "[data-id=sentence]"),
    "warnings": ("#status-warning", "[data-id=warnings]"),
    "sender": ("#status-who", "[data-id=who]"),
    "story": ("#story", "[data-id=story]"),
    "countdown": ("#countdown", "c-chat2pay-countdown"),
    "what to say": ("#say-lines", "[data-id=say]"),
    "steps": ("#steps", "[data-id=steps]"),
    "freshness": ("#fresh", "[data-id=fresh]"),
    "actions": ("#actions button", "[data-verb]"),
    "hand over": ("#hand-over button", "[data-name]"),
    "handed over": ("#handed", "[data-id=handed-over]"),
    "question": ("#cancel-question, #release-question, #money-question", f"{_CONFIRM} .question"),
    "what it brings about": ("#cancel-told, #money-means", f"{_CONFIRM} [data-id=told]"),
    "its message": ("#replace-preview", f"{_CONFIRM} c-chat2pay-preview"),
    "its answer": ("#release-reason, #money-amount", f"{_CONFIRM} input"),
    "yes": ("#cancel-yes, #release-yes, #money-yes", f"{_CONFIRM} [data-id=yes]"),
    "why no money": ("#money-off", "[data-id=money-off]"),
    "reference at the gateway": ("#gateway-reference", "[data-id=gateway]"),
    "why no send": ("#send-off-quiet", "[data-id=send-off]"),
    "withheld": ("#withheld", "[data-id=withheld]"),
    "history": ("#history", "[data-id=history]"),
    "heading of the form": ("#new-request-heading", "[data-id=heading]"),
    "total": ("#fact-total", ".total"),
    "paid": ("#fact-paid-row", "[data-id=paid]"),
    "remarks": ("#order-notes", "[data-id=remark]"),
    "when it was read": ("#fresh-order", "[data-id=fresh-order]"),
    "problems": ("#problems", "[data-id=problems]"),
    "replaces": ("#form-replaces", "[data-id=replaces]"),
    "number": ("#phone", "[data-id=phone] input"),
    "error of the number": ("#phone-error", "[data-id=phone-error]"),
    "warning of the number": ("#phone-warning", "[data-id=phone-warning]"),
    "which number": ("#phone-choice", "[data-id=which]"),
    "where it is from": ("#phone-hint", "[data-id=phone-hint]"),
    "other numbers": ("#phone-notes button", "[data-shown]"),
    "part": ("#part", "[data-id=amount] input"),
    "of what": ("#part-hint", "[data-id=amount-hint]"),
    "channels": ("#channels", "[data-id=channels]"),
    "consent": ("#consent", "[data-id=consent]"),
    "message": ("#preview", "c-chat2pay-form c-chat2pay-preview"),
    "why not sent": ("#form-error", "[data-id=refusal]"),
    "read back": ("#phone-ask", "[data-id=ask]"),
    "send": ("#send", "[data-id=send]"),
    "way back": ("#form-back", "[data-id=leave]"),
    "introduction": ("#introduction", "[data-id=introduction]"),
    "note": ("#note", "c-chat2pay-note"),
    "nothing earlier": ("#earlier-none", "[data-id=none-earlier]"),
    "earlier": ("#earlier", "c-chat2pay-earlier"),
}
# Where those begin that can be seen.
_TOPS = """all => all.filter(one => one.checkVisibility({ visibilityProperty: true }))
  .map(one => one.getBoundingClientRect()).filter(({ width, height }) => width && height).map(({ top }) => top)"""


def shown_parts(tab: Page, *, is_panel: bool) -> list[str]:
    """Return the parts that the panel or the page shows, from the top down."""
    # High enough for all of it: what stays in sight at the lower edge stands where it belongs.
    tab.set_viewport_size({"width": 300, "height": 3000})
    tops = look_at_each(tab, {name: selectors[is_panel] for name, selectors in _PARTS.items()}, _TOPS)
    return sorted((name for name, found in tops.items() if found), key=lambda name: tops[name][0])
