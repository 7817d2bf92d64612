"""Which cases of a test are played on PostgreSQL too: those in which its statements or its locks can matter."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pytest

MARKER = "both_databases: each case of this test is played on both databases, for its locks or its statements differ"
_FIXTURES = ("database_url", "core_database_url")
# What is here stores, searches, waits for locks or dies in mid transaction: each case is one of the database's own.
_EVERY_CASE = (
    "tests/faults/",
    "tests/overtaken/",
    "tests/journeys/syncing/outbox/",
    "tests/journeys/news/test_news_rows.py",
    "tests/journeys/reconciling/test_visible_orders.py",
    "tests/payment_core/store/",
    "tests/payment_core/paying/",
    "tests/payment_core/workers/",
    "tests/payment_core/reconciling/",
    "tests/payment_core/notifying/",
    "tests/payment_core/forgetting/",
    "tests/payment_core/replying/test_reply_faults.py",
    "tests/payment_core/replying/test_reply_races.py",
    "tests/payment_core/portal/test_reading.py",
    "tests/payment_core/configuring/test_rekey_numbers.py",
    "tests/payment_core/stripe/test_stripe_storm.py",
    "tests/journeys/running/",
    "tests/journeys/connecting/test_key_change.py",
    "tests/journeys/launching/test_login_once.py",
    "tests/journeys/notifications/test_storm.py",
    "tests/operating/",
    "tests/journeys/money/test_part_captures.py",
)
# What is here is decided before the database is asked, or after: one test of each file shows that it is reached. Those that ask
# what no other test asks there, meet another outcome of it or come at once are marked `both_databases` (docs/adr/0056).
_ONE_OF_A_FILE = (
    "tests/journeys/amending/",
    "tests/journeys/connecting/",
    "tests/journeys/isolation/",
    "tests/journeys/news/",
    "tests/journeys/reconciling/",
    "tests/journeys/notifications/",
    "tests/journeys/requesting/",
    "tests/journeys/syncing/",
    "tests/journeys/money/",
    "tests/journeys/launching/",
    "tests/journeys/access/",
    "tests/journeys/panel/",
    "tests/journeys/web/",
    "tests/payment_core/web/",
    "tests/payment_core/amending/test_moving_money.py",
    "tests/payment_core/examining/",
    "tests/payment_core/messaging/test_handing_over.py",
    "tests/payment_core/messaging/test_limits.py",
    "tests/payment_core/messaging/test_messages.py",
    "tests/payment_core/portal/test_configuring.py",
    "tests/payment_core/portal/test_delivery_pages.py",
    "tests/payment_core/replying/test_answers.py",
    "tests/payment_core/replying/test_replies.py",
    "tests/payment_core/stripe/",
    "tests/payment_core/twilio/test_hooks.py",
    "tests/payment_core/twilio/test_lost_reports.py",
    "tests/payment_core/twilio/test_sending.py",
)
# But for these, which store odd values, ask what is asked nowhere else, or are tables of values for the same statements: each
# test of them is played there, once.
_ONE_OF_A_TEST = (
    "tests/journeys/isolation/test_isolation.py",
    "tests/journeys/notifications/receiving/test_encoded_callbacks.py",
    "tests/journeys/notifications/receiving/test_odd_bodies.py",
    "tests/journeys/syncing/outbox/test_outbox_rows.py",
    "tests/journeys/syncing/outbox/test_stale_totals.py",
)


def repeated_on_postgresql(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return those that SQLite has too and that would only repeat on PostgreSQL what another case does there.

    The cases of a test differ in values and not in statements, so the first of them is played there. Where a test names
    its databases itself, they are what it names.
    """
    kept: set[Hashable] = set()
    repeated = []
    for item in items:
        if (group := _group(item)) is None:
            continue
        if group in kept:
            repeated.append(item)
        kept.add(group)
    return repeated


def _group(item: pytest.Item) -> Hashable:
    """Return what an item shares with those of which one is enough on PostgreSQL, or None: it is played in any case."""
    cases = getattr(item, "callspec", None)
    if cases is None or all(cases.params.get(name) != "postgresql" for name in _FIXTURES):
        return None
    named = {name for mark in item.iter_markers("parametrize") for name in _names(mark.args[0])}
    file, _, name = item.nodeid.partition("::")
    of_a_test = file, name.partition("[")[0]
    if named & set(_FIXTURES) or item.get_closest_marker("both_databases"):
        return None
    if file.startswith(_ONE_OF_A_TEST):
        return of_a_test
    if file.startswith(_EVERY_CASE):
        return None
    return file if file.startswith(_ONE_OF_A_FILE) else of_a_test


def _names(names: str | Sequence[str]) -> list[str]:
    return [one.strip() for one in names.split(",")] if isinstance(names, str) else list(names)
