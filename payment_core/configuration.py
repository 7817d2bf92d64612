"""Read the configuration at start-up: the settings, and the API's manifests with an admin's entries over them."""

from __future__ import annotations

from manifests.configuration import read_with_overlay
from payment_core.settings import Settings, read_settings


def read_configuration() -> Settings:
    """Return the settings, after checking them and the entries of ``CHAT2PAY_CORE_MANIFEST``.

    Raises:
        Misconfigured: with all errors of both.
    """
    return read_with_overlay(read_settings)
