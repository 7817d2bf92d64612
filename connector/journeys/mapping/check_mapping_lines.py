"""Check the lines of orders against the org: what cannot be read is a hint, because links go out without lines, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from connector.domain.health.finding import Finding, Level
from connector.salesforce.inspection.mapping_inspector import MappingInspector, soon_finding
from connector.salesforce.metadata.field_requirements import READ_AMOUNT, READ_ANY, READ_TEXT, unmet_requirement
from manifests.core_hosts import is_vendors_core

_NO_LINES = "The payment page lists nothing: customers read the total alone."
_OR_NONE = "Set read.lines to null where customers are to read the total alone."
_NEEDS = {"order": READ_ANY, "name": READ_TEXT, "quantity": READ_AMOUNT, "amount": READ_AMOUNT}


def check_mapping_lines(inspector: MappingInspector) -> Iterator[Finding]:
    """Yield what of the lines cannot be read; nothing where they are switched off, or where the core takes none."""
    lines = inspector.mapping.lines
    if lines is None or is_vendors_core(inspector.tenant.core.base_url):
        return
    if inspector.described(lines.object) is None:
        yield soon_finding(
            "read.lines.object",
            f"The org shows our user no object {lines.object}, where the lines of orders are.",
            f"Deploy the Salesforce project again: Chat 2 Pay Integration reads order products and products. {_OR_NONE}",
            _NO_LINES,
        )
        return
    for name, need in _NEEDS.items():
        entry, path = f"read.lines.{name}", getattr(lines, name)
        found = inspector.follow(entry, path, _NO_LINES, start=lines.object)
        if isinstance(found, Finding):
            yield replace(found, level=Level.SOON, remedy=f"{found.remedy} {_OR_NONE}")
        elif unmet := unmet_requirement(need, found):
            remedy = f"Map {entry} to a field that is {need.kind}. {_OR_NONE}"
            yield soon_finding(entry, f"{path} of {lines.object} {unmet}.", remedy, _NO_LINES)
