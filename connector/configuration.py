"""The configuration at start-up: the settings, and the payment core's manifests with an admin's entries over them."""

from __future__ import annotations

from connector.errors import Misconfigured
from connector.settings import Settings, read_settings
from manifests.overlay import current_overlay


def read_configuration() -> Settings:
    """Return the settings, once they and the entries of ``CHAT2PAY_CORE_MANIFEST`` are valid.

    Raises:
        Misconfigured: with every fault in either.
    """
    faults = list(current_overlay().faults)
    try:
        settings = read_settings()
    except Misconfigured as error:
        raise Misconfigured([*error.errors, *faults]) from error
    if faults:
        raise Misconfigured(faults)
    return settings
