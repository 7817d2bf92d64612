"""The running org, with all its parts."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import current_app

from sandbox.org.dml.writer import RecordWriter
from sandbox.org.faults.counts import CallCounts
from sandbox.org.faults.injector import FaultInjector
from sandbox.org.faults.refusals import Refusals
from sandbox.org.instance.keys import Keys, load_keys
from sandbox.org.instance.samples import load_samples
from sandbox.org.instance.sessions import Sessions
from sandbox.org.metadata.objects import Metadata
from sandbox.org.metadata.project import for_any_org, in_project_order, package_folder
from sandbox.org.metadata.setup import Setup, apply_setup
from sandbox.org.metadata.source_format import read_metadata
from sandbox.org.notifications.bulletin import Bulletin
from sandbox.org.permissions.permission_sets import Permissions
from sandbox.org.records.store import RecordStore, Row, saved_setting
from sandbox.org.soql.queries import Queries
from sandbox.org.wire.ids import MAX_SERIAL, make_id

# The setting with the package directories of the product that were deployed, in that order.
DEPLOYED = "deployed"


@dataclass
class Org:
    """Everything a request needs. Only the address is set later, when the port is known."""

    metadata: Metadata
    records: RecordStore
    keys: Keys
    sessions: Sessions
    queries: Queries
    writer: RecordWriter
    permissions: Permissions
    canvas_url: str
    instance_url: str
    faults: FaultInjector = field(default_factory=FaultInjector)
    counts: CallCounts = field(default_factory=CallCounts)
    bulletin: Bulletin = field(default_factory=Bulletin)
    setup: Setup = field(default_factory=Setup)
    refusals: Refusals = field(default_factory=Refusals)
    # When what describe says last changed: at the start, in Setup, or by a permission.
    metadata_changed_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def user(self, user_id: str | None) -> Row | None:
        """Return a user by id, None where there is none."""
        return self.records.get("User", user_id)

    def users(self) -> list[Row]:
        """Return all users."""
        return self.records.rows("User")

    def first_agent(self) -> Row:
        """Return the agent that is used where none is named."""
        # The order of the samples: the demo and most tests are this user.
        return next(user for user in self.users() if user.get("_agent"))

    def refuses_address(self, user: Row) -> bool:
        """Return whether login IP ranges shut the caller out. Agents come from our address, not from their desks."""
        refused = self.setup.ip_refused
        return refused == "everyone" or (refused == "agents" and not user.get("_runs_integration"))

    def orders(self) -> list[Row]:
        """Return all orders."""
        return sorted(self.records.rows("Order"), key=lambda row: str(row["OrderNumber"]))

    def used_today(self) -> int:
        """Return the used API calls as the limits resource reports them."""
        return self.counts.used_today + (self.faults.plan.api_used or 0)

    def change_setup(self, **changes: Any) -> None:
        """Change the org's set-up, store it, and update everything that depends on it."""
        self.setup = replace(self.setup, **changes)
        self.records.save_setting("setup", self.setup.as_json())
        # From all objects every time: a feature that is switched off and on again brings its fields back.
        self.metadata.replace_objects(apply_setup(self.metadata.every, setup=self.setup))
        # Also of tokens that were issued before: their age is compared when they are used.
        self.sessions.lifetime_s = self.setup.session_s
        self.permissions.invalidate(self.setup)
        self.metadata_changed_at = datetime.now(UTC)

    def change_refusals(self, refusals: Refusals) -> None:
        """Refuse this from now on, and nothing else on purpose."""
        self.refusals = self.writer.refusals = refusals

    def apply_permissions(self) -> None:
        """Let a changed permission set or assignment take effect; inside a transaction."""
        self.permissions.sync_user_marks()
        self.permissions.invalidate(self.setup)
        self.metadata_changed_at = datetime.now(UTC)

    def change_org_id(self, org_id: str | None) -> None:
        """Take another org id, as a refreshed sandbox does; no session outlives that."""
        # Everything else stays: a refreshed sandbox has the users and records of before, keys of the product among them.
        before = self.records.get("Organization", self.keys.org_id) or {}
        self.keys = replace(self.keys, org_id=org_id or make_id("00D", secrets.randbelow(MAX_SERIAL)))
        self.records.save_setting("keys", vars(self.keys))
        with self.records.transaction():
            self.records.remove("Organization", str(before["Id"]))
            self.records.put("Organization", before | {"Id": self.keys.org_id})
        self.sessions.change_org(self.keys.org_id)


def open_org(state_dir: Path, *, canvas_url: str, instance_url: str, packages: Iterable[str] | None = None) -> Org:
    """Return the org whose state is in the folder, filled with samples at the first start. Raises StartupError.

    What was deployed is kept: `packages` are those of the first start, all that a new org takes where none is given.
    """
    state_dir.mkdir(parents=True, exist_ok=True)
    path = state_dir / "org.sqlite3"
    saved = saved_setting(path, DEPLOYED)
    deployed = in_project_order(for_any_org() if packages is None else packages) if saved is None else saved
    folders = [package_folder(name) for name in deployed]
    metadata = read_metadata(*folders)
    records = RecordStore(path, metadata=metadata)
    # Before anything is loaded: an org that dies here comes back with the same packages.
    records.save_setting(DEPLOYED, list(deployed))
    faults, counts = FaultInjector(), CallCounts()
    keys = load_keys(records)
    permissions = Permissions(metadata=metadata, records=records)
    load_samples(records, metadata=metadata, permissions=permissions, folders=folders, org_id=keys.org_id)
    org = Org(
        metadata=metadata,
        records=records,
        keys=keys,
        sessions=Sessions(records, org_id=keys.org_id),
        queries=Queries(records=records),
        writer=RecordWriter(metadata=metadata, records=records, faults=faults, counts=counts),
        permissions=permissions,
        canvas_url=canvas_url,
        instance_url=instance_url,
        faults=faults,
        counts=counts,
    )
    org.change_setup(**(records.setting("setup") or {}))
    return org


def current_org() -> Org:
    """Return the org of the running app."""
    org: Org = current_app.extensions["org"]
    return org
