"""The page of an error: in the customer's language below a link's address, in English in the portal."""

from __future__ import annotations

from flask import g, render_template, request

from payment_core.errors import UnderWay
from payment_core.texts.catalogue import FALLBACK, languages
from payment_core.web.checkout.localized_link import Words

_OF_CUSTOMERS = ("/pay/", "/receipts/")


def _of_browser() -> str:
    """Return the first language that the browser wants and the catalogue has, English by default."""
    wanted = (one.replace("-", "_").partition("_")[0].lower() for one in request.accept_languages.values())
    return next((one for one in wanted if one in languages()), FALLBACK)


def problem_page(status: int, message: str, error: Exception | None = None) -> str:
    """Return the page; ``message`` is what the portal's user reads."""
    if not request.path.startswith(_OF_CUSTOMERS):
        return render_template("problem.html", status=status, message=message, words=Words(FALLBACK))
    name = "problem_404_text" if status == 404 else "problem_text"
    # That of the link, where it was found; else the browser's.
    words = Words(g.get("language") or _of_browser())
    text = words("problem_under_way" if isinstance(error, UnderWay) else name)
    return render_template("problem.html", status=status, message=text, words=words)
