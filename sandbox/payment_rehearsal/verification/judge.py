"""Judge a wave once nothing is due any more: its money, messages and news, and what ``reconcile`` says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sandbox.payment_rehearsal.actors.agents import Agents
from sandbox.payment_rehearsal.actors.payment import Payment
from sandbox.payment_rehearsal.database import CoreDatabase
from sandbox.payment_rehearsal.environment import Environment
from sandbox.payment_rehearsal.outcome import Outcome
from sandbox.payment_rehearsal.verification.money import AtGateway, at_gateway, is_explained, judge_money
from sandbox.payment_rehearsal.verification.words import WordsJudge
from sandbox.stripe.account import Account

_PROGRAM = "payment_core.serving.rehearsed"
_OPEN = (
    # Sorted, so that the index of payable links is read and not the table.
    "SELECT reference, status FROM links WHERE payable ORDER BY expires_at",
    "SELECT reference, state FROM attempts WHERE state <> 'ended'",
    "SELECT reference, kind FROM money_moves WHERE state = 'prepared'",
)
# What of an account is about single payments, and forgotten once they are judged.
_OF_PAYMENTS = (
    "checkout.session", "payment_intent", "charge", "refund", "review", "dispute", "balance_transaction",
    "radar.early_fraud_warning",
)  # fmt: skip
_OF_CALLS = ("event", "kept_answer")


class Judge:
    """Judges wave by wave, and lets the stand-ins forget what was judged."""

    def __init__(self, around: Environment, database: CoreDatabase, outcome: Outcome, agents: Agents) -> None:
        self._around, self._database, self._outcome, self._agents = around, database, outcome, agents
        self._words = WordsJudge(database, outcome)
        # The references of links that hold money: their holds may still end by themselves.
        self._holding: dict[str, str] = {}
        around.receiver.on_end = self.check_closed

    def judge(self, made: Sequence[Payment], *, since: datetime) -> None:
        """Judge a wave's payments, which were asked for since a time."""
        account = self._around.stripe.account
        at, news = at_gateway(account), self._around.receiver.events()
        known: set[str] = set()
        for payment in made:
            records = self._agents.record(payment.caller_reference)
            if len(records) > 1:
                self._outcome.add("charged_twice", f"{payment.caller_reference} has {len(records)} links")
            for record in records:
                reference = record["paymentLinkRef"]
                known.add(reference)
                judge_money(self._outcome, record, at.get(reference, AtGateway()), news.get(reference, []))
                if at.get(reference, AtGateway()).holds:
                    self._holding[reference] = payment.caller_reference
        for reference, found in at.items():
            if found.charges and reference not in known and reference not in self._holding:
                self._outcome.add(
                    "charged_not_notified", f"{reference or 'a charge'} belongs to no link that was asked for"
                )
        self._judge_ends(at)
        self._words.judge_messages(self._around.twilio.account)
        self._words.judge_news(self._around.receiver.first)
        self._reconcile(since, at)
        self._forget(account, known)

    def check_closed(self, reference: str) -> None:
        """Check that nothing can be paid with a link any more, at the moment when the application learns of its end."""
        account = self._around.stripe.account
        with account.lock:
            pages = [one for one in account.each("checkout.session") if one["client_reference_id"] == reference]
            is_open = any(one["status"] == "open" and one["expires_at"] > account.seconds for one in pages)
        if is_open:
            self._outcome.add("payable_after_end", f"{reference} was reported as ended while its page was open")

    def judge_holds(self) -> None:
        """Judge links whose holds have ended since; the news of their end is judged by its order alone."""
        at = at_gateway(self._around.stripe.account)
        for reference, caller in self._holding.items():
            for record in self._agents.record(caller):
                if record["paymentLinkRef"] == reference and at[reference].with_money:
                    self._outcome.add("money_differs", f"{reference} is still held")
                elif record["paymentLinkRef"] == reference and record["paymentStatus"] == "PAYMENT_AUTHORIZED":
                    self._outcome.add("money_differs", f"{reference} holds nothing any more, and is reported as held")
        self._words.judge_messages(self._around.twilio.account)
        self._words.judge_news(self._around.receiver.first)

    def _judge_ends(self, at: dict[str, AtGateway]) -> None:
        for query in _OPEN:
            for reference, state in self._database.rows(query):
                self._outcome.add("never_ended", f"{reference} {state}")
        for reference, found in at.items():
            if found.open_pages:
                self._outcome.add("payable_after_end", f"{reference} has {found.open_pages} open pages")

    def _reconcile(self, since: datetime, at: dict[str, AtGateway]) -> None:
        begin = (since - timedelta(seconds=1)).isoformat()
        reports: list[dict[str, Any]] = json.loads(
            self._around.run("reconcile", "--since", begin, module=_PROGRAM).splitlines()[-1]
        )
        for report in reports:
            if report["missed"]:
                self._outcome.add("unexplained", f"{report['missed']} lost reports were found by reconcile alone")
            for reference in report["healed"]:
                self._outcome.add("unexplained", f"{reference} was brought up to date by reconcile alone")
            for reference, why in {**report["unexplained"], **report["unreachable"]}.items():
                if not is_explained(why, at.get(reference, AtGateway())):
                    self._outcome.add("unexplained", f"{reference}: {why}")

    def _forget(self, account: Account, judged: set[str]) -> None:
        over = judged - set(self._holding)
        with account.lock:
            intents = {one["id"]: one for one in account.each("payment_intent") if one["metadata"].get("link") in over}
            charges = {one["latest_charge"] for one in intents.values()}
            for kind in _OF_PAYMENTS:
                account.drop(
                    one
                    for one in list(account.each(kind))
                    if one["id"] in intents
                    or one.get("payment_intent") in intents
                    or one.get("source") in charges
                    or one.get("client_reference_id") in over
                )
            for kind in _OF_CALLS:
                account.drop(list(account.each(kind)))
            # A number pays in one wave only, so its cards are used no more; those of holds are named by them.
            kept = {one[name] for one in account.each("payment_intent") for name in ("payment_method", "customer")}
            for kind in ("payment_method", "customer"):
                account.drop([one for one in account.each(kind) if one["id"] not in kept])
            # What is judged is not kept, so that a long rehearsal needs no more memory than a short one.
            self._around.stripe.api.calls.clear()
            self._around.stripe.deliveries.answers.clear()
        twilio = self._around.twilio
        with twilio.account.lock:
            twilio.account.forget_messages()
            twilio.calls.clear()
            twilio.deliveries.answers.clear()
        self._around.receiver.forget()
