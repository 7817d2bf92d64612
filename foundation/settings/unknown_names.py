"""Environment variables with our prefix that are no settings: a mistyped one lets the default count in silence."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Sequence

from foundation.settings.setting_checks import SettingRow

# What Kubernetes sets for each service of a namespace, here for one whose name begins with our prefix.
# https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_SERVICE_LINK = re.compile(
    r".*_(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)


def unknown_names(prefix: str, table: Sequence[SettingRow], *, elsewhere: Collection[str]) -> list[str]:
    """Return the variables of a prefix that the table lacks, sorted: mistyped, or a file for what is no secret.

    ``elsewhere`` are names that something else than the service reads.
    """
    files = {f"{row.name}_FILE" for row in table if row.secret}
    known = {row.name for row in table} | files | set(elsewhere)
    given = [name for name in os.environ if name.startswith(prefix) and not _SERVICE_LINK.fullmatch(name)]
    return sorted(name for name in given if name not in known)


def unknown_name_texts(name: str, *, guide: str) -> dict[str, str]:
    """Return ``problem``, ``remedy`` and ``impact`` of the finding about such a variable; ``guide`` lists the settings."""
    return {
        "problem": f"{name} is set, and is no setting.",
        "remedy": f"Correct its name, or take it away: {guide} lists all settings.",
        "impact": "What it should say is not so: the default counts.",
    }
