"""A merchant's approved templates: what a WhatsApp message must name unless the customer wrote lately."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass

from payment_core.domain.enums import Channel

# https://www.twilio.com/docs/content/content-api-resources; behind the id the merchant may say how the template calls
# its variables: `HX… merchant,amount,url` for {{1}}, {{2}}, {{3}}, or `HX… *` for variables with our own names.
_APPROVED = re.compile(r"(HX[0-9a-fA-F]{32})(?: (\*|[a-z_0-9]+(?:,[a-z_0-9]+)*))?")
_BY_NAME = "*"
# A value may hold no line break, no tab and no run of spaces, and must not be empty: error 21656.
_EMPTY = "-"


@dataclass(frozen=True)
class ApprovedTemplate:
    """A template by the provider's id. ``order`` names its numbered variables; None: the order of our own text."""

    content_id: str
    order: tuple[str, ...] | None = None
    by_name: bool = False

    def variables(self, text: str, values: Mapping[str, str]) -> dict[str, str]:
        """Return the variables to send: exactly those that the template has, since others are refused (63028)."""
        # What is no place of our text (a button's payload) comes after those that are.
        written = tuple(dict.fromkeys(name for _, name, _, _ in string.Formatter().parse(text) if name))
        names = self.order or (*written, *(one for one in values if one.startswith("payload")))
        found = {name: " ".join(values.get(name, "").split()) or _EMPTY for name in names}
        if self.by_name:
            return found
        return {str(place): value for place, value in enumerate(found.values(), start=1)}


def read_template(configured: str) -> ApprovedTemplate | None:
    """Return the approved template that a configured text names; None where it is a text to send."""
    found = _APPROVED.fullmatch(configured.strip())
    if found is None:
        return None
    order = tuple(found[2].split(",")) if found[2] and found[2] != _BY_NAME else None
    return ApprovedTemplate(found[1], order, by_name=found[2] == _BY_NAME)


def approved(
    own: Mapping[str, str], name: str, channel: Channel, languages: tuple[str, ...]
) -> ApprovedTemplate | None:
    """Return a merchant's approved template for a text, in the first of these languages that has one.

    Templates are approved for each language; ``name.channel`` names one that serves for all.
    """
    if not own:
        return None
    keys = (*(f"{name}.{channel.value}.{language}" for language in languages), f"{name}.{channel.value}")
    found = (read_template(own.get(key, "")) for key in keys)
    return next((one for one in found if one is not None), None)
