"""The tables of links, attempts to pay them, moves of their money, and saved cards."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from foundation.database.columns import Amount, UtcDateTime, only_where
from payment_core.store.schema.metadata import metadata

links = Table(
    "links", metadata,
    Column("reference", String(36), primary_key=True),
    Column("merchant_id", String(40), nullable=False),
    Column("application_id", String(36), nullable=False),
    # Who has the token has the page: looked up by its digest, sealed because later messages repeat it.
    Column("token_digest", LargeBinary(32), nullable=False, unique=True),
    Column("token", LargeBinary, nullable=False),
    Column("caller_reference", String(255)),
    # Of the whole request: the same reference with another body is refused.
    Column("request_digest", LargeBinary(32), nullable=False),
    Column("order_number", String(64), nullable=False),
    Column("channel", String(12), nullable=False),
    Column("phone", LargeBinary, nullable=False),
    # A keyed digest of merchant and number, by which links, cards and messages of one person are found.
    Column("phone_key", LargeBinary(32), nullable=False),
    Column("payer_reference", String(64)),
    Column("previous", String(36)),
    Column("currency", String(3), nullable=False),
    Column("total", Amount, nullable=False),
    Column("tax", Amount, nullable=False),
    Column("sub_total", Amount, nullable=False),
    Column("lines", Text, nullable=False),
    Column("language", String(16), nullable=False),
    Column("additional_data", Text, nullable=False),
    Column("transaction_type", String(16), nullable=False),
    Column("auto_reversal", Boolean, nullable=False),
    Column("status", String(32), nullable=False),
    Column("payment_status", String(32)),
    Column("payable", Boolean, nullable=False),
    Column("authorized", Amount, nullable=False),
    Column("captured", Amount, nullable=False),
    Column("reversed", Amount, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("in_review", Boolean, nullable=False),
    Column("paid_by", String(40)),
    Column("attention", String(40)),
    Column("attention_at", UtcDateTime),
    # Alarms that a person has dealt with, and the gateway keeps reporting.
    Column("attention_done", String(160), nullable=False, default=""),
    Column("failed_refunds", Integer, nullable=False, default=0),
    Column("created_at", UtcDateTime, nullable=False),
    Column("clicked_at", UtcDateTime),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("review_finalised_at", UtcDateTime),
    Column("capture_before", UtcDateTime),
    Column("card_brand", String(24)),
    Column("card_last4", String(4)),
    # The token of the receipt page, sealed for the same reason as the link's; its digest finds it.
    Column("receipt_digest", LargeBinary(32), unique=True),
    Column("receipt_token", LargeBinary),
    Column("reconciliation_reference", String(64)),
    Column("message_status", String(12)),
    Column("message_failure", String(40)),
    # What a reply to this link must say or carry: a short code (SMS) and a long one (a button's payload), by digest.
    Column("reply_code_key", LargeBinary(32)),
    Column("reply_digest", LargeBinary(32), unique=True),
    # When somebody looks at a closed link's money once more, for what no webhook reported.
    Column("look_at", UtcDateTime),
    Column("version", Integer, nullable=False),
    # What makes a repeated request harmless: the database refuses the second link.
    UniqueConstraint("application_id", "caller_reference", name="links_by_caller"),
    Index("links_by_deadline", "expires_at", info=only_where("payable")),
    Index("links_by_phone", "merchant_id", "phone_key", "created_at"),
    Index("links_by_merchant", "merchant_id", "created_at"),
    Index("links_by_attention", "attention", info=only_where("attention IS NOT NULL")),
    # The same by merchant, for the portal.
    Index("links_needing_person", "merchant_id", "created_at", info=only_where("attention IS NOT NULL")),
    Index("links_in_review", "decided_at", info=only_where("in_review")),
    Index("links_to_look_at", "look_at", info=only_where("look_at IS NOT NULL")),
)  # fmt: skip

attempts = Table(
    "attempts", metadata,
    Column("attempt_id", String(40), primary_key=True),
    Column("reference", String(36), nullable=False),
    Column("merchant_id", String(40), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("state", String(12), nullable=False),
    # The idempotency key at the gateway and the whole sealed body, both stored before the call.
    Column("key", String(80), nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
    Column("page_id", String(120)),
    Column("page_url", LargeBinary),
    Column("payment_id", String(120)),
    Column("card_id", String(40)),
    Column("saves_card", Boolean, nullable=False),
    Column("dies_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("look_at", UtcDateTime),
    Column("looks", Integer, nullable=False),
    Column("lease", String(60)),
    Column("lease_until", UtcDateTime),
    # At most one live attempt per link: the database itself refuses a second.
    Index("attempts_live", "reference", unique=True, info=only_where("state <> 'ended'")),
    Index("attempts_by_link", "reference", "created_at"),
    Index("attempts_to_look_at", "look_at", info=only_where("look_at IS NOT NULL")),
    Index("attempts_by_page", "page_id"),
    Index("attempts_by_payment", "payment_id"),
)  # fmt: skip

money_moves = Table(
    "money_moves", metadata,
    # A capture or a reversal: written before the gateway is called, so that a lost answer is asked for with the same key.
    Column("move_id", String(40), primary_key=True),
    Column("reference", String(36), nullable=False),
    Column("attempt_id", String(40), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("key", String(80), nullable=False, unique=True),
    Column("amount", Amount),
    Column("state", String(12), nullable=False),
    Column("reason", String(80)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("look_at", UtcDateTime),
    Column("lease", String(60)),
    Column("lease_until", UtcDateTime),
    # At most one move of a link without an outcome: a capture and a reversal at once would race at the gateway.
    Index("money_moves_live", "reference", unique=True, info=only_where("state = 'prepared'")),
    Index("money_moves_to_look_at", "look_at", info=only_where("look_at IS NOT NULL")),
)  # fmt: skip

saved_cards = Table(
    "saved_cards", metadata,
    Column("card_id", String(40), primary_key=True),
    Column("merchant_id", String(40), nullable=False),
    Column("payer_reference", String(64), nullable=False),
    Column("phone_key", LargeBinary(32), nullable=False),
    Column("channel", String(12), nullable=False),
    # Sealed: the gateway's ids of customer and card.
    Column("token", LargeBinary, nullable=False),
    Column("brand", String(24), nullable=False),
    Column("last4", String(4), nullable=False),
    Column("expires", String(7)),
    Column("consent_text", Text, nullable=False),
    Column("consented_at", UtcDateTime, nullable=False),
    Column("entered_at", UtcDateTime, nullable=False),
    Column("forgotten_at", UtcDateTime),
    # Which digest key made ``phone_key``.
    Column("key_mark", String(16), nullable=False),
    Index("saved_cards_by_person", "merchant_id", "payer_reference", "phone_key", "channel"),
)  # fmt: skip
