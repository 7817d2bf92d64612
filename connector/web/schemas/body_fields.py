"""Schema fields for request bodies that are stricter, or more lenient, than marshmallow's own."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from connector.domain.payments.payment import Channel

# For the OpenAPI documents only: ids are read, and refused with a sentence, after the schemas.
RECORD_ID = r"^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$"
USER_ID = r"^005[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$"
ORG_ID = r"^00[Dd][A-Za-z0-9]{12}([A-Za-z0-9]{3})?$"
REFERENCE = r"^[A-Za-z0-9_]{1,40}$"
_CHANNEL = validate.OneOf([c.value for c in Channel], error="Use sms or whatsapp.")


class YesOrNo(fields.Boolean):
    """A JSON boolean, and none of the texts and numbers that marshmallow also accepts."""

    # A person's consent must not be inferred from "on" or 1.
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Use true or false.")
        return value


class ChannelWord(fields.String):
    """A channel's name in any letter case, with spaces around it; where the field is optional "" reads as null."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=_CHANNEL, **options)

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """Normalise the name before it is validated."""
        if isinstance(value, str):
            value = value.strip().lower()
        return super().deserialize(None if value == "" and self.allow_none else value, *args, **kwargs)
