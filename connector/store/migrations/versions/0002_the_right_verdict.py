"""what the right number, amount and verdict need"""

import sqlalchemy as sa
from alembic import op

from foundation.database.columns import Amount, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_HAS_MOVED = sa.text("money_moved_at IS NOT NULL")


def upgrade() -> None:
    # An order's total is read again: when money last moved, when the org last did not show an order, how far it was followed.
    op.add_column("payment_requests", sa.Column("order_total", Amount(32)))
    op.add_column("payment_requests", sa.Column("money_moved_at", UtcDateTime(timezone=True)))
    op.add_column("orders", sa.Column("unread_at", UtcDateTime(timezone=True)))
    op.add_column("orders", sa.Column("unread_because", sa.String(80)))
    op.add_column("orders", sa.Column("notes", sa.Text()))
    # Numbers are read in the order's own country, and what an agent must know of the fields that were not taken.
    op.add_column("orders", sa.Column("phone_notes", sa.LargeBinary()))
    op.add_column("orders", sa.Column("country", sa.String(2)))
    op.create_table(
        "order_looks",
        sa.Column("tenant_id", sa.String(40), primary_key=True),
        sa.Column("looked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_until", UtcDateTime(timezone=True), nullable=False),
    )
    op.execute(
        "UPDATE payment_requests SET money_moved_at = COALESCE(finished_at, paid_at, taken_at, proven_at, created_at) "
        "WHERE money IN ('authorized', 'paid', 'reversed')"
    )
    op.create_index(
        "payment_requests_moved",
        "payment_requests",
        ["tenant_id", "money_moved_at"],
        sqlite_where=_HAS_MOVED,
        postgresql_where=_HAS_MOVED,
    )
    op.create_table(
        "write_checks",
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("place"),
    )
    _block_outbox_rows()
    op.add_column("payment_requests", sa.Column("end_reported_at", UtcDateTime(timezone=True), nullable=True))
    op.add_column("payment_requests", sa.Column("released_at", UtcDateTime(timezone=True), nullable=True))
    op.add_column("payment_events", sa.Column("note", sa.String(length=200), nullable=True))
    _keep_health()
    _allow_no_proof()


def downgrade() -> None:
    _require_proof()
    _forget_health()
    op.drop_column("payment_events", "note")
    op.drop_column("payment_requests", "released_at")
    op.drop_column("payment_requests", "end_reported_at")
    _unblock_outbox_rows()
    op.drop_index(
        "payment_requests_moved",
        table_name="payment_requests",
        sqlite_where=_HAS_MOVED,
        postgresql_where=_HAS_MOVED,
    )
    op.drop_table("order_looks")
    op.drop_column("orders", "country")
    op.drop_column("orders", "phone_notes")
    op.drop_column("orders", "notes")
    op.drop_column("orders", "unread_because")
    op.drop_column("orders", "unread_at")
    op.drop_column("payment_requests", "money_moved_at")
    op.drop_column("payment_requests", "order_total")
    op.drop_table("write_checks")


def _block_outbox_rows() -> None:
    for column in (
        sa.Column("blocked_by", sa.String(length=40), nullable=True),
        sa.Column("refusal", sa.LargeBinary(), nullable=True),
        sa.Column("failing_since", UtcDateTime(timezone=True), nullable=True),
        sa.Column("tried_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("probed_at", UtcDateTime(timezone=True), nullable=True),
    ):
        op.add_column("outbox", column)
    # What was refused for good before is tried again with the rest from now on; its first try tells its true cause.
    op.execute("UPDATE outbox SET blocked_by = 'order.unknown' WHERE state = 'refused'")
    op.execute("UPDATE outbox SET blocked_by = 'request.unknown' WHERE state = 'buried'")
    op.create_index(
        "outbox_blocked",
        "outbox",
        ["tenant_id", "blocked_by", "tried_at"],
        unique=False,
        sqlite_where=sa.text("blocked_by IS NOT NULL"),
        postgresql_where=sa.text("blocked_by IS NOT NULL"),
    )


def _unblock_outbox_rows() -> None:
    # The older code knows no order that waits without a time to be tried at.
    op.execute("UPDATE outbox SET due_at = CURRENT_TIMESTAMP WHERE state = 'waiting' AND due_at IS NULL")
    op.drop_index("outbox_blocked", table_name="outbox")
    for name in ("probed_at", "tried_at", "failing_since", "refusal", "blocked_by"):
        op.drop_column("outbox", name)


def _keep_health() -> None:
    """What keeps findings fresh; what was heard so far stands in the inbox."""
    op.create_table(
        "looks_due",
        sa.Column("tenant_id", sa.String(40), primary_key=True),
        sa.Column("check", sa.String(64), primary_key=True),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=False),
    )
    op.create_index("looks_due_at", "looks_due", ["due_at"])
    op.create_table(
        "callbacks_heard",
        sa.Column("tenant_id", sa.String(40), primary_key=True),
        sa.Column("kind", sa.String(32), primary_key=True),
        sa.Column("heard_at", UtcDateTime(timezone=True), nullable=False),
    )
    op.execute(
        "INSERT INTO callbacks_heard (tenant_id, kind, heard_at) "
        "SELECT tenant_id, kind, max(received_at) FROM inbox GROUP BY tenant_id, kind"
    )


def _forget_health() -> None:
    op.drop_table("callbacks_heard")
    op.drop_table("looks_due")


def _allow_no_proof() -> None:
    """Which notifications came with a proof: all that were taken so far. And two addresses while they are changed."""
    op.add_column("inbox", sa.Column("proven", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("tenants", sa.Column("former_key_digest", sa.LargeBinary(32), nullable=True))
    op.create_index("tenants_by_former_key", "tenants", ["former_key_digest"])
    op.create_table(
        "call_rates",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("minute", UtcDateTime(timezone=True), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
    )


def _require_proof() -> None:
    op.drop_table("call_rates")
    op.drop_index("tenants_by_former_key", table_name="tenants")
    op.drop_column("tenants", "former_key_digest")
    op.drop_column("inbox", "proven")
