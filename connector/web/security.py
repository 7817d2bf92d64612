"""Knows the headers that every answer carries; refuses to let a page be framed by anybody but its own org."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response, g

from connector.services import current_services

ANY_ORG = ("https://*.lightning.force.com", "https://*.vf.force.com", "https://*.my.salesforce.com")
_PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors "
)
_NOTHING = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"


def framed_by(origins: Sequence[str]) -> None:
    """Let the present answer be a page inside these origins; an empty list means any Salesforce org."""
    g.content_security_policy = _PAGE + " ".join(origins or ANY_ORG)


def add_headers(response: Response) -> Response:
    """Add what every answer carries."""
    response.headers["Content-Security-Policy"] = g.get("content_security_policy", _NOTHING)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Cache-Control", "no-store")
    if not current_services().settings.is_demo:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
