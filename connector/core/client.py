"""The client of the payment core, by the manifest of its operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import requests
from marshmallow import Schema

import manifests
from connector.core.allowed_hosts import check_core_address
from connector.core.errors import answer_error, transport_error
from connector.core.link_order import LinkOrder, own_fields
from connector.core.parsing import json_object, load_answer
from connector.core.schemas import (
    CANCELLED_LINK,
    CONFIGURATION,
    MOVED_MONEY,
    OUR_REFERENCE,
    SENT_LINK,
    TRANSACTION,
    CancelledLink,
    MovedMoney,
    SentLink,
)
from connector.domain.payments.notification import CoreRecord
from connector.domain.payments.status import RANKS, Link, Money, States, may_be_live
from connector.domain.tenants.tenant import CoreAccess, CoreConfiguration
from connector.errors import CoreOutcomeUnknown, CoreRefused, TenantProblem, UpstreamError
from foundation.clock import utc_now
from foundation.exact_json import write_json
from foundation.http.peer_clocks import PeerClocks
from foundation.http.session import PeerSession, call
from foundation.money import ZERO
from manifests.core_hosts import is_vendors_core

_MANIFEST = manifests.load("core/operations.json")
_OURS = manifests.load("core/ours.json")["operations"]


class CoreClient:
    """One client for all tenants; each call carries its tenant's own access."""

    def __init__(
        self,
        *,
        reads: PeerSession,
        writes: PeerSession,
        allow_loopback: bool,
        own_hosts: Sequence[str] = (),
        on_end: Callable[[CoreAccess, UpstreamError | None], None] = lambda _access, _fault: None,
        on_clock: Callable[[CoreAccess, timedelta], None] = lambda _access, _ahead: None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """``on_end`` receives the outcome of each call: its error or None; ``on_clock`` how far the core's clock is ahead."""
        self._on_end = on_end
        self._on_clock = on_clock
        self._clocks = PeerClocks(now)
        self._reads = reads
        self._writes = writes
        self._allow_loopback = allow_loopback
        self._own_hosts = own_hosts

    def clock_ahead(self, access: CoreAccess) -> timedelta:
        """Return how far the core's clock is ahead of ours, as its answers say."""
        return self._clocks.ahead(access.base_url)

    def send(self, access: CoreAccess, link: LinkOrder) -> SentLink:
        """Create a payment link and have its message sent.

        Raises:
            CoreUnavailable: nothing was sent; CoreRefused: a final no; CoreOutcomeUnknown: the link may exist.
        """
        operation = _MANIFEST["operations"]["send_payment_link"]
        names, tax, sub_total = operation["body"], link.tax, link.sub_total
        # A discount can make a part negative. A core that refuses that gets the whole total as the sub-total.
        if min(tax, sub_total) < 0 and not operation["takes_negative_parts"]:
            tax, sub_total = ZERO, link.total
        body = {
            names["application"]: access.application,
            names["order_number"]: link.order_number,
            names["channel"]: link.channel.value,
            names["phone"]: link.phone.digits,
            names["currency"]: link.currency,
            names["total"]: link.total,
            names["tax"]: tax,
            names["sub_total"]: sub_total,
            names["language"]: link.language,
            names["additional_data"]: {OUR_REFERENCE: link.reference},
        }
        if not is_vendors_core(access.base_url):
            added = _OURS["send_payment_link"]["body"]
            body |= {added[word]: value for word, value in own_fields(link).items()}
        sent: SentLink = self._ask(access, "send_payment_link", SENT_LINK, body=body)
        return sent

    def get_transaction(self, access: CoreAccess, link_reference: str) -> CoreRecord | None:
        """Return the core's own record of a link; None when the core does not know it."""
        try:
            record: CoreRecord = self._ask(
                access, "get_transaction", TRANSACTION, path={"link_reference": link_reference}
            )
        except CoreRefused as refusal:
            if refusal.upstream_status == 404:
                return None
            raise
        return record

    def find_by_reference(self, access: CoreAccess, reference: str) -> CoreRecord | None:
        """Return the core's record of the link with our reference; None when it has none.

        Raises:
            CoreRefused: it has no such look-up, or returns links that we did not ask for, which proves nothing.
        """
        names = _MANIFEST["operations"]["find_by_reference"]
        answer = self._call(access, "find_by_reference", query={names["query"]["reference"]: reference})
        items = answer.get(names["answer"]["items"])
        if not isinstance(items, list):
            raise CoreOutcomeUnknown("The payment core's answer could not be read.", operation="find_by_reference")
        records: list[CoreRecord] = [load_answer(TRANSACTION, item, "find_by_reference") for item in items]
        ours = [record for record in records if record.reference and record.reference.lower() == reference.lower()]
        # A core without this look-up may ignore the query and list other links, which prove nothing about ours.
        if records and not ours:
            raise CoreRefused("The payment core does not look up by our reference.", operation="find_by_reference")
        return max(ours, key=_priority, default=None)

    def cancel(self, access: CoreAccess, link_reference: str, *, for_replacement: bool = False) -> CancelledLink:
        """Cancel a link that the customer has not opened.

        ``for_replacement``: another link follows at once, whose message says so; a core that cannot do that tells the customer.

        Raises:
            CoreRefused: ``reason`` is one of the manifest's refusals for this operation, or another code.
        """
        path = {"link_reference": link_reference}
        is_silent = for_replacement and not is_vendors_core(access.base_url)
        body = {_OURS["cancel_payment_link"]["body"]["for_replacement"]: True} if is_silent else {}
        cancelled: CancelledLink = self._ask(access, "cancel_payment_link", CANCELLED_LINK, path=path, body=body)
        return cancelled

    def capture(self, access: CoreAccess, link_reference: str, amount: Decimal) -> MovedMoney:
        """Take held money, ``amount`` in the link's currency.

        Raises:
            CoreUnavailable: nothing was sent; CoreRefused: ``reason`` is one of the manifest's refusals for this operation,
            or another code; CoreOutcomeUnknown: it may have happened, never repeat it blindly.
        """
        names = _MANIFEST["operations"]["capture_payment"]["body"]
        path, body = {"link_reference": link_reference}, {names["amount"]: amount}
        moved: MovedMoney = self._ask(access, "capture_payment", MOVED_MONEY, path=path, body=body)
        return moved

    def reverse(self, access: CoreAccess, link_reference: str) -> MovedMoney:
        """Release held money, or give back money that was taken and is not settled; always all of it. Raises as ``capture``."""
        path = {"link_reference": link_reference}
        moved: MovedMoney = self._ask(access, "reverse_payment", MOVED_MONEY, path=path, body={})
        return moved

    def get_configuration(self, access: CoreAccess) -> tuple[str | None, CoreConfiguration]:
        """Return (environment, configuration); the environment is None where the core names none."""
        offered: tuple[str | None, CoreConfiguration] = self._ask(access, "get_configuration", CONFIGURATION)
        return offered

    def application_status(self, access: CoreAccess) -> str | None:
        """Return the core's status of the tenant's application; None where it lists none.

        An application that is missing from the list is ``DELETED``.
        """
        listed = self._listed_applications(access)
        if listed is None:
            return None
        status = _MANIFEST["operations"]["set_application_status"]["body"]["status"]
        return str(listed[0].get(status)) if listed else "DELETED"

    def is_sent_news_of_messages(self, access: CoreAccess) -> bool | None:
        """Return whether the tenant's application gets ``MESSAGE_…``; None where the core does not say so."""
        listed = self._listed_applications(access) or [{}]
        wanted = listed[0].get(manifests.load("core/ours.json")["listed_application"]["wants_messages"])
        return wanted if isinstance(wanted, bool) else None

    def ask_own(
        self,
        access: CoreAccess,
        operation: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the answer of an operation that only a core of our own has: an entry of ``ours.json`` with a path.

        Raises:
            CoreRefused: also where this core, the vendor's or an earlier one of ours, has no such operation: status 404.
        """
        if is_vendors_core(access.base_url):
            raise CoreRefused("The payment core does not offer this.", operation=operation, status=404)
        return self._call(access, operation, path=path, query=query, body=body)

    def _listed_applications(self, access: CoreAccess) -> list[dict[str, Any]] | None:
        """Return what the core lists of the tenant's application; None where it lists none at all."""
        operations = _MANIFEST["operations"]
        name = operations["set_application_status"]["body"]["application"]
        listed = self._call(access, "get_configuration").get(operations["get_configuration"]["answer"]["applications"])
        if not isinstance(listed, list):
            return None
        return [one for one in listed if isinstance(one, dict) and one.get(name) == access.application]

    def _ask(
        self,
        access: CoreAccess,
        operation: str,
        schema: Schema,
        *,
        path: Mapping[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> Any:
        return load_answer(schema, self._call(access, operation, path=path, body=body), operation)

    def _call(
        self,
        access: CoreAccess,
        operation: str,
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        entry = _MANIFEST["operations"].get(operation) or {"success": (200,), **_OURS[operation]}
        # Quoting leaves these unchanged, and they would lead to another resource.
        if any(value in ("", ".", "..") for value in (path or {}).values()):
            raise CoreRefused("The payment core has no such link.", operation=operation, status=404)
        filled = entry["path"].format(**{name: quote(value, safe="") for name, value in (path or {}).items()})
        authorization, key = _MANIFEST["authorization"], access.api_key.value
        credential = f"{authorization['scheme']} {key}" if authorization["scheme"] else key
        headers = {authorization["header"]: credential, "Accept": "application/json"}
        if body is not None:
            # Writes are not repeated, so each gets a new connection: on a pooled one that the core has just closed, the
            # outcome would be unknown.
            headers |= {"Content-Type": "application/json", "Connection": "close"}
        asked_at = self._clocks.now()
        try:
            response = call(
                self._reads if entry["method"] == "GET" else self._writes,
                entry["method"],
                self._address(access) + filled,
                operation=operation,
                headers=headers,
                query=query,
                body=write_json(body) if body is not None else None,
            )
        except requests.RequestException as fault:
            error = transport_error(fault, operation)
            self._on_end(access, error)
            raise error from fault
        self._on_clock(access, self._clocks.measure(access.base_url, response.headers, asked_at=asked_at))
        if response.status_code not in entry["success"]:
            error = answer_error(response, operation)
            self._on_end(access, error)
            raise error
        self._on_end(access, None)
        return json_object(response, operation)

    def _address(self, access: CoreAccess) -> str:
        """Return the core's address from the tenant row, which may name the hosts of known cores only."""
        try:
            check_core_address(access.base_url, allow_loopback=self._allow_loopback, own_hosts=self._own_hosts)
        except ValueError as error:
            problem = TenantProblem("The payment core's address of this tenant is not allowed.")
            raise problem.with_sentence("setup_wrong") from error
        return access.base_url.rstrip("/")


def _priority(record: CoreRecord) -> tuple[int, Decimal, bool]:
    """Return the sort key of links with one reference: by money first, then by whether they can still be paid."""
    money = record.news.money or Money.NONE
    link = record.news.link or Link.CREATED
    return RANKS[Money][money.value], record.captured, may_be_live(States(link=link, money=money))


def core_refusal(operation: str, error: UpstreamError) -> str | None:
    """Return our name for one of the documented refusals of an operation, the vendor's or those of a core of our own."""
    ours = _OURS.get(operation, {}).get("refusals", {})
    word: str | None = {**ours, **_MANIFEST["operations"].get(operation, {}).get("refusals", {})}.get(error.reason)
    return word
