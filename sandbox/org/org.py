"""One running org, its parts put together: knows what exists, and refuses to decide anything."""

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flask import current_app

from sandbox.org.faults import CallCounts, Faults
from sandbox.org.ids import SERIALS, make_id
from sandbox.org.metadata import Metadata, read_metadata
from sandbox.org.permission_metadata import read_permissions
from sandbox.org.permissions import Permissions
from sandbox.org.query import Queries
from sandbox.org.records import Records, Row
from sandbox.org.refusals.plan import Refusals
from sandbox.org.samples import fill
from sandbox.org.setup import Setup
from sandbox.org.shaping import shaped
from sandbox.org.tokens import Keys, Tokens, keys_of
from sandbox.org.writes import Writer


@dataclass
class Org:
    """Everything a request needs. Only the address is set later, when the port is known."""

    metadata: Metadata
    records: Records
    keys: Keys
    tokens: Tokens
    queries: Queries
    writer: Writer
    permissions: Permissions
    canvas_url: str
    instance_url: str
    faults: Faults = field(default_factory=Faults)
    counts: CallCounts = field(default_factory=CallCounts)
    setup: Setup = field(default_factory=Setup)
    refusals: Refusals = field(default_factory=Refusals)

    def user(self, user_id: str | None) -> Row | None:
        return self.records.get("User", user_id)

    def users(self) -> list[Row]:
        return self.records.rows("User")

    def first_agent(self) -> Row:
        return next(user for user in self.users() if user.get("_agent"))

    def refuses_address(self, user: Row) -> bool:
        """Return whether login IP ranges shut the caller out. Agents come from our address, not from their desks."""
        refused = self.setup.ip_refused
        return refused == "everyone" or (refused == "agents" and not user.get("_runs_integration"))

    def orders(self) -> list[Row]:
        return sorted(self.records.rows("Order"), key=lambda row: str(row["OrderNumber"]))

    def used_today(self) -> int:
        """Return the calls that the org's allowance has given, as the limits tell it."""
        return self.counts.used_today + (self.faults.plan.api_used or 0)

    def change_setup(self, **changes: Any) -> None:
        """Switch, keep what was switched, and let everything that follows from it follow."""
        self.setup = replace(self.setup, **changes)
        self.records.keep_setting("setup", self.setup.as_json())
        self.metadata.become(shaped(self.metadata.every, setup=self.setup))
        self.tokens.lifetime_s = self.setup.session_s
        self.permissions.forget(self.setup)

    def change_refusals(self, refusals: Refusals) -> None:
        """Refuse this from now on, and nothing else on purpose."""
        self.refusals = self.writer.refusals = refusals

    def settle_permissions(self) -> None:
        """Let a changed permission set or assignment take effect; inside a transaction."""
        self.permissions.settle()
        self.permissions.forget(self.setup)

    def become_org(self, org_id: str | None) -> None:
        """Take another org id, as a refreshed sandbox does; no session outlives that."""
        before = self.records.get("Organization", self.keys.org_id) or {}
        self.keys = replace(self.keys, org_id=org_id or make_id("00D", secrets.randbelow(SERIALS)))
        self.records.keep_setting("keys", vars(self.keys))
        with self.records.transaction():
            self.records.remove("Organization", str(before["Id"]))
            self.records.put("Organization", before | {"Id": self.keys.org_id})
        self.tokens.move_to(self.keys.org_id)


def open_org(state_dir: Path, *, canvas_url: str, instance_url: str) -> Org:
    """Return the org whose state is in the folder, filled with samples at the first start. Raises RefusesToStart."""
    metadata = read_metadata()
    state_dir.mkdir(parents=True, exist_ok=True)
    records = Records(state_dir / "org.sqlite3", metadata=metadata)
    faults, counts = Faults(), CallCounts()
    keys = keys_of(records)
    permissions = Permissions(metadata=metadata, records=records)
    fill(records, metadata=metadata, permissions=permissions, known=read_permissions(), org_id=keys.org_id)
    org = Org(
        metadata=metadata,
        records=records,
        keys=keys,
        tokens=Tokens(records, org_id=keys.org_id),
        queries=Queries(records=records),
        writer=Writer(metadata=metadata, records=records, faults=faults, counts=counts),
        permissions=permissions,
        canvas_url=canvas_url,
        instance_url=instance_url,
        faults=faults,
        counts=counts,
    )
    org.change_setup(**(records.setting("setup") or {}))
    return org


def current_org() -> Org:
    org: Org = current_app.extensions["org"]
    return org
