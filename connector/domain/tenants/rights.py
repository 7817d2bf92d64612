"""What a person may do with an order's payments; what could not be read is not given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """What somebody may do beyond looking."""

    SEND = "send"
    CAPTURE = "capture"
    REVERSE = "reverse"
    SUPERVISE = "supervise"


@dataclass(frozen=True)
class Rights:
    """The rights of one person. ``unread``: they could not be read, so there are none for now."""

    held: frozenset[Right] = frozenset()
    unread: bool = False

    def __contains__(self, right: str) -> bool:
        return right in self.held

    @property
    def words(self) -> tuple[str, ...]:
        """The rights as words, always in the same order."""
        return tuple(right.value for right in Right if right in self.held)

    def without_edit(self) -> Rights:
        """Return what is left to somebody who may see the order and not edit it."""
        return Rights(self.held & {Right.SUPERVISE}, self.unread)


UNREAD = Rights(unread=True)


def rights_of(words: Iterable[str], *, unread: bool = False) -> Rights:
    """Make rights of their words; a word that we do not know gives nothing."""
    known = {right.value for right in Right}
    return Rights(frozenset(Right(word) for word in words if word in known), unread)
