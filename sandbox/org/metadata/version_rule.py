"""The one validation rule formula that the project ships."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.org.wire.errors import ApiError, StartupError

_SHAPE = re.compile(
    r"AND\( NOT\( ISNEW\( \) \), NOT\( ISBLANK\( PRIORVALUE\( (?P<asked>\w+) \) \) \), "
    r"(?P<present>\w+) < PRIORVALUE\( (?P<prior>\w+) \) \)".replace(" ", r"\s*"),
    re.IGNORECASE,
)


@dataclass(frozen=True)
class VersionRule:
    """Refuses an update whose number is lower than the one already there; the same number passes."""

    field: str
    message: str
    display_field: str
    name: str = ""

    def check(self, *, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Raises ApiError FIELD_CUSTOM_VALIDATION_EXCEPTION."""
        prior, present = before.get(self.field), after.get(self.field)
        if not isinstance(prior, Decimal) or not isinstance(present, Decimal):
            return
        if present < prior:
            fields = (self.display_field,) if self.display_field else ()
            raise ApiError("FIELD_CUSTOM_VALIDATION_EXCEPTION", self.message, fields=fields)


def parse_validation_rule(elements: Mapping[str, str], *, source: str) -> VersionRule | None:
    """Return the rule of a validation rule file, None where it is inactive. Raises StartupError."""
    if elements.get("active", "").strip() != "true":
        return None
    found = _SHAPE.fullmatch(elements.get("errorConditionFormula", "").strip())
    if found is None or len({name.lower() for name in found.groups()}) != 1:
        raise StartupError(f"{source}: the sandbox cannot evaluate this formula, so it could not keep the rule")
    message = elements.get("errorMessage", "").strip()
    if not message:
        raise StartupError(f"{source}: the rule has no error message")
    return VersionRule(
        field=found["present"],
        message=message,
        display_field=elements.get("errorDisplayField", "").strip(),
        name=elements.get("fullName", "").strip(),
    )
