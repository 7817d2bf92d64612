"""The rights of a person to act on an order's payments; rights that could not be read are not granted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """What a user may do beyond reading."""

    SEND = "send"
    CAPTURE = "capture"
    REVERSE = "reverse"
    SUPERVISE = "supervise"


@dataclass(frozen=True)
class Rights:
    """The rights of one person over an order's payments.

    ``unread``: they could not be read, so none are granted for now; ``read_only``: they may read the order in Salesforce, and not
    edit it.
    """

    held: frozenset[Right] = frozenset()
    unread: bool = False
    read_only: bool = False

    def __contains__(self, right: str) -> bool:
        return right in self.held

    @property
    def words(self) -> tuple[str, ...]:
        """Return the rights as words, always in the same order."""
        return tuple(right.value for right in Right if right in self.held)

    def without_edit(self) -> Rights:
        """Return the rights that remain for a user who may read the order and not edit it."""
        # A supervisor decides about requests and needs no edit access; every other right changes the order.
        return self if self.unread else Rights(self.held & {Right.SUPERVISE}, read_only=True)


UNREAD = Rights(unread=True)


def rights_of(words: Iterable[str], *, unread: bool = False, read_only: bool = False) -> Rights:
    """Build rights from their words; unknown words grant nothing."""
    known = {right.value for right in Right}
    return Rights(frozenset(Right(word) for word in words if word in known), unread, read_only)
