"""The usual code, as a baseline: a Flask view that validates, inserts and commits once per request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from marshmallow import EXCLUDE, Schema, fields
from sqlalchemy import Column, DateTime, Integer, MetaData, String, Table, Text, create_engine, event, func, insert

_metadata = MetaData()
callbacks = Table(
    "callbacks",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("order_number", String(40), index=True),
    Column("link", String(80)),
    Column("status", String(40)),
    Column("body", Text),
    Column("received_at", DateTime, server_default=func.now()),
)


class CallbackSchema(Schema):
    """The documented fields."""

    class Meta:
        unknown = EXCLUDE

    orderNumber = fields.String(required=True)  # noqa: N815
    paymentLinkRef = fields.String(required=True)  # noqa: N815
    transactionStatus = fields.String(required=True)  # noqa: N815
    totalAmount = fields.Decimal(required=True)  # noqa: N815
    currency = fields.String(required=True)
    timestamp = fields.String(required=True)
    additionalData = fields.Dict()  # noqa: N815


def baseline_app(database: str) -> tuple[Flask, Callable[[str], dict[str, Any]]]:
    """Make the app over one database; SQLite gets WAL and FULL, which is more than common."""
    # Many writers wait for one: with SQLite's usual five seconds the baseline would fail under load, not only be slow.
    engine = create_engine(database, **({"connect_args": {"timeout": 60}} if database.startswith("sqlite") else {}))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
    _metadata.create_all(engine)
    app, schema = Flask("baseline"), CallbackSchema()

    @app.post("/callbacks/<key>/<kind>")
    def receive(key: str, kind: str) -> Response:
        callback = schema.load(request.get_json())
        row = {
            "order_number": callback["orderNumber"],
            "link": callback["paymentLinkRef"],
            "status": callback["transactionStatus"],
            "body": request.get_data(as_text=True),
        }
        with engine.begin() as connection:
            connection.execute(insert(callbacks).values(**row))
        return Response(status=200)

    def state(_path: str) -> dict[str, Any]:
        if engine.dialect.name != "sqlite":
            return {}
        with engine.connect() as connection:
            return {"synchronous": connection.exec_driver_sql("PRAGMA synchronous").scalar_one()}

    return app, state


def _prepare(raw: Any, _record: Any) -> None:
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")
