"""The errors of the payment core: those of ``foundation.errors`` and, below them, its own."""

from __future__ import annotations

from foundation.errors import CallerError
from foundation.errors import Facts as Facts
from foundation.errors import Invalid as Invalid
from foundation.errors import Misconfigured as Misconfigured
from foundation.errors import NotFound as NotFound
from foundation.errors import PortTaken as PortTaken
from foundation.errors import SecretUnreadable as SecretUnreadable
from foundation.errors import ServiceError as ServiceError
from foundation.errors import TryLater as TryLater
from foundation.errors import Unauthenticated as Unauthenticated
from foundation.errors import UntrustedMessage as UntrustedMessage


class UnderWay(TryLater):
    """A payment of the customer's is under way: pressing again could confuse, looking again will not."""


class Refusal(CallerError):
    """A caller's request that is refused: HTTP status, the API's own error code, and the field where one is to blame.

    ``message`` may be shown to a person; it never repeats what was sent.
    """

    def __init__(self, status: int, word: str, message: str, *, field: str | None = None) -> None:
        super().__init__(message, facts={"reason": word})
        self.status = status
        self.word = word
        self.field = field


def invalid_field(field: str, problem: str) -> Refusal:
    """Return the refusal of one field; its message begins with the field's name and says how to correct it."""
    return Refusal(422, "VALIDATION_FAILED", f"{field}: {problem}", field=field)
