"""Write the static resource of the panel's sentences: the agent's page's, and what Lightning itself must say.

python -m tools.write_panel_sentences
"""

from __future__ import annotations

import json
from pathlib import Path

import manifests
from connector.web.wording.sentences import catalogue

RESOURCE = Path(__file__).parents[1] / (
    "manifests/salesforce/panel/main/default/staticresources/Chat2Pay_Sentences.json"
)


def text() -> str:
    """Return the content of the static resource: every sentence by its id."""
    own = (manifests.load(f"sentences/{name}.en.json") for name in ("panel", "panel_buttons"))
    sentences = {**catalogue("en"), **{key: text for one in own for key, text in one.items()}}
    return json.dumps(sentences, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    RESOURCE.write_text(text(), "utf-8")
