"""Many parts of a tab in one look, because each look costs as much as the drawing of a part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Page

# As Playwright finds by a selector: through the roots of components, and from the end of the selector outwards.
_FOUND = """selectors => {
  const below = root => [...root.querySelectorAll('*')].flatMap(
    one => one.shadowRoot ? [one, ...below(one.shadowRoot)] : [one]);
  const above = one => one.parentElement ?? one.getRootNode().host;
  const is = (one, words) => {
    if (!one.matches(words.at(-1))) return false;
    const outer = words.slice(0, -1);
    for (let up = above(one); up && outer.length; up = above(up)) if (up.matches(outer.at(-1))) outer.pop();
    return outer.length === 0;
  };
  const all = below(document);
  return selectors.map(selector => selector.split(', ').map(one => one.split(' ')))
    .map(alternatives => all.filter(one => alternatives.some(words => is(one, words))));
}"""


def look_at_each(tab: Page, selectors: Mapping[str, str], look: str) -> dict[str, Any]:
    """Return by name what the function ``look`` (JavaScript, of a list of elements) makes of what each selector finds.

    A selector is of names, ids, classes and attributes, one inside the other by spaces, or several such with commas.
    """
    made = tab.evaluate(f"selectors => ({_FOUND})(selectors).map({look})", list(selectors.values()))
    return dict(zip(selectors, made, strict=True))
