"""Schema fields for amounts in responses."""

from __future__ import annotations

from marshmallow import fields


class Amount(fields.String):
    """A decimal string in the currency's own digits."""

    sign_pattern = ""


class SignedAmount(Amount):
    """An amount that may be below zero, as a discount makes it."""

    sign_pattern = "-?"
