"""the first schema"""

import sqlalchemy as sa
from alembic import op

from foundation.database.columns import Amount, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("key_id", sa.String(length=20), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("scopes", sa.String(length=80), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("calls_minute", UtcDateTime(timezone=True), nullable=True),
        sa.Column("calls_taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key_digest"),
        sa.UniqueConstraint("key_id"),
    )
    op.create_index("api_keys_of_tenant", "api_keys", ["tenant_id"], unique=False)
    op.create_table(
        "stopped_numbers",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("phone_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("stopped", sa.Boolean(), nullable=False),
        sa.Column("said_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "phone_digest", "channel"),
    )
    op.create_table(
        "verb_calls",
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("verb", sa.String(length=16), nullable=False),
        sa.Column("amount", Amount(length=32), nullable=True),
        sa.Column("person_id", sa.String(length=18), nullable=False),
        sa.Column("person_name", sa.String(length=160), nullable=False),
        sa.Column("idempotency_key", sa.String(length=128), nullable=True),
        sa.Column("body_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("begun_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("call_until", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("call_id"),
    )
    op.create_index("verb_calls_by_reference", "verb_calls", ["tenant_id", "reference"], unique=False)
    op.create_index(
        "verb_calls_one_open",
        "verb_calls",
        ["tenant_id", "reference"],
        unique=True,
        sqlite_where=sa.text("open"),
        postgresql_where=sa.text("open"),
    )
    op.create_index(
        "verb_calls_by_key",
        "verb_calls",
        ["tenant_id", "idempotency_key"],
        unique=True,
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_table(
        "findings",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("check", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("wrong", sa.Text(), nullable=False),
        sa.Column("mend", sa.Text(), nullable=False),
        sa.Column("otherwise", sa.Text(), nullable=False),
        sa.Column("found_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "check", "subject"),
    )
    op.create_table(
        "inbox",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=160), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("open_claims", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("link_reference", sa.String(length=80), nullable=True),
        sa.Column("reference", sa.String(length=40), nullable=True),
        sa.Column("received_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("lease_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("finished_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index(
        "inbox_buried",
        "inbox",
        ["verdict"],
        unique=False,
        sqlite_where=sa.text("state = 'buried'"),
        postgresql_where=sa.text("state = 'buried'"),
    )
    op.create_index(
        "inbox_due",
        "inbox",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "launches",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("launch_id", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=18), nullable=False),
        sa.Column("order_id", sa.String(length=18), nullable=False),
        sa.Column("agent_token", sa.LargeBinary(), nullable=True),
        sa.Column("checked_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("launched_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("forget_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        sa.UniqueConstraint("launch_id"),
    )
    op.create_index(
        "launches_with_token",
        "launches",
        ["forget_at"],
        unique=False,
        sqlite_where=sa.text("agent_token IS NOT NULL"),
        postgresql_where=sa.text("agent_token IS NOT NULL"),
    )
    op.create_table(
        "orders",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=18), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", Amount(length=32), nullable=False),
        sa.Column("tax", Amount(length=32), nullable=True),
        sa.Column("sub_total", Amount(length=32), nullable=True),
        sa.Column("account_id", sa.String(length=18), nullable=True),
        sa.Column("original_id", sa.String(length=18), nullable=True),
        sa.Column("phone", sa.LargeBinary(), nullable=True),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("consents", sa.Text(), nullable=True),
        sa.Column("read_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "order_id"),
    )
    op.create_table(
        "outbox",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=18), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pushed_version", sa.Integer(), nullable=False),
        sa.Column("requests_version", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=160), nullable=True),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("lease_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("pushed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("told_state", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "order_id"),
    )
    op.create_index(
        "outbox_buried",
        "outbox",
        ["tenant_id", "order_id"],
        unique=False,
        sqlite_where=sa.text("state = 'buried'"),
        postgresql_where=sa.text("state = 'buried'"),
    )
    op.create_index(
        "outbox_due",
        "outbox",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "outbox_leased",
        "outbox",
        ["tenant_id", "partition", "lease_until"],
        unique=False,
        sqlite_where=sa.text("lease_until IS NOT NULL"),
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.create_index(
        "outbox_refused",
        "outbox",
        ["tenant_id", "order_id"],
        unique=False,
        sqlite_where=sa.text("state = 'refused'"),
        postgresql_where=sa.text("state = 'refused'"),
    )
    op.create_table(
        "payment_events",
        sa.Column("event_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("core_status", sa.String(length=64), nullable=True),
        sa.Column("person", sa.String(length=160), nullable=True),
        sa.Column("occurred_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_index("payment_events_by_reference", "payment_events", ["reference", "event_id"], unique=False)
    op.create_table(
        "payment_requests",
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=18), nullable=False),
        sa.Column("order_number", sa.String(length=80), nullable=False),
        sa.Column("replaces", sa.String(length=40), nullable=True),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("amount", Amount(length=32), nullable=False),
        sa.Column("tax", Amount(length=32), nullable=False),
        sa.Column("sub_total", Amount(length=32), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("phone_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("consent_basis", sa.String(length=16), nullable=True),
        sa.Column("consent_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("phone_changed", sa.Boolean(), nullable=False),
        sa.Column("requested_by_id", sa.String(length=18), nullable=False),
        sa.Column("requested_by_name", sa.String(length=160), nullable=False),
        sa.Column("handled_by_id", sa.String(length=18), nullable=False),
        sa.Column("handled_by_name", sa.String(length=160), nullable=False),
        sa.Column("idempotency_key", sa.String(length=128), nullable=True),
        sa.Column("body_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("message", sa.String(length=16), nullable=False),
        sa.Column("link", sa.String(length=16), nullable=False),
        sa.Column("money", sa.String(length=16), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("core_status", sa.String(length=64), nullable=True),
        sa.Column("link_reference", sa.String(length=80), nullable=True),
        sa.Column("receipt_reference", sa.String(length=120), nullable=True),
        sa.Column("reconciliation_reference", sa.String(length=120), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("authorized", Amount(length=32), nullable=False),
        sa.Column("captured", Amount(length=32), nullable=False),
        sa.Column("reversed", Amount(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("sending_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("sent_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("opened_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("open_by", UtcDateTime(timezone=True), nullable=True),
        sa.Column("pay_by", UtcDateTime(timezone=True), nullable=True),
        sa.Column("paid_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("taken_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("proven_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("asked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("ask_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("awaiting_confirmation", sa.Boolean(), nullable=False),
        sa.Column("money_after_close", sa.Boolean(), nullable=False),
        sa.Column("customer_told", sa.Boolean(), nullable=True),
        sa.Column("not_told_because", sa.String(length=120), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("reference"),
    )
    op.create_index(
        "payment_requests_by_key",
        "payment_requests",
        ["tenant_id", "idempotency_key"],
        unique=True,
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_index("payment_requests_by_link", "payment_requests", ["tenant_id", "link_reference"], unique=False)
    op.create_index("payment_requests_by_order", "payment_requests", ["tenant_id", "order_id"], unique=False)
    op.create_index(
        "payment_requests_listed", "payment_requests", ["tenant_id", "created_at", "reference"], unique=False
    )
    op.create_index(
        "payment_requests_by_number", "payment_requests", ["tenant_id", "phone_digest", "created_at"], unique=False
    )
    op.create_index(
        "payment_requests_one_live",
        "payment_requests",
        ["tenant_id", "order_id"],
        unique=True,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.create_index(
        "payment_requests_ended",
        "payment_requests",
        ["ask_at"],
        unique=False,
        sqlite_where=sa.text("NOT live AND ask_at IS NOT NULL"),
        postgresql_where=sa.text("NOT live AND ask_at IS NOT NULL"),
    )
    op.create_index(
        "payment_requests_watched",
        "payment_requests",
        ["link", "sending_until"],
        unique=False,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.create_table(
        "tenants",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("org_id", sa.String(length=18), nullable=False),
        sa.Column("callback_key_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
        sa.UniqueConstraint("callback_key_digest"),
        sa.UniqueConstraint("org_id"),
    )
    op.create_table(
        "tokens",
        sa.Column("tenant_id", sa.String(length=40), nullable=False),
        sa.Column("access_token", sa.LargeBinary(), nullable=True),
        sa.Column("obtained_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.String(length=40), nullable=True),
        sa.Column("lease_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("refusal", sa.String(length=40), nullable=True),
        sa.Column("refused_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "turns",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("lease", sa.String(length=40), nullable=False),
        sa.Column("lease_until", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.drop_table("turns")
    op.drop_table("verb_calls")
    op.drop_table("findings")
    op.drop_table("stopped_numbers")
    op.drop_table("api_keys")
    op.drop_table("tokens")
    op.drop_table("tenants")
    op.drop_index(
        "payment_requests_ended",
        table_name="payment_requests",
        sqlite_where=sa.text("NOT live AND ask_at IS NOT NULL"),
        postgresql_where=sa.text("NOT live AND ask_at IS NOT NULL"),
    )
    op.drop_index(
        "payment_requests_watched",
        table_name="payment_requests",
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.drop_index(
        "payment_requests_one_live",
        table_name="payment_requests",
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
    op.drop_index("payment_requests_by_order", table_name="payment_requests")
    op.drop_index("payment_requests_by_link", table_name="payment_requests")
    op.drop_index(
        "payment_requests_by_key",
        table_name="payment_requests",
        sqlite_where=sa.text("idempotency_key IS NOT NULL"),
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.drop_table("payment_requests")
    op.drop_index("payment_events_by_reference", table_name="payment_events")
    op.drop_table("payment_events")
    op.drop_index(
        "outbox_refused",
        table_name="outbox",
        sqlite_where=sa.text("state = 'refused'"),
        postgresql_where=sa.text("state = 'refused'"),
    )
    op.drop_index(
        "outbox_leased",
        table_name="outbox",
        sqlite_where=sa.text("lease_until IS NOT NULL"),
        postgresql_where=sa.text("lease_until IS NOT NULL"),
    )
    op.drop_index(
        "outbox_buried",
        table_name="outbox",
        sqlite_where=sa.text("state = 'buried'"),
        postgresql_where=sa.text("state = 'buried'"),
    )
    op.drop_index(
        "outbox_due",
        table_name="outbox",
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_table("outbox")
    op.drop_table("orders")
    op.drop_index(
        "launches_with_token",
        table_name="launches",
        sqlite_where=sa.text("agent_token IS NOT NULL"),
        postgresql_where=sa.text("agent_token IS NOT NULL"),
    )
    op.drop_table("launches")
    op.drop_index(
        "inbox_due",
        table_name="inbox",
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.drop_index(
        "inbox_buried",
        table_name="inbox",
        sqlite_where=sa.text("state = 'buried'"),
        postgresql_where=sa.text("state = 'buried'"),
    )
    op.drop_table("inbox")
