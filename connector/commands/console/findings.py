"""The JSON of findings in the output of commands."""

from __future__ import annotations

from connector.domain.health.finding import Finding


def finding_json(finding: Finding) -> dict[str, str]:
    """Return a finding by the keys of the JSON output."""
    # Scripts read these keys, so three of them keep the former names of the fields.
    return {
        "check": finding.check,
        "level": finding.level.value,
        "wrong": finding.full_problem or finding.problem,
        "mend": finding.remedy,
        "otherwise": finding.impact,
        "subject": finding.subject,
    }
