"""Overrides of the product, each by a name that is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made", bound=type)


def stands_in_for(original: type) -> Callable[[Made], Made]:
    """Refuse a class whose methods ``original`` does not have: one that was renamed would be measured with its network.

    Raises:
        AttributeError: it overrides nothing.
    """

    def checked(made: Made) -> Made:
        for name, value in vars(made).items():
            # Inherited names do not count: every class of requests has a ``request``.
            if callable(value) and name not in vars(original):
                raise AttributeError(f"{made.__qualname__}.{name} overrides nothing of {original.__qualname__}")
        return made

    return checked
