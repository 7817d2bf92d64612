"""Assemble the content of the site: the pages as they are in the tree, the API's reference, and the navigation.

    python -m tools.site.sources FOLDER

The folder mirrors the tree, so that every link between the pages holds in the site as it does in the repository.
"""

from __future__ import annotations

import html
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from connector.web.openapi.document import build

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
REDOC = HERE / "node_modules" / "redoc"
REFERENCE = "docs/reference.html"
# Section -> title -> page. The decisions follow by themselves.
PAGES = {
    "Guides": {
        "Salesforce admin": "docs/admin.md",
        "Salesforce project": "docs/salesforce_project.md",
        "Operations": "docs/operations.md",
        "A payment core of your own": "docs/payment_core.md",
        "Security": "docs/security.md",
    },
    "API": {
        "For engineers": "docs/api.md",
        "Reference": REFERENCE,
    },
    "Reference": {
        "Glossary": "docs/glossary.md",
        "Statuses": "docs/statuses.md",
        "Performance": "docs/performance.md",
        "Changes": "CHANGELOG.md",
    },
    "Development": {
        "Contributing": "CONTRIBUTING.md",
    },
}
COPIED = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs", "manifests/deploy")
_PROJECT = (
    'site_name = "Chat 2 Pay connector for Salesforce"',
    'docs_dir = "pages"',
    'site_dir = "site"',
    "use_directory_urls = false",
)
# The one address that Redoc would ask elsewhere for: its maker's mark in the menu.
_MARK = "https://cdn.redoc.ly/redoc/logo-mini.svg"
# Even where a later Redoc has another such address, nothing leaves the reader's machine.
_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' blob:; worker-src blob:; style-src 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:"
)
_REFERENCE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}: API reference</title>
<link rel="icon" href="data:,">
<style>body {{ margin: 0; font-family: system-ui, sans-serif }} body > p {{ margin: .75rem 1rem }}</style>
</head>
<body>
<p><a href="api.html">Back to the documentation</a></p>
<main id="reference"></main>
<script src="redoc.standalone.js"></script>
<script id="document" type="application/json">{document}</script>
<script>
Redoc.init(
  JSON.parse(document.getElementById("document").textContent),
  {{ theme: {{ typography: {{ fontFamily: "system-ui, sans-serif", headings: {{ fontFamily: "system-ui, sans-serif" }} }} }} }},
  document.getElementById("reference"),
);
</script>
</body>
</html>
"""


def assemble(folder: Path) -> None:
    """Write the site's sources and its configuration into a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    pages = folder / "pages"
    for name in COPIED:
        target = pages / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            # An operator's own archive and settings are not the documentation's.
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("chat2pay", ".env", ".DS_Store"))
        else:
            shutil.copy(ROOT / name, target)
    (pages / REFERENCE).write_text(reference(), "utf-8")
    (folder / "zensical.toml").write_text(f"{(HERE / 'zensical.toml').read_text('utf-8')}\n{navigation()}", "utf-8")


def add_redoc(folder: Path) -> None:
    """Copy what draws the API's reference beside it, with its licences."""
    beside = (folder / "pages" / REFERENCE).parent
    script = (REDOC / "bundles" / "redoc.standalone.js").read_text("utf-8")
    if _MARK not in script:
        raise LookupError(f"Redoc does not ask for {_MARK} any more: see what it asks for now")
    (beside / "redoc.standalone.js").write_text(script.replace(_MARK, "data:,"), "utf-8")
    shutil.copy(REDOC / "LICENSE", beside / "redoc.LICENSE.txt")
    shutil.copy(REDOC / "bundles" / "redoc.standalone.js.LICENSE.txt", beside)


def reference() -> str:
    """Return the page that shows the OpenAPI document, which it carries in itself."""
    document = build("https://connector.example.com")
    # "</" would end the script that holds it
    text = json.dumps(document, ensure_ascii=False).replace("</", "<\\/")
    return _REFERENCE.format(policy=_POLICY, title=html.escape(document["info"]["title"]), document=text)


def navigation() -> str:
    """Return the navigation of the configuration: each page with its title."""
    sections: dict[str, str | dict[str, str]] = {"Home": "README.md", **PAGES, "Decisions": dict(_decisions())}
    lines = [f"  {_toml(title, what)}," for title, what in sections.items()]
    return "\n".join(["[project]", *_PROJECT, "nav = [", *lines, "]", ""])


def _decisions() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "docs" / "adr").glob("*.md")):
        with path.open(encoding="utf-8") as lines:
            yield next(lines).removeprefix("#").strip(), path.relative_to(ROOT).as_posix()


def _toml(title: str, what: str | dict[str, str]) -> str:
    value = json.dumps(what) if isinstance(what, str) else f"[{', '.join(_toml(*page) for page in what.items())}]"
    return f"{{ {json.dumps(title, ensure_ascii=False)} = {value} }}"


if __name__ == "__main__":
    assemble(Path(sys.argv[1]))
    add_redoc(Path(sys.argv[1]))
