"""Read the configuration at start-up: the settings, and the API's manifests with an admin's entries over them."""

from __future__ import annotations

from manifests.overlay import current_overlay
from payment_core.errors import Misconfigured
from payment_core.settings import Settings, read_settings


def read_configuration() -> Settings:
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
