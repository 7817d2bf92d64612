"""Read the configuration at start-up: the settings, and the core's manifests with an admin's entries over them."""

from __future__ import annotations

from connector.settings import Settings, read_settings
from manifests.configuration import read_with_overlay


def read_configuration() -> Settings:
    """Return the settings, after checking them and the entries of ``CHAT2PAY_CORE_MANIFEST``.

    Raises:
        Misconfigured: with all errors of both.
    """
    return read_with_overlay(read_settings)
