"""One running org, its parts put together: knows what exists, and refuses to decide anything."""

from dataclasses import dataclass, field
from pathlib import Path

from flask import current_app

from sandbox.org.faults import CallCounts, Faults
from sandbox.org.metadata import Metadata, read_metadata
from sandbox.org.query import Queries
from sandbox.org.records import Records, Row
from sandbox.org.samples import fill
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
    canvas_url: str
    instance_url: str
    faults: Faults = field(default_factory=Faults)
    counts: CallCounts = field(default_factory=CallCounts)

    def user(self, user_id: str | None) -> Row | None:
        return self.records.get("User", user_id)

    def users(self) -> list[Row]:
        return self.records.rows("User")

    def first_agent(self) -> Row:
        return next(user for user in self.users() if user.get("_agent"))

    def orders(self) -> list[Row]:
        return sorted(self.records.rows("Order"), key=lambda row: str(row["OrderNumber"]))


def open_org(state_dir: Path, *, canvas_url: str, instance_url: str) -> Org:
    """Return the org whose state is in the folder, filled with samples at the first start. Raises RefusesToStart."""
    metadata = read_metadata()
    state_dir.mkdir(parents=True, exist_ok=True)
    records = Records(state_dir / "org.sqlite3", metadata=metadata)
    faults, counts = Faults(), CallCounts()
    keys = keys_of(records)
    fill(records, metadata=metadata, org_id=keys.org_id)
    return Org(
        metadata=metadata,
        records=records,
        keys=keys,
        tokens=Tokens(records, org_id=keys.org_id),
        queries=Queries(metadata=metadata, records=records),
        writer=Writer(metadata=metadata, records=records, faults=faults, counts=counts),
        canvas_url=canvas_url,
        instance_url=instance_url,
        faults=faults,
        counts=counts,
    )


def current_org() -> Org:
    org: Org = current_app.extensions["org"]
    return org
