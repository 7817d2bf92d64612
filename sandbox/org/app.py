"""The Flask application of the org."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from flask import Flask, Response, request
from waitress.channel import ClientDisconnected  # type: ignore[import-untyped,unused-ignore]

from sandbox.hosts import WRONG_HOST, is_own_host
from sandbox.org.composite import batch, collections, composite, graph, tree
from sandbox.org.connect_api import named_credentials, order_payment_summaries
from sandbox.org.controls import (
    blueprint,
    deployments,
    faults,
    launches,
    notifications,
    orders,
    permission_sets,
    records,
    refusals,
    setup,
    users,
)
from sandbox.org.data_api import (
    actions,
    endpoint,
    external_ids,
    limits,
    query,
    replication,
    resources,
    sobjects,
    tooling,
)
from sandbox.org.instance.org import open_org
from sandbox.org.oauth import endpoints
from sandbox.org.pages import views

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

DEFAULT_CANVAS_URL = "http://127.0.0.1:8000/launch"
DEFAULT_INSTANCE_URL = "http://localhost:8010"
_LARGEST_BODY = 32 * 1024 * 1024
# Importing a module registers its resources: these names save the imports.
RESOURCES = (
    resources, limits, query, sobjects, replication, external_ids, collections, composite, batch, tree, graph, tooling, actions,
    named_credentials, order_payment_summaries,
)  # fmt: skip
CONTROLS = (users, permission_sets, deployments, orders, records, setup, launches, refusals, faults, notifications)


@runtime_checkable
class Closeable(Protocol):
    """A WSGI body with resources to free."""

    def close(self) -> None:
        """Free them."""


class AnswerDropper:
    """WSGI middleware that loses the answer to a marked request, after the request took effect.

    Raises:
        ClientDisconnected: the answer was lost; waitress then closes the connection without a byte.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        saved: list[Any] = []

        def save(*args: Any) -> Callable[[bytes], object]:
            saved[:] = args
            return lambda data: None

        body = self._app(environ, save)
        if environ.get(endpoint.DROP_ANSWER):
            # A body that is not passed on must be closed here (PEP 3333): Flask ends the request's context with it.
            if isinstance(body, Closeable):
                body.close()
            raise ClientDisconnected
        start_response(*saved)
        return body


def create_app(
    state_dir: Path | str,
    *,
    canvas_url: str = DEFAULT_CANVAS_URL,
    instance_url: str = DEFAULT_INSTANCE_URL,
    allow_other_hosts: bool = False,
    packages: Iterable[str] | None = None,
) -> Flask:
    """Return the org whose state lives in the folder. Raises StartupError."""
    # The templates and static files are in the folder of the pages.
    app = Flask("sandbox.org", root_path=str(Path(views.__file__).parent))
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY
    app.extensions["org"] = open_org(
        Path(state_dir), canvas_url=canvas_url, instance_url=instance_url, packages=packages
    )
    for part in (endpoints, endpoint, blueprint, views):
        app.register_blueprint(part.blueprint)
    if not allow_other_hosts:
        app.before_request(check_host)
    app.wsgi_app = AnswerDropper(app.wsgi_app)  # type: ignore[method-assign]
    return app


def check_host() -> Response | None:
    """Answer 421 to a request for another host, against DNS rebinding; None where the host is ours."""
    if is_own_host(request.host):
        return None
    return Response(WRONG_HOST, status=421, mimetype="text/plain")
