"""Findings as the commands print them in JSON."""

from __future__ import annotations

from connector.domain.health.finding import Finding


def finding_json(finding: Finding) -> dict[str, str]:
    """Return a finding by the keys of the JSON output."""
    # Scripts read these keys: three of them are older than the names of the fields.
    return {
        "check": finding.check,
        "level": finding.level.value,
        "wrong": finding.problem,
        "mend": finding.remedy,
        "otherwise": finding.impact,
        "subject": finding.subject,
    }
