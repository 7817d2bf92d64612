"""The rights of a person to act on an order's payments; rights that could not be read are not granted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Right(StrEnum):
    """What a user may do beyond reading."""

    SEND = "send"
    CAPTURE = "capture"
    REVERSE = "reverse"
    SUPERVISE = "supervise"


# Everything else that is done to a payment request needs the right to send.
_RIGHT_FOR = {"capture": Right.CAPTURE, "reverse": Right.REVERSE, "release": Right.SUPERVISE}


def right_for(action: str) -> Right:
    """Return the right that an action on a payment request needs."""
    return _RIGHT_FOR.get(action, Right.SEND)


@dataclass(frozen=True)
class Rights:
    """The rights of one person over an order's payments.

    ``unread``: they could not be read, so none are granted for now; ``read_only``: they may read the order in Salesforce, and not
    edit it; ``lacking``: of those, which would be missing with edit access, too.
    """

    held: frozenset[Right] = frozenset()
    unread: bool = False
    read_only: bool = False
    lacking: frozenset[Right] = frozenset()

    def __contains__(self, right: str) -> bool:
        return right in self.held

    @property
    def words(self) -> tuple[str, ...]:
        """Return the rights as words, always in the same order."""
        return tuple(right.value for right in Right if right in self.held)

    @property
    def lacking_words(self) -> tuple[str, ...]:
        """Return what is lacking as words, always in the same order."""
        return tuple(right.value for right in Right if right in self.lacking)

    def without_edit(self) -> Rights:
        """Return the rights that remain for a user who may read the order and not edit it."""
        # A supervisor decides about requests and needs no edit access; every other right changes the order.
        return self if self.unread else replace(self.to_look(), held=self.held & {Right.SUPERVISE})

    def to_look(self) -> Rights:
        """Return the same rights for a user who may read the order and not edit it."""
        return replace(self, read_only=True, lacking=frozenset(Right) - self.held)


UNREAD = Rights(unread=True)


def rights_of(
    words: Iterable[str], *, unread: bool = False, read_only: bool = False, lacking: Iterable[str] = ()
) -> Rights:
    """Build rights from their words; unknown words grant nothing."""
    return Rights(_known(words), unread, read_only, _known(lacking))


def _known(words: Iterable[str]) -> frozenset[Right]:
    known = {right.value for right in Right}
    return frozenset(Right(word) for word in words if word in known)
