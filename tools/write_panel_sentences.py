"""Write the panel's static resources, one for each language: the agent's page's sentences, and what Lightning itself must say.

python -m tools.write_panel_sentences
"""

from __future__ import annotations

import json
from pathlib import Path

from connector.languages.catalogues import ENGLISH, catalogue, languages, own

_PANEL = Path(__file__).parents[1] / "manifests/salesforce/panel/main/default"
RESOURCES = _PANEL / "staticresources"
# What is said where the catalogue itself could not be loaded: with the component, because nothing else can be read then.
UNREADABLE = _PANEL / "lwc/chat2payServer/notLoaded.js"
_META = """<?xml version="1.0" encoding="UTF-8"?>
<StaticResource xmlns="http://soap.sforce.com/2006/04/metadata">
    <cacheControl>Private</cacheControl>
    <contentType>application/json</contentType>
    <description>The sentences that the panel shows, made by tools/write_panel_sentences.py from the connector's.</description>
</StaticResource>
"""


def name_of(language: str) -> str:
    """Return the name of a language's static resource; English has the name that was there first."""
    return "Chat2Pay_Sentences" if language == ENGLISH else f"Chat2Pay_Sentences_{language}"


def texts() -> dict[Path, str]:
    """Return the content of every file by its path."""
    files = {UNREADABLE: _not_loaded()}
    for language in languages():
        resource = RESOURCES / f"{name_of(language)}.json"
        files |= {resource: _sentences(language), resource.with_suffix(".resource-meta.xml"): _META}
    return files


def _sentences(language: str) -> str:
    """Return the sentences of English, or what another language has: the panel lays them over the English ones."""
    parts = (own(language, part) for part in ("", "panel", "panel_buttons"))
    sentences = {key: text for one in parts for key, text in one.items()}
    return json.dumps(sentences, indent=1, ensure_ascii=False) + "\n"


def _not_loaded() -> str:
    said = {language: catalogue(language, "panel")["panel_not_loaded"] for language in languages()}
    lines = "".join(f"  {language}: '{_quoted(text)}',\n" for language, text in said.items())
    head = "/* Written by tools/write_panel_sentences.py: what is said where the sentences could not be loaded. */\n"
    return f"{head}export const NOT_LOADED = {{\n{lines}}};\n"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


if __name__ == "__main__":
    for path, text in texts().items():
        path.write_text(text, "utf-8")
