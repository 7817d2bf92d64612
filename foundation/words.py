"""Words of a fixed list that are stored and sent by their text."""

from __future__ import annotations

from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING


class Word(StrEnum):
    """An enum of texts. Its ``value`` takes no call in Python, as the standard library's two do: every row reads several."""

    if not TYPE_CHECKING:
        value = property(attrgetter("_value_"))
