"""What keeps people from using a page, as axe-core finds it; nothing is looked at twice that was found without any."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page

# What is none is not brought here: it is large. Nor is made what no rule and nobody here reads: the way to each element, and a
# second copy of the style sheets for a rule that is still an experiment (https://www.deque.com/axe/core-documentation/api-documentation/).
# A frame is looked at by a call of its own: one of another site would be asked in vain, for half a second.
_OPTIONS = {"resultTypes": ["violations"], "selectors": False, "preload": {"assets": ["media"]}, "iframes": False}

# A page as its markup says it, without the numbers in it, and what no attribute says.
_PAGE = r"""async () => {
  const kept = /(\s(?:id|for|class|style|role|aria-[a-z]+)="[^"]*")|[\w-]*\d[\w-]*/g;
  const fields = [...document.querySelectorAll('input, select, textarea, button')];
  const page = [
    document.documentElement.outerHTML.replace(kept, (_, attribute) => attribute ?? '0'),
    fields.map(({ checked, disabled, value }) => [checked, disabled, !value]),
    innerWidth, innerHeight, matchMedia('(prefers-color-scheme: dark)').matches,
  ];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(page)));
  return String(new Uint8Array(digest));
}"""
# The texts in sight, one of each look that is not known: of each colour and size on each ground, as far as they count.
_NEW_LOOKS = r"""async ([known, options]) => {
  const below = root => [...root.querySelectorAll('*')].flatMap(
    one => one.shadowRoot ? [one, ...below(one.shadowRoot)] : [one]);
  const above = one => one.assignedSlot ?? one.parentElement ?? one.getRootNode().host;
  const says = one => one.matches('input, select, textarea')
    || [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  const look = one => {
    const { color, fontSize, fontWeight, textShadow, colorScheme } = getComputedStyle(one);
    const found = [color, fontSize, fontWeight, textShadow, colorScheme, one.closest('label')?.control?.disabled];
    for (let up = one; up; up = above(up)) {
      const { backgroundColor, backgroundImage, opacity, clip, clipPath } = getComputedStyle(up);
      found.push(backgroundColor, backgroundImage, opacity, clip, clipPath, up.disabled, up.ariaDisabled);
    }
    return found.join();
  };
  const seen = new Set(known), looks = new Map();
  for (const one of below(document.body)) {
    if (!says(one) || !one.checkVisibility({ visibilityProperty: true })) continue;
    const found = look(one);
    if (!seen.has(found)) looks.set(found, looks.get(found) ?? one);
  }
  if (!looks.size) return [[], []];
  const { violations } = await axe.run({ include: [...looks.values()] }, options);
  return [[...looks.keys()], violations];
}"""
_pages: set[str] = set()
_looks: set[str] = set()


def barriers(tab: Page | Frame) -> list[str]:
    """Return each barrier of a page, or of one frame, with the element that it is about."""
    _bring_axe(tab)
    return _told(tab.evaluate("options => axe.run(options).then(({ violations }) => violations)", _OPTIONS))


def barriers_of_new_page(tab: Page | Frame) -> list[str]:
    """Return the barriers of a page without shadow roots; none at once if the same, but for its numbers, had none before."""
    page = tab.evaluate(_PAGE)
    if page in _pages:
        return []
    found = barriers(tab)
    if not found:
        _pages.add(page)
    return found


def faint_new_looks(tab: Page) -> list[str]:
    """Return the texts with too little contrast, of each look that no page before had."""
    _bring_axe(tab)
    looks, found = tab.evaluate(_NEW_LOOKS, [list(_looks), {**_OPTIONS, "runOnly": ["color-contrast"]}])
    _looks.update(looks)
    return _told(found)


def _bring_axe(tab: Page | Frame) -> None:
    if tab.evaluate("typeof axe === 'undefined'"):
        tab.evaluate(AXE_SCRIPT)


def _told(violations: list[dict[str, Any]]) -> list[str]:
    return [f"{one['id']}: {node['html']}" for one in violations for node in one["nodes"]]
