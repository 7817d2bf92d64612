"""One payment of a rehearsal: what was asked for, and what its actors have seen of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass
class Payment:
    """``caller_reference`` is the application's own; ``reference`` the core's, once an answer named it."""

    caller_reference: str
    kind: str
    phone: str
    channel: str
    currency: str
    total: str
    payer: str
    rng: random.Random = field(repr=False)
    reference: str | None = None
    previous: str | None = None
    # What the customer read on the phone.
    token: str | None = None
    code: str | None = None
    button: str | None = None
    # The tokens of all links that were read on this phone.
    known_tokens: set[str] = field(default_factory=set)

    @property
    def address(self) -> str:
        """Return the customer's address at the messenger."""
        return f"whatsapp:+{self.phone}" if self.channel == "whatsapp" else f"+{self.phone}"
