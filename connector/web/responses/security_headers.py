"""The origins that may frame a page; the headers of every answer are ``foundation.wsgi.always_headers``'s."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request

from foundation.wsgi.always_headers import set_policy

ANY_ORG = ("https://*.lightning.force.com", "https://*.vf.force.com", "https://*.my.salesforce.com")
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors "
)


def framed_by(origins: Sequence[str]) -> None:
    """Allow these origins to frame the current answer; an empty list means any Salesforce org."""
    set_policy(request.environ, _PAGE + " ".join(origins or ANY_ORG))
