"""Environment variables with our prefix that are no settings: a mistyped one lets the default count in silence."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

from foundation.settings.setting_checks import SettingRow


def unknown_names(prefix: str, table: Sequence[SettingRow], *, elsewhere: Collection[str]) -> list[str]:
    """Return the variables of a prefix that the table lacks, sorted: mistyped, or a file for what is no secret.

    ``elsewhere`` are names that something else than the service reads.
    """
    files = {f"{row.name}_FILE" for row in table if row.secret}
    known = {row.name for row in table} | files | set(elsewhere)
    return sorted(name for name in os.environ if name.startswith(prefix) and name not in known)


def unknown_name_texts(name: str, *, guide: str) -> dict[str, str]:
    """Return ``problem``, ``remedy`` and ``impact`` of the finding about such a variable; ``guide`` lists the settings."""
    return {
        "problem": f"{name} is set, and is no setting.",
        "remedy": f"Correct its name, or take it away: {guide} lists all settings.",
        "impact": "What it should say is not so: the default counts.",
    }
