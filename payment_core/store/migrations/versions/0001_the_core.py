"""the core"""

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
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_digest"),
        sa.UniqueConstraint("key_id"),
    )
    op.create_index(op.f("ix_api_keys_merchant_id"), "api_keys", ["merchant_id"], unique=False)
    op.create_table(
        "applications",
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("payment_status_url", sa.Text(), nullable=False),
        sa.Column("transaction_status_url", sa.Text(), nullable=False),
        sa.Column("settings_url", sa.Text(), nullable=False),
        sa.Column("wants_messages", sa.Boolean(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("application_id"),
    )
    op.create_index(op.f("ix_applications_merchant_id"), "applications", ["merchant_id"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("attempt_id", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=36), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("page_id", sa.String(length=120), nullable=True),
        sa.Column("page_url", sa.LargeBinary(), nullable=True),
        sa.Column("payment_id", sa.String(length=120), nullable=True),
        sa.Column("card_id", sa.String(length=40), nullable=True),
        sa.Column("saves_card", sa.Boolean(), nullable=False),
        sa.Column("dies_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("look_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=60), nullable=True),
        sa.Column("lease_until", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("attempt_id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("attempts_by_link", "attempts", ["reference", "created_at"], unique=False)
    op.create_index("attempts_by_page", "attempts", ["page_id"], unique=False)
    op.create_index("attempts_by_payment", "attempts", ["payment_id"], unique=False)
    op.create_index(
        "attempts_live",
        "attempts",
        ["reference"],
        unique=True,
        sqlite_where=sa.text("state <> 'ended'"),
        postgresql_where=sa.text("state <> 'ended'"),
    )
    op.create_index(
        "attempts_to_look_at",
        "attempts",
        ["look_at"],
        unique=False,
        sqlite_where=sa.text("look_at IS NOT NULL"),
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.create_table(
        "changes",
        sa.Column(
            "change_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("what", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("change_id"),
    )
    op.create_index("changes_by_merchant", "changes", ["merchant_id", "change_id"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("lane", sa.String(length=120), nullable=False),
        sa.Column("reference", sa.String(length=36), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("phone_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("queued_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("replays", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=60), nullable=True),
        sa.Column("lease_until", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("delivery_id"),
        sa.UniqueConstraint("message_id"),
    )
    op.create_index(
        "deliveries_by_lane",
        "deliveries",
        ["lane", "delivery_id"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index("deliveries_by_link", "deliveries", ["reference"], unique=False)
    op.create_index("deliveries_by_merchant", "deliveries", ["merchant_id", "delivery_id"], unique=False)
    op.create_index(
        "deliveries_by_phone",
        "deliveries",
        ["merchant_id", "phone_key"],
        unique=False,
        sqlite_where=sa.text("phone_key IS NOT NULL"),
        postgresql_where=sa.text("phone_key IS NOT NULL"),
    )
    op.create_index(
        "deliveries_due",
        "deliveries",
        ["application_id", "due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "deliveries_parked",
        "deliveries",
        ["merchant_id", "delivery_id"],
        unique=False,
        sqlite_where=sa.text("state = 'parked'"),
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_table(
        "delivery_attempts",
        sa.Column(
            "delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.String(length=300), nullable=True),
        sa.Column("error", sa.String(length=80), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "number"),
    )
    op.create_table(
        "links",
        sa.Column("reference", sa.String(length=36), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("application_id", sa.String(length=36), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("caller_reference", sa.String(length=255), nullable=True),
        sa.Column("request_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("order_number", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("phone_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("payer_reference", sa.String(length=64), nullable=True),
        sa.Column("previous", sa.String(length=36), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total", Amount(length=32), nullable=False),
        sa.Column("tax", Amount(length=32), nullable=False),
        sa.Column("sub_total", Amount(length=32), nullable=False),
        sa.Column("lines", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("additional_data", sa.Text(), nullable=False),
        sa.Column("transaction_type", sa.String(length=16), nullable=False),
        sa.Column("auto_reversal", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("payment_status", sa.String(length=32), nullable=True),
        sa.Column("payable", sa.Boolean(), nullable=False),
        sa.Column("authorized", Amount(length=32), nullable=False),
        sa.Column("captured", Amount(length=32), nullable=False),
        sa.Column("reversed", Amount(length=32), nullable=False),
        sa.Column("settled", sa.Boolean(), nullable=False),
        sa.Column("in_review", sa.Boolean(), nullable=False),
        sa.Column("paid_by", sa.String(length=40), nullable=True),
        sa.Column("attention", sa.String(length=40), nullable=True),
        sa.Column("attention_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("attention_done", sa.String(length=160), nullable=False),
        sa.Column("failed_refunds", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("clicked_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("review_finalised_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("capture_before", UtcDateTime(timezone=True), nullable=True),
        sa.Column("card_brand", sa.String(length=24), nullable=True),
        sa.Column("card_last4", sa.String(length=4), nullable=True),
        sa.Column("receipt_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("receipt_token", sa.LargeBinary(), nullable=True),
        sa.Column("reconciliation_reference", sa.String(length=64), nullable=True),
        sa.Column("message_status", sa.String(length=12), nullable=True),
        sa.Column("message_failure", sa.String(length=40), nullable=True),
        sa.Column("reply_code_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("reply_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("look_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("reference"),
        sa.UniqueConstraint("application_id", "caller_reference", name="links_by_caller"),
        sa.UniqueConstraint("receipt_digest"),
        sa.UniqueConstraint("reply_digest"),
        sa.UniqueConstraint("token_digest"),
    )
    op.create_index(
        "links_by_attention",
        "links",
        ["attention"],
        unique=False,
        sqlite_where=sa.text("attention IS NOT NULL"),
        postgresql_where=sa.text("attention IS NOT NULL"),
    )
    op.create_index(
        "links_by_deadline",
        "links",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("payable"),
        postgresql_where=sa.text("payable"),
    )
    op.create_index("links_by_merchant", "links", ["merchant_id", "created_at"], unique=False)
    op.create_index("links_by_phone", "links", ["merchant_id", "phone_key", "created_at"], unique=False)
    op.create_index(
        "links_in_review",
        "links",
        ["decided_at"],
        unique=False,
        sqlite_where=sa.text("in_review"),
        postgresql_where=sa.text("in_review"),
    )
    op.create_index(
        "links_needing_person",
        "links",
        ["merchant_id", "created_at"],
        unique=False,
        sqlite_where=sa.text("attention IS NOT NULL"),
        postgresql_where=sa.text("attention IS NOT NULL"),
    )
    op.create_index(
        "links_to_look_at",
        "links",
        ["look_at"],
        unique=False,
        sqlite_where=sa.text("look_at IS NOT NULL"),
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.create_table(
        "merchants",
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("mode", sa.String(length=12), nullable=False),
        sa.Column("hook", sa.String(length=40), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id"),
        sa.UniqueConstraint("hook"),
    )
    op.create_table(
        "messages",
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.Column("phone_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=36), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("failure", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("provider_id", sa.String(length=80), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("valid_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("changed_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease", sa.String(length=60), nullable=True),
        sa.Column("lease_until", UtcDateTime(timezone=True), nullable=True),
        sa.Column("fate_due_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index("messages_by_link", "messages", ["reference"], unique=False)
    op.create_index("messages_by_phone", "messages", ["merchant_id", "phone_key", "created_at"], unique=False)
    op.create_index("messages_by_provider", "messages", ["provider_id"], unique=False)
    op.create_index(
        "messages_due",
        "messages",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "messages_without_end",
        "messages",
        ["fate_due_at"],
        unique=False,
        sqlite_where=sa.text("fate_due_at IS NOT NULL"),
        postgresql_where=sa.text("fate_due_at IS NOT NULL"),
    )
    op.create_table(
        "money_moves",
        sa.Column("move_id", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=36), nullable=False),
        sa.Column("attempt_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("amount", Amount(length=32), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("look_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.String(length=60), nullable=True),
        sa.Column("lease_until", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("move_id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(
        "money_moves_live",
        "money_moves",
        ["reference"],
        unique=True,
        sqlite_where=sa.text("state = 'prepared'"),
        postgresql_where=sa.text("state = 'prepared'"),
    )
    op.create_index(
        "money_moves_to_look_at",
        "money_moves",
        ["look_at"],
        unique=False,
        sqlite_where=sa.text("look_at IS NOT NULL"),
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.create_table(
        "opt_outs",
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("phone_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("key_mark", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "phone_key", "channel"),
    )
    op.create_table(
        "portal_sessions",
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=True),
        sa.Column("person", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("expires_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("token_digest"),
    )
    op.create_table(
        "saved_cards",
        sa.Column("card_id", sa.String(length=40), nullable=False),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("payer_reference", sa.String(length=64), nullable=False),
        sa.Column("phone_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("brand", sa.String(length=24), nullable=False),
        sa.Column("last4", sa.String(length=4), nullable=False),
        sa.Column("expires", sa.String(length=7), nullable=True),
        sa.Column("consent_text", sa.Text(), nullable=False),
        sa.Column("consented_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("entered_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("forgotten_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("key_mark", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("card_id"),
    )
    op.create_index(
        "saved_cards_by_person", "saved_cards", ["merchant_id", "payer_reference", "phone_key", "channel"], unique=False
    )
    op.create_table(
        "searches",
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("searched_until", UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "what"),
    )
    op.create_table(
        "send_counts",
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("scope", "day"),
    )
    op.create_table(
        "webhooks",
        sa.Column(
            "webhook_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("merchant_id", sa.String(length=40), nullable=False),
        sa.Column("provider", sa.String(length=16), nullable=False),
        sa.Column("event_id", sa.String(length=120), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("phone_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("received_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", UtcDateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=True),
        sa.Column("lease", sa.String(length=60), nullable=True),
        sa.Column("lease_until", UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("webhook_id"),
        sa.UniqueConstraint("merchant_id", "provider", "event_id", name="webhooks_once"),
    )
    op.create_index(
        "webhooks_by_phone",
        "webhooks",
        ["merchant_id", "phone_key"],
        unique=False,
        sqlite_where=sa.text("phone_key IS NOT NULL"),
        postgresql_where=sa.text("phone_key IS NOT NULL"),
    )
    op.create_index(
        "webhooks_due",
        "webhooks",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "workers",
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner"),
    )
    op.create_table(
        "write_checks",
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("place"),
    )


def downgrade() -> None:
    for table in (
        "write_checks",
        "workers",
        "webhooks",
        "send_counts",
        "searches",
        "saved_cards",
        "portal_sessions",
        "opt_outs",
        "money_moves",
        "messages",
        "merchants",
        "links",
        "delivery_attempts",
        "deliveries",
        "changes",
        "attempts",
        "applications",
        "api_keys",
    ):
        op.drop_table(table)
