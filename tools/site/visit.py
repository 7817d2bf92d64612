"""Visit every page of the built site in a browser: no request leaves the machine, and no link is dead.

CHAT2PAY_BROWSER=/usr/bin/chromium python -m tools.site.visit FOLDER
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

# As root, as in a container, Chromium runs without its own sandbox only.
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
_READ_LINKS = "() => [...document.querySelectorAll('a[href]')].map(link => link.href)"
_READ_NAMES = "() => [...document.querySelectorAll('[id], a[name]')].map(each => each.id || each.name)"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Log nothing: failures are reported once, at the end."""


@dataclass
class _Seen:
    """The requests of one page, and the failed ones."""

    asked: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("response", self._note_answer)
        page.on("pageerror", lambda error: self.failed.append(str(error)))
        page.on("console", self._note_message)

    def _note_answer(self, answer: Response) -> None:
        if not answer.ok:
            self.failed.append(f"{answer.status} for {answer.url}")

    def _note_message(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.failed.append(message.text)


def problems(folder: Path, executable: str) -> list[str]:
    """Return what is wrong with a built site, as sentences."""
    with _serve(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        try:
            return list(_visit(browser, address, sorted(folder.rglob("*.html")), folder))
        finally:
            browser.close()


@contextmanager
def _serve(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _visit(browser: Browser, address: str, files: list[Path], folder: Path) -> Iterator[str]:
    links: dict[str, set[str]] = {}
    names: dict[str, set[str]] = {}
    for file in files:
        url = address + file.relative_to(folder).as_posix()
        page = browser.new_page()
        seen = _Seen()
        seen.watch(page)
        # idle, because the search and Redoc ask for more after the page itself is loaded
        page.goto(url, wait_until="networkidle")
        yield from (f"{url}: {what}" for what in seen.failed)
        yield from (f"{url} asks for {one}" for one in seen.asked if not one.startswith((address, "data:", "blob:")))
        links[url] = set(page.evaluate(_READ_LINKS))
        names[url] = set(page.evaluate(_READ_NAMES))
        page.close()
    yield from _dead(links, names, address, folder)


def _dead(links: dict[str, set[str]], names: dict[str, set[str]], address: str, folder: Path) -> Iterator[str]:
    names[address] = names[f"{address}index.html"]
    for url, targets in links.items():
        for target in sorted(targets):
            page, _, name = target.partition("#")
            if not page.startswith(address):
                continue
            if page in names:
                # Redoc finds its places itself, while the reader scrolls.
                if name and name not in names[page] and not page.endswith("reference.html"):
                    yield f"{url} links to {target}: there is no such place"
            elif not (folder / page.removeprefix(address)).is_file():
                yield f"{url} links to {target}: there is no such file"


def main() -> int:
    """Visit the site named on the command line. Returns the exit code."""
    folder = Path(sys.argv[1])
    found = problems(folder, os.environ["CHAT2PAY_BROWSER"])
    for problem in found:
        print(problem, file=sys.stderr)
    count = len(list(folder.rglob("*.html")))
    print(f"Visited {count} pages: {f'{len(found)} problems' if found else 'no dead link, no request to elsewhere'}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
