"""A link as the customer's pages show it: amounts and times in the customer's language, nothing rounded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime, get_timezone_name
from babel.numbers import format_decimal, parse_pattern

from foundation.clock import rfc3339
from foundation.money import digits_of
from payment_core.domain.enums import LinkStatus, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.texts.catalogue import counted_text, nearest, page_text

_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
# FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE: https://www.unicode.org/reports/tr9/
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"
_SEEN_AT_ONCE = 6
_MONEY = (PaymentStatus.AUTHORIZED, PaymentStatus.RECEIVED, PaymentStatus.CAPTURED)


@dataclass(frozen=True)
class ShownLine:
    """One position, as it is shown."""

    name: str
    quantity: str
    amount: str


@dataclass(frozen=True)
class ShownLink:
    """What the pages say of a link. Empty texts are not shown."""

    state: str
    order_number: str
    total: str
    tax: str
    sub_total: str
    authorized: str
    captured: str
    reversed: str
    is_captured: bool
    is_reversed: bool
    decided_at: str
    decided_at_utc: str
    card_brand: str
    card_last4: str
    reconciliation: str
    receipt: str
    # Those that are seen at once, and those behind them: of a long order the button must not be far down on a phone.
    lines: tuple[ShownLine, ...]
    folded_lines: tuple[ShownLine, ...]
    # How many lines are in neither, and whether their sum is not what is paid before tax.
    more_lines: int
    differs_from_lines: bool


class Words:
    """The texts of the pages in one language: ``words("pay", amount=…)``."""

    def __init__(self, language: str) -> None:
        self.language = nearest(language)
        self.direction = "rtl" if self.language in _RIGHT_TO_LEFT else "ltr"

    def __call__(self, name: str, **values: object) -> str:
        """Return a text with its places filled."""
        return self._filled(page_text(name, self.language), values)

    def counted(self, name: str, number: int, **values: object) -> str:
        """Return a text in the form that a number asks for."""
        return self._filled(counted_text(name, self.language, number), values)

    def _filled(self, text: str, values: dict[str, object]) -> str:
        if self.direction == "rtl":
            # Each value keeps its own direction: a support number's plus would stand at its end.
            values = {name: f"{_ISOLATE}{value}{_END_OF_ISOLATE}" for name, value in values.items()}
        return text.format(**values)


def words_of(link: Link) -> Words:
    """Return the texts in a link's language."""
    return Words(link.language)


def shown_link(link: Link, merchant: Merchant) -> ShownLink:
    """Return what the pages show of a link."""
    lines, folded = _shown_lines(link)
    return ShownLink(
        state=_state(link),
        order_number=link.order_number,
        total=shown_amount(link.total, link.currency, link.language),
        tax=shown_amount(link.tax, link.currency, link.language) if link.tax else "",
        sub_total=shown_amount(link.sub_total, link.currency, link.language),
        authorized=shown_amount(link.authorized, link.currency, link.language),
        captured=shown_amount(link.captured, link.currency, link.language),
        reversed=shown_amount(link.reversed, link.currency, link.language),
        is_captured=link.captured > 0,
        is_reversed=link.reversed > 0,
        decided_at=_shown_time(link.decided_at, link.language, merchant.time_zone),
        decided_at_utc=rfc3339(link.decided_at) if link.decided_at else "",
        card_brand=link.card_brand or "",
        card_last4=link.card_last4 or "",
        reconciliation=link.reconciliation_reference or "",
        receipt=link.receipt_reference or "",
        lines=lines,
        folded_lines=folded,
        more_lines=link.more_lines if link.lines else 0,
        differs_from_lines=link.differs_from_lines,
    )


def shown_amount(amount: Decimal, currency: str, language: str) -> str:
    """Return an amount as a language writes it, with exactly its own digits."""
    # babel's own table of currencies has fewer digits for some: it would round what is asked for.
    locale = _locale(language)
    pattern = parse_pattern(locale.currency_formats["standard"].pattern)
    digits = digits_of(amount)
    pattern.frac_prec = (digits, digits)
    text: str = pattern.apply(amount, locale, currency=currency, currency_digits=False)
    # babel leaves out the space that belongs between a currency's letters and its digits.
    return re.sub(r"(?<=[A-Za-z])(?=[0-9])", "\N{NO-BREAK SPACE}", text)


def _shown_lines(link: Link) -> tuple[tuple[ShownLine, ...], tuple[ShownLine, ...]]:
    """Return the lines that are seen at once, and those that the customer unfolds."""
    shown = tuple(
        ShownLine(
            one.name,
            # babel's own pattern has three decimals at most.
            format_decimal(one.quantity, locale=_locale(link.language), decimal_quantization=False),
            shown_amount(one.amount, link.currency, link.language),
        )
        for one in link.lines
    )
    return shown[:_SEEN_AT_ONCE], shown[_SEEN_AT_ONCE:]


def _state(link: Link) -> str:
    """Return which page a link that cannot be paid any more has."""
    if link.payment_status in _MONEY:
        return "reserved" if link.payment_status is PaymentStatus.AUTHORIZED else "paid"
    if link.payment_status is PaymentStatus.REVIEW:
        return "review"
    if link.payment_status in (PaymentStatus.REVERSED, PaymentStatus.VOIDED):
        # A refund of a part leaves a payment, whose receipt says how much of it came back.
        return "paid" if link.has_money else "reversed"
    if link.status is LinkStatus.CANCELLED:
        return "cancelled"
    return "expired" if link.status is LinkStatus.EXPIRED else "failed"


def _shown_time(moment: datetime | None, language: str, time_zone: str) -> str:
    if moment is None:
        return ""
    # The merchant's zone, named in words: the customer's own device shows theirs (local_time.js).
    at, locale = moment.astimezone(ZoneInfo(time_zone)), _locale(language)
    return f"{format_datetime(at, 'medium', locale=locale)} ({get_timezone_name(at, locale=locale)})"


# Parsing a locale costs more than all the rest of a page.
@lru_cache(maxsize=200)
def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse("en")
