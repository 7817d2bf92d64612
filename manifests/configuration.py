"""Read a service's settings and an admin's own entries over the manifests as one configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from foundation.errors import Misconfigured
from manifests.overlay import current_overlay

Settings = TypeVar("Settings")


def read_with_overlay(read_settings: Callable[[], Settings]) -> Settings:
    """Return the settings, after checking them and the entries of ``CHAT2PAY_CORE_MANIFEST``.

    Raises:
        Misconfigured: with all errors of both.
    """
    # Both are read before anything is raised, so that an operator can correct everything at once.
    faults = list(current_overlay().faults)
    try:
        settings = read_settings()
    except Misconfigured as error:
        raise Misconfigured([*error.errors, *faults]) from error
    if faults:
        raise Misconfigured(faults)
    return settings
