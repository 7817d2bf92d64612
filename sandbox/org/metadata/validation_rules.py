"""The validation rules of the project's files, as the org keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.org.metadata.formulas import Formula, RecordChange, parse_formula
from sandbox.org.wire.errors import ApiError, StartupError


@dataclass(frozen=True)
class ValidationRule:
    """Refuses a change of which its formula is true."""

    name: str
    formula: Formula
    message: str
    display_field: str

    def check(self, change: RecordChange) -> None:
        """Check a row against the rule. Raises ApiError FIELD_CUSTOM_VALIDATION_EXCEPTION."""
        if self.formula.holds(change):
            # A rule without an error location is shown at the top of the page, and its error names no field.
            fields = (self.display_field,) if self.display_field else ()
            raise ApiError("FIELD_CUSTOM_VALIDATION_EXCEPTION", self.message, fields=fields)


def parse_validation_rule(elements: Mapping[str, str], *, source: str) -> ValidationRule | None:
    """Return the rule of a validation rule file, None where it is inactive. Raises StartupError."""
    # An inactive rule is part of a deployment like any other, and refuses nothing.
    if elements.get("active", "").strip() != "true":
        return None
    formula = parse_formula(elements.get("errorConditionFormula", ""), source=source)
    message = elements.get("errorMessage", "").strip()
    if not message:
        raise StartupError(f"{source}: the rule has no error message")
    return ValidationRule(
        name=elements.get("fullName", "").strip(),
        formula=formula,
        message=message,
        display_field=elements.get("errorDisplayField", "").strip(),
    )
