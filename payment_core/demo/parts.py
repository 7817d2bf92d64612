"""Build the core of a demo: its settings and keys, its clock, and its sandbox adapters."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from flask import Blueprint, request
from sqlalchemy import false, select
from sqlalchemy.exc import SQLAlchemyError

from foundation.database.database import Database
from foundation.database.schema.check_schema import require_schema
from foundation.database.schema.migrate import upgrade
from foundation.errors import TryLater
from foundation.http.session import PeerSession
from foundation.secret import Secret
from payment_core import metrics
from payment_core.demo.card_form import card_form
from payment_core.demo.clocks.clock import DemoClock
from payment_core.demo.clocks.clock_controls import clock_controls
from payment_core.demo.controls import controls
from payment_core.demo.faulty_deliveries import FaultyCourier
from payment_core.demo.first_merchant import PROVIDER, DemoKeys, make_first_merchant
from payment_core.demo.gateway import DemoGateway
from payment_core.demo.messenger import DemoMessenger
from payment_core.demo.tables import metadata
from payment_core.errors import Misconfigured, Unauthenticated
from payment_core.services import AccountSetup, Adapters, Core, build_core
from payment_core.settings import Settings
from payment_core.store.schema.migrate import SCHEMA
from payment_core.workers.steps import Step, steps

_KEY_HEADER = "X-Demo-Key"


@dataclass(frozen=True)
class Demo:
    """A core with what only a demo has: pages of its gateway, controls for testers, and a step that disturbs deliveries."""

    core: Core
    blueprints: tuple[Blueprint, ...]
    steps: tuple[Step, ...]


def build_demo(settings: Settings, *, phones_url: str, key: Secret) -> Demo:
    """Upgrade the database and build everything; nothing is started."""
    plain = build_core(settings, Adapters())
    database = plain.transactions.database
    _bring_up_to_date(database)
    clock = DemoClock(database)
    gateway = DemoGateway(database, clock)
    couriers: list[FaultyCourier] = []
    core = build_core(
        settings,
        Adapters(
            gateways={PROVIDER: lambda _: gateway},
            messengers={PROVIDER: _messengers(settings, phones_url, key)},
            readable_keys=DemoKeys(),
            courier=lambda session: couriers.append(FaultyCourier(session)) or couriers[0],  # type: ignore[func-returns-value]
        ),
        now=clock,
    )
    # The pool that the upgrade used; the core opens its own.
    database.close()
    make_first_merchant(core)
    pages = (
        card_form(gateway),
        *(_guarded(one, key) for one in (controls(gateway, couriers[0]), clock_controls(clock))),
    )
    return Demo(core, pages, _disturbed(core, couriers[0]))


def _bring_up_to_date(database: Database) -> None:
    """Make the tables of the core and of the demo.

    Raises:
        Misconfigured: another version made them otherwise; a demo is begun anew, not repaired.
    """
    try:
        upgrade(SCHEMA, database)
        require_schema(SCHEMA, database)
        with database.write() as connection:
            metadata.create_all(connection)
            # It makes tables that are missing, and leaves those alone that lack a column.
            for table in metadata.sorted_tables:
                connection.execute(select(table).where(false()))
    except TryLater:
        raise
    except (Misconfigured, SQLAlchemyError) as error:
        raise Misconfigured(
            ["another version of the demo made this database: begin anew, with an empty one"]
        ) from error


def _disturbed(core: Core, courier: FaultyCourier) -> tuple[Step, ...]:
    """Return the usual steps, except that deliveries are disturbed as ordered before each is made."""

    def disturb_and(deliver: Callable[[Core], int]) -> Callable[[Core], int]:
        def run(one: Core) -> int:
            if courier.disturbs:
                with one.transactions.write() as work:
                    courier.loosen(work, now=one.now())
            return deliver(one)

        return run

    return tuple(
        replace(step, run=disturb_and(step.run)) if step.name == "deliveries" else step for step in steps(core)
    )


def demo_settings(state: Path, *, database_url: str | None, public_url: str, host: str, port: int) -> Settings:
    """Return the settings of a demo, whose keys are made at the first start and stay in its folder."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = _keys(state / "keys.json")
    return Settings(
        environment="demo",
        database_url=database_url or f"sqlite:///{state / 'payment_core.db'}",
        public_url=public_url.rstrip("/"),
        encryption_keys=(Secret(keys["encryption"]),),
        digest_keys=(Secret(keys["digest"]),),
        host=host,
        port=port,
    )


def _keys(file: Path) -> dict[str, str]:
    if file.exists():
        found: dict[str, str] = json.loads(file.read_text("utf-8"))
        return found
    made = {"encryption": Fernet.generate_key().decode(), "digest": secrets.token_urlsafe(32)}
    # Created with its mode: a chmod afterwards would leave the keys readable for a moment.
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        json.dump(made, opened)
    return made


def _messengers(settings: Settings, phones_url: str, key: Secret) -> Callable[[AccountSetup], DemoMessenger]:
    session = PeerSession(
        peer="phones",
        total_timeout=settings.messenger_timeout,
        connections=16,
        repeat_reads=False,
        observe=metrics.count_call,
    )

    def build(setup: AccountSetup) -> DemoMessenger:
        # The phones reply to this process itself, not through the front.
        hook = f"http://127.0.0.1:{settings.port}/hooks/{PROVIDER}/{setup.merchant.hook}"
        return DemoMessenger(session, phones_url.rstrip("/"), hook, setup.merchant.sender_number, key)

    return build


def _guarded(blueprint: Blueprint, key: Secret) -> Blueprint:
    @blueprint.before_request
    def _check_key() -> Any:
        if not secrets.compare_digest(request.headers.get(_KEY_HEADER, "").encode(), key.value.encode()):
            raise Unauthenticated("Only the front of this demo comes in here.")

    return blueprint
