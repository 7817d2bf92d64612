"""What keeps people from using a page, as axe-core finds it."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page

# What is none is not brought here: it is large. Nor is made what no rule and nobody here reads: the way to each element, and a
# second copy of the style sheets for a rule that is still an experiment (https://www.deque.com/axe/core-documentation/api-documentation/).
_OPTIONS = {"resultTypes": ["violations"], "selectors": False, "preload": {"assets": ["media"]}}


def barriers(tab: Page | Frame, **options: Any) -> list[str]:
    """Return each barrier of a page, or of one frame, with the element that it is about."""
    if tab.evaluate("typeof axe === 'undefined'"):
        tab.evaluate(AXE_SCRIPT)
    found = tab.evaluate("options => axe.run(options).then(({ violations }) => violations)", {**_OPTIONS, **options})
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]
