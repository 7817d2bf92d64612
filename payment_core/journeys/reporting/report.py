"""A report as the vendor documents it: payments, their value and rates, clicks, and customers who come back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from foundation.money import ZERO
from payment_core.services import Core
from payment_core.store import reports
from payment_core.store.reports import ReportScope, Row


@dataclass
class ReportLine:
    """Numbers of one channel, application and currency. Values are in that currency."""

    links: int = 0
    clicked: int = 0
    open: int = 0
    successful: int = 0
    successful_value: Decimal = ZERO
    reversed: int = 0
    reversed_value: Decimal = ZERO
    in_review: int = 0
    unsuccessful: int = 0
    unsuccessful_value: Decimal = ZERO

    @property
    def success_rate(self) -> Decimal | None:
        """The percentage of successful ones among those that have ended; None where none has."""
        return _percent(self.successful, self.links - self.open - self.in_review)

    @property
    def click_rate(self) -> Decimal | None:
        """The percentage of links whose page's button was pressed; a reply pays without a click."""
        return _percent(self.clicked, self.links)


@dataclass
class Report:
    """A report: its lines by (channel, application's id, currency), and the customers who paid."""

    part: ReportScope
    lines: dict[tuple[str, str, str], ReportLine] = field(default_factory=dict)
    customers: int = 0
    customers_before: int = 0
    returning: int = 0

    @property
    def growth(self) -> Decimal | None:
        """By how many percent the customers are more than in a time as long before this one; None where there were none."""
        return _percent(self.customers - self.customers_before, self.customers_before)

    @property
    def returning_share(self) -> Decimal | None:
        """The percentage of customers who had paid before; None where nobody paid."""
        return _percent(self.returning, self.customers)


def make_report(core: Core, part: ReportScope) -> Report:
    """Compute the report of a part of a merchant's links."""
    with core.transactions.read() as work:
        return Report(
            part=part,
            lines=_lines(reports.rows(work, part)),
            customers=reports.customers(work, part),
            customers_before=reports.customers(
                work, replace(part, begin=part.begin - (part.end - part.begin), end=part.begin)
            ),
            returning=reports.returning_customers(work, part),
        )


def _lines(rows: Iterable[Row]) -> dict[tuple[str, str, str], ReportLine]:
    found: dict[tuple[str, str, str], ReportLine] = defaultdict(ReportLine)
    for row in rows:
        _count(found[row.channel, row.application_id, row.currency], row)
    return dict(sorted(found.items()))


def _count(line: ReportLine, row: Row) -> None:
    line.links += 1
    line.clicked += row.clicked
    if row.is_successful:
        line.successful += 1
        # A part of what was taken may have been given back.
        line.successful_value += (row.captured or row.authorized) - row.reversed
    elif row.payment_status in ("PAYMENT_REVERSED", "PAYMENT_VOIDED"):
        line.reversed += 1
    elif row.payment_status == "PAYMENT_REVIEW":
        line.in_review += 1
    elif row.payable:
        line.open += 1
    else:
        line.unsuccessful += 1
        line.unsuccessful_value += row.total
    line.reversed_value += row.reversed


def _percent(part: int, whole: int) -> Decimal | None:
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1")) if whole else None
