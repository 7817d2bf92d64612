"""Fields of our request bodies that are stricter, or more lenient, than marshmallow's own."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from connector.domain.payments.payment import Channel

# What the doors take as ids, for the documents: they are read, and refused in words, past the schemas.
RECORD_ID = r"^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$"
USER_ID = r"^005[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$"
ORG_ID = r"^00[Dd][A-Za-z0-9]{12}([A-Za-z0-9]{3})?$"
REFERENCE = r"^[A-Za-z0-9_]{1,40}$"
_CHANNEL = validate.OneOf([c.value for c in Channel], error="Use sms or whatsapp.")


class YesOrNo(fields.Boolean):
    """A person's word: true or false, and nothing that might pass for either."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Use true or false.")
        return value


class ChannelWord(fields.String):
    """A channel by its word, in whatever case and with whatever spaces a person wrote it; where none is needed "" is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=_CHANNEL, **options)

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Read the word as we write it."""
        if isinstance(value, str):
            value = value.strip().lower()
        return super().deserialize(None if value == "" and self.allow_none else value, *args, **kwargs)
