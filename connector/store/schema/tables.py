"""The tables of tenants, orders and payment requests, with their indexes."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from connector.store.schema.health_tables import call_rates, callback_times, looks_due
from connector.store.schema.note_tables import order_notes
from connector.store.schema.queue_tables import inbox, outbox, payment_news, turns, write_checks
from connector.store.schema.watch_tables import order_looks, order_watches, watched_orders
from foundation.database.columns import Amount, UtcDateTime, metadata, only_where

__all__ = [
    "api_keys",
    "call_rates",
    "callback_times",
    "findings",
    "inbox",
    "launches",
    "looks_due",
    "metadata",
    "order_looks",
    "order_notes",
    "order_watches",
    "orders",
    "outbox",
    "payment_events",
    "payment_news",
    "payment_requests",
    "stopped_numbers",
    "tenants",
    "tokens",
    "turns",
    "verb_calls",
    "watched_orders",
    "write_checks",
]

_ROW = BigInteger().with_variant(Integer, "sqlite")

tenants = Table(
    "tenants", metadata,
    Column("tenant_id", String(40), primary_key=True),
    Column("name", String(120), nullable=False),
    Column("org_id", String(18), nullable=False, unique=True),
    Column("callback_key_digest", LargeBinary(32), nullable=False, unique=True),
    # Of the former callback addresses, while both are valid.
    Column("former_key_digest", LargeBinary(32)),
    Column("disabled", Boolean, nullable=False),
    Column("config", Text, nullable=False),
    Column("secrets", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("tenants_by_former_key", "former_key_digest"),
)  # fmt: skip

tokens = Table(
    "tokens", metadata,
    Column("tenant_id", String(40), primary_key=True),
    Column("access_token", LargeBinary),
    Column("obtained_at", UtcDateTime),
    # The process of the fleet that is logging in now; if it dies, the others wait no longer than this.
    Column("lease", String(40)),
    Column("lease_until", UtcDateTime),
    # The last failed login: nobody tries again before ``refused_until``.
    Column("refusal", String(40)),
    Column("refused_until", UtcDateTime),
    Column("failures", Integer, nullable=False),
)  # fmt: skip

api_keys = Table(
    "api_keys", metadata,
    Column("key_digest", LargeBinary(32), primary_key=True),
    Column("key_id", String(20), nullable=False, unique=True),
    Column("tenant_id", String(40), nullable=False),
    Column("name", String(80), nullable=False),
    Column("scopes", String(80), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    # How many calls the whole fleet has taken from the allowance of a minute.
    Column("calls_minute", UtcDateTime),
    Column("calls_taken", Integer, nullable=False, default=0),
    Index("api_keys_of_tenant", "tenant_id"),
)  # fmt: skip

stopped_numbers = Table(
    "stopped_numbers", metadata,
    Column("tenant_id", String(40), primary_key=True),
    Column("phone_digest", LargeBinary(32), primary_key=True),
    Column("channel", String(16), primary_key=True),
    Column("stopped", Boolean, nullable=False),
    # When the customer said so: an older message that arrives late changes nothing.
    Column("said_at", UtcDateTime, nullable=False),
)  # fmt: skip

findings = Table(
    "findings", metadata,
    # The deployment's own findings have an empty tenant.
    Column("tenant_id", String(40), primary_key=True),
    Column("check", String(64), primary_key=True),
    Column("subject", String(160), primary_key=True),
    Column("level", String(16), nullable=False),
    Column("wrong", Text, nullable=False),
    Column("mend", Text, nullable=False),
    Column("otherwise", Text, nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)  # fmt: skip

launches = Table(
    "launches", metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("launch_id", String(40), nullable=False, unique=True),
    Column("tenant_id", String(40), nullable=False),
    Column("user_id", String(18), nullable=False),
    Column("order_id", String(18), nullable=False),
    Column("agent_token", LargeBinary),
    Column("checked_at", UtcDateTime, nullable=False),
    Column("launched_at", UtcDateTime, nullable=False),
    Column("forget_at", UtcDateTime, nullable=False),
    Index("launches_with_token", "forget_at",
          info=only_where("agent_token IS NOT NULL")),
)  # fmt: skip

orders = Table(
    "orders", metadata,
    Column("tenant_id", String(40), primary_key=True),
    Column("order_id", String(18), primary_key=True),
    Column("number", String(80), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("total", Amount, nullable=False),
    Column("tax", Amount),
    Column("sub_total", Amount),
    Column("account_id", String(18)),
    Column("original_id", String(18)),
    Column("phone", LargeBinary),
    # Phone fields that were not taken, and what they may mean; encrypted like the number itself.
    Column("phone_notes", LargeBinary),
    Column("country", String(2)),
    # The language in which the customer is written to; NULL: the tenant's own.
    Column("language", String(16)),
    Column("problems", Text, nullable=False),
    # Notes that the agent reads beside the amounts.
    Column("notes", Text),
    # The customer's choice per channel, as the consent rules last read it.
    Column("consents", Text),
    Column("read_at", UtcDateTime, nullable=False),
    # When the org last answered without this order, and why; NULL where its last answer showed it.
    Column("unread_at", UtcDateTime),
    Column("unread_because", String(80)),
    # Since when the org shows it otherwise than before: pages that read it earlier read it again.
    Column("changed_at", UtcDateTime),
    # Since when Salesforce has this number, where it was seen to change.
    Column("phone_since", UtcDateTime),
    # version: of what is pushed to Salesforce; revision: of what open pages show.
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
)  # fmt: skip

payment_requests = Table(
    "payment_requests", metadata,
    Column("reference", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("order_id", String(18), nullable=False),
    Column("order_number", String(80), nullable=False),
    Column("replaces", String(40)),
    Column("purpose", String(16), nullable=False),
    Column("amount", Amount, nullable=False),
    Column("tax", Amount, nullable=False),
    Column("sub_total", Amount, nullable=False),
    # The order's total when the request was created; NULL in rows of older versions.
    Column("order_total", Amount),
    Column("currency", String(3), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("language", String(16), nullable=False),
    Column("phone", LargeBinary, nullable=False),
    # Keyed digest of the number, by which limits are counted and opt-outs found without decrypting any number.
    Column("phone_digest", LargeBinary(32), nullable=False),
    Column("phone_changed", Boolean, nullable=False),
    Column("consent_basis", String(16)),
    Column("consent_at", UtcDateTime),
    Column("requested_by_id", String(18), nullable=False),
    Column("requested_by_name", String(160), nullable=False),
    Column("handled_by_id", String(18), nullable=False),
    Column("handled_by_name", String(160), nullable=False),
    Column("idempotency_key", String(128)),
    Column("body_digest", LargeBinary(32)),
    Column("message", String(16), nullable=False),
    Column("link", String(16), nullable=False),
    Column("money", String(16), nullable=False),
    Column("live", Boolean, nullable=False),
    Column("core_status", String(64)),
    Column("link_reference", String(80)),
    Column("receipt_reference", String(120)),
    Column("reconciliation_reference", String(120)),
    Column("reason", String(64)),
    Column("authorized", Amount, nullable=False),
    Column("captured", Amount, nullable=False),
    Column("reversed", Amount, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sending_until", UtcDateTime),
    Column("sent_at", UtcDateTime),
    Column("opened_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("open_by", UtcDateTime),
    Column("pay_by", UtcDateTime),
    Column("paid_at", UtcDateTime),
    # When the link was closed, and when money was first taken: their order shows whether money came after the close.
    Column("closed_at", UtcDateTime),
    Column("taken_at", UtcDateTime),
    # When amounts last moved: the order is followed for a while from then on.
    Column("money_moved_at", UtcDateTime),
    Column("proven_at", UtcDateTime),
    Column("asked_at", UtcDateTime),
    # When the core is asked again about an ended request; NULL where its money can no longer move.
    Column("ask_at", UtcDateTime),
    Column("awaiting_confirmation", Boolean, nullable=False),
    Column("money_after_close", Boolean, nullable=False),
    # Since when an end is reported that the core's record does not show; when a supervisor released the request.
    Column("end_reported_at", UtcDateTime),
    Column("released_at", UtcDateTime),
    # Reported only by a payment core of one's own: message, people, goods, hold, settlement, charge; NULL: never reported.
    Column("message_at", UtcDateTime),
    Column("message_failure", String(40)),
    Column("attention", String(40)),
    Column("attention_at", UtcDateTime),
    Column("do_not_ship", Boolean),
    Column("capture_before", UtcDateTime),
    Column("settled", Boolean, nullable=False, server_default=false()),
    Column("charging", Boolean, nullable=False, server_default=false()),
    Column("charging_at", UtcDateTime),
    Column("customer_told", Boolean),
    Column("not_told_because", String(120)),
    Column("version", Integer, nullable=False),
    Index("payment_requests_by_order", "tenant_id", "order_id"),
    Index("payment_requests_by_link", "tenant_id", "link_reference"),
    Index("payment_requests_listed", "tenant_id", "created_at", "reference"),
    Index("payment_requests_by_number", "tenant_id", "phone_digest", "created_at"),
    # One live request per order is enforced by this index and not by a check, also for two agents in one millisecond.
    Index("payment_requests_one_live", "tenant_id", "order_id", unique=True,
          info=only_where("live")),
    Index("payment_requests_by_key", "tenant_id", "idempotency_key", unique=True,
          info=only_where("idempotency_key IS NOT NULL")),
    Index("payment_requests_watched", "link", "sending_until",
          info=only_where("live")),
    Index("payment_requests_moved", "tenant_id", "money_moved_at",
          info=only_where("money_moved_at IS NOT NULL")),
    # Ended requests that the core is asked about again, since their money may still move without a callback.
    Index("payment_requests_ended", "ask_at",
          info=only_where("NOT live AND ask_at IS NOT NULL")),
)  # fmt: skip

payment_events = Table(
    "payment_events", metadata,
    Column("event_id", _ROW, primary_key=True, autoincrement=True),
    Column("tenant_id", String(40), nullable=False),
    Column("reference", String(40), nullable=False),
    Column("event", String(40), nullable=False),
    Column("core_status", String(64)),
    Column("person", String(160)),
    Column("note", String(200)),
    Column("occurred_at", UtcDateTime, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Index("payment_events_by_reference", "reference", "event_id"),
)  # fmt: skip

verb_calls = Table(
    "verb_calls", metadata,
    Column("call_id", String(40), primary_key=True),
    Column("tenant_id", String(40), nullable=False),
    Column("reference", String(40), nullable=False),
    Column("verb", String(16), nullable=False),
    Column("amount", Amount),
    Column("person_id", String(18), nullable=False),
    Column("person_name", String(160), nullable=False),
    Column("idempotency_key", String(128)),
    Column("body_digest", LargeBinary(32)),
    # Open: it is not known whether the core has carried the call out.
    Column("open", Boolean, nullable=False),
    Column("outcome", String(40)),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("call_until", UtcDateTime, nullable=False),
    Index("verb_calls_by_reference", "tenant_id", "reference"),
    # One open call per request is enforced by this index: of two concurrent captures or reversals one is sent.
    Index("verb_calls_one_open", "tenant_id", "reference", unique=True, info=only_where("open")),
    Index("verb_calls_by_key", "tenant_id", "idempotency_key", unique=True,
          info=only_where("idempotency_key IS NOT NULL")),
)  # fmt: skip
