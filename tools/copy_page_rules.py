"""Copy the page's rules and wording into the panel's component, so that both name the same states in the same words.

python -m tools.copy_page_rules
"""

from __future__ import annotations

import re
from pathlib import Path

_ROOT = Path(__file__).parents[1]
PAGE = _ROOT / "connector/web/static/agent"
COMPONENT = _ROOT / "manifests/salesforce/panel/main/default/lwc/chat2payRules"
# A component's folder is flat, and its file names are written in camel case.
NAMES = {
    "amounts.js": "amounts.js",
    "accessibility/announcer.js": "announcer.js",
    "card_numbers.js": "cardNumbers.js",
    "digits.js": "digits.js",
    "format.js": "format.js",
    "wording.js": "wording.js",
    "order_rules.js": "orderRules.js",
    "following/pace.js": "pace.js",
    "note/note_length.js": "noteLength.js",
    "status/notice.js": "notice.js",
    "form/parts.js": "parts.js",
    "form/message_preview.js": "messagePreview.js",
    "history/chain.js": "chain.js",
    "history/people_actions.js": "peopleActions.js",
    "money/money_moves.js": "moneyMoves.js",
    "hand_over/hand_over.js": "handOver.js",
    "status/offers.js": "offers.js",
    "status/reading.js": "reading.js",
    "confirmations/replacing.js": "replacing.js",
    "status/steps.js": "steps.js",
    "status/withheld.js": "withheld.js",
}
# Types that only the page's own check reads.
_TYPES = re.compile(r"^/\*\* @import .*\n", re.MULTILINE)
_IMPORT = re.compile(r"from '(\.[^']+)'")
_HEAD = "/* Written by tools/copy_page_rules.py from connector/web/static/agent/%s: change that file. */\n"


def texts() -> dict[str, str]:
    """Return the content of each copied file by its name in the component."""
    return {name: _HEAD % source + _copied(source) for source, name in NAMES.items()}


def _copied(source: str) -> str:
    path = PAGE / source

    def renamed(found: re.Match[str]) -> str:
        target = (path.parent / found[1]).resolve().relative_to(PAGE.resolve()).as_posix()
        return f"from './{NAMES[target].removesuffix('.js')}'"

    return _IMPORT.sub(renamed, _TYPES.sub("", path.read_text("utf-8")))


if __name__ == "__main__":
    COMPONENT.mkdir(parents=True, exist_ok=True)
    for name, text in texts().items():
        (COMPONENT / name).write_text(text, "utf-8")
