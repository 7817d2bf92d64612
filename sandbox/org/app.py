"""Puts the org behind one Flask app: knows every door, and refuses to know what happens behind them."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, Response, request
from waitress.channel import ClientDisconnected  # type: ignore[import-untyped,unused-ignore]

from sandbox.org import composite, controls, data_api, oauth, pages, resources, setup_controls, sobject_collections
from sandbox.org.control_door import door as control_door
from sandbox.org.org import open_org
from sandbox.org.refusals import door as refusals_door
from sandbox.org.refusals import tooling

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

DEFAULT_CANVAS_URL = "http://127.0.0.1:8000/launch"
DEFAULT_INSTANCE_URL = "http://localhost:8010"
_LARGEST_BODY = 32 * 1024 * 1024
# Each of these adds its resources to the one table of routes when it is imported.
RESOURCES = (resources, sobject_collections, composite, tooling)
CONTROLS = (controls, setup_controls, refusals_door)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class DropsAnswers:
    """Loses an answer where the request was marked, after everything behind it has happened."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        kept: list[Any] = []

        def keep(*args: Any) -> Callable[[bytes], object]:
            kept[:] = args
            return lambda data: None

        body = self._app(environ, keep)
        if environ.get(data_api.DROPPED):
            # waitress closes the connection without a word, as if the client had gone.
            raise ClientDisconnected
        start_response(*kept)
        return body


def create_app(
    state_dir: Path | str,
    *,
    canvas_url: str = DEFAULT_CANVAS_URL,
    instance_url: str = DEFAULT_INSTANCE_URL,
    allow_other_hosts: bool = False,
) -> Flask:
    """Return the org whose state lives in the folder. Raises RefusesToStart."""
    app = Flask("sandbox.org", root_path=str(Path(__file__).parent))
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.extensions["org"] = open_org(Path(state_dir), canvas_url=canvas_url, instance_url=instance_url)
    for door in (oauth.door, data_api.door, control_door, pages.door):
        app.register_blueprint(door)
    if not allow_other_hosts:
        app.before_request(refuse_other_hosts)
    app.wsgi_app = DropsAnswers(app.wsgi_app)  # type: ignore[method-assign]
    return app


def refuse_other_hosts() -> Response | None:
    # A page elsewhere can point a name of its own at this machine; its requests still carry that name.
    if urlsplit(f"//{request.host}").hostname in _LOOPBACK:
        return None
    return Response("This sandbox answers on localhost only.", status=421, mimetype="text/plain")
