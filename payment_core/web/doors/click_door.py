"""Take the button of a link's page: the click, which opens the gateway's page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from foundation.wsgi.access_log import ROUTE
from foundation.wsgi.always_headers import set_policy
from payment_core.domain.link import Link
from payment_core.journeys.paying.begin_payment import begin_payment
from payment_core.services import Core
from payment_core.store.links import links
from payment_core.web.doors.behind import is_plain, leave_error
from payment_core.web.responses.page_guard import policy_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

RULE = "/pay/<token>"
# A part of the rule, as Flask reads it, of the letters that our own tokens have.
_PLACE = re.compile(r"/pay/([\w-]+)", re.ASCII).fullmatch


class ClickDoor:
    """WSGI middleware that answers a press that opens a page; a form with the box, and any other request, is Flask's."""

    def __init__(self, app: WSGIApplication, core: Core) -> None:
        self._app = app
        self._core = core
        self._host = urlsplit(core.public_url).netloc
        self._policy = policy_of(core)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        place = _PLACE(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "POST" else None
        url = self._opened(environ, place[1]) if place is not None and self._is_ours(environ) else None
        if url is None:
            return self._app(environ, start_response)
        environ[ROUTE] = RULE
        set_policy(environ, self._policy)
        # 303, so that a reload repeats no post.
        start_response(
            "303 SEE OTHER",
            [("Content-Type", "text/html; charset=utf-8"), ("Location", url), ("Content-Length", "0")],
        )
        return ()

    def _is_ours(self, environ: WSGIEnvironment) -> bool:
        """Return whether this is the form without its box, from our own page, under our own name."""
        is_own = self._core.settings.is_demo or environ.get("HTTP_HOST") == self._host
        is_empty = environ.get("CONTENT_LENGTH") == "0"
        return is_own and is_empty and environ.get("HTTP_SEC_FETCH_SITE") != "cross-site" and is_plain(environ)

    def _opened(self, environ: WSGIEnvironment, token: str) -> str | None:
        """Return the address of the gateway's page; None where Flask has to say what there is instead."""
        core, link = self._core, None
        try:
            link = self._found(token)
            if link is None:
                return None
            merchant, address = core.merchants.get(link.merchant_id), f"{core.public_url}/pay/{token}"
            url = begin_payment(core, merchant, link, saves_card=False, return_url=address)
        except Exception as error:  # whatever it is: Flask raises it again, logs it and answers
            leave_error(environ, error, language=link.language if link else None)
            return None
        # The gateway's own text becomes a header.
        return url if url is not None and url.isascii() and url.isprintable() else None

    def _found(self, token: str) -> Link | None:
        """Return the link of a page, if its time is not over."""
        with self._core.transactions.read() as work:
            link = links.by_token(work, token)
        return None if link is None or link.is_overdue(self._core.now()) else link
