"""One attempt to pay a link: a hosted page, or a charge of a saved card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from foundation.words import Word


class AttemptKind(Word):
    """How an attempt takes money."""

    PAGE = "page"
    SAVED_CARD = "saved_card"


class AttemptState(Word):
    """The life of an attempt. At most one of a link is live: a second could charge the customer twice."""

    PREPARED = "prepared"  # written before the gateway is called, so that a lost answer can be found again
    OPEN = "open"
    CLOSING = "closing"  # we asked the gateway to close the page and have no proof yet
    ENDED = "ended"  # paid, declined for good, or dead: proven by the gateway


@dataclass(frozen=True)
class Page:
    """A gateway's hosted page. ``dies_at`` is when the gateway itself closes it; ``amount`` is what it asks for, if it says."""

    page_id: str
    url: str
    dies_at: datetime
    amount: Decimal | None = None
    currency: str | None = None


# How the key of an attempt begins that a customer's reply began.
BY_REPLY = "reply_"
LIVE = (AttemptState.PREPARED, AttemptState.OPEN, AttemptState.CLOSING)


@dataclass(frozen=True)
class Attempt:
    """An attempt as it is stored. ``key`` is its idempotency key at the gateway, ``body`` the whole request.

    ``look_at``: when it is looked at next; None once it has ended.
    """

    attempt_id: str
    link_reference: str
    merchant_id: str
    kind: AttemptKind
    state: AttemptState
    key: str
    created_at: datetime
    look_at: datetime | None
    body: bytes = b""
    page_id: str | None = None
    page_url: str | None = None
    payment_id: str | None = None
    dies_at: datetime | None = None
    card_id: str | None = None
    saves_card: bool = False

    @property
    def has_ids(self) -> bool:
        """Whether the gateway has given this attempt ids of its own."""
        return self.page_id is not None or self.payment_id is not None

    @property
    def is_by_reply(self) -> bool:
        """Whether a customer's reply began it, which is answered by a message; a page shows its end by itself."""
        return self.key.startswith(BY_REPLY)

    @property
    def is_of_saved_card(self) -> bool:
        """Whether it charges a saved card."""
        return self.kind is AttemptKind.SAVED_CARD

    @property
    def is_live(self) -> bool:
        """Whether money can still arrive by this attempt."""
        return self.state in LIVE


@dataclass(frozen=True)
class Charge:
    """Whether a saved card is being charged for a link now, and since when that, or its end, is so.

    ``changed_at``: None where no saved card was ever charged for it.
    """

    is_under_way: bool = False
    changed_at: datetime | None = None
