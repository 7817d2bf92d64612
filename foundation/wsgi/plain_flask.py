"""A Flask that does less for each request, and takes paths as they were sent."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request
from werkzeug.exceptions import NotFound
from werkzeug.routing import MapAdapter
from werkzeug.wsgi import get_host

from foundation.wsgi.exact_paths import begins_with_slashes


class PlainFlask(Flask):
    """A Flask that skips the check for async views, which it would make several times per request."""

    def ensure_sync(self, func: Any) -> Any:
        """Return the function unchanged."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return the adapter that matches the request's path as it was sent.

        Raises:
            NotFound: the path begins with more than one slash.
        """
        # Else `//launch` would reach `/launch` past a rule for `/launch` in the proxy in front.
        if request is None:
            return super().create_url_adapter(request)
        environ = request.environ
        if begins_with_slashes(environ):
            raise NotFound
        # As Flask does for an app without host names in its rules, but for each part of the address once.
        request.host = get_host(environ)
        return self.url_map.bind(
            request.host,
            _decoded(environ.get("SCRIPT_NAME", "")),
            subdomain="",
            url_scheme=environ["wsgi.url_scheme"],
            default_method=environ["REQUEST_METHOD"],
            path_info=_decoded(environ.get("PATH_INFO", "")),
            query_args=_decoded(environ.get("QUERY_STRING", "")),
        )


def _decoded(part: str) -> str:
    """Return a part of an address as text; WSGI has its bytes as characters (PEP 3333)."""
    return part if part.isascii() else part.encode("latin-1").decode(errors="replace")


def plain_flask(name: str) -> PlainFlask:
    """Return the app of a service whose pages are in its folders ``web/templates`` and ``web/static``."""
    app = PlainFlask(name, template_folder="web/templates", static_folder="web/static")
    app.url_map.merge_slashes = False  # Werkzeug would redirect, with the Host header that any caller may set
    return app
