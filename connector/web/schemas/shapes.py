"""The shapes that others are made of: the base, sentences, a person, what is withheld."""

from __future__ import annotations

from marshmallow import RAISE, Schema, fields, validate

ACTIONS = ("cancel", "replace", "capture", "reverse", "refresh", "release", "show_receipt", "send_receipt", "copy_link")


class Shape(Schema):
    """The base of response schemas: unknown fields are refused, so that a new field must be declared."""

    class Meta:
        unknown = RAISE


class SentenceShape(Shape):
    """A sentence of the catalogue by its id, with its values; ``from``: when it becomes the one to show."""

    id = fields.String(required=True)
    values = fields.Dict(keys=fields.String(), required=True)
    from_ = fields.DateTime(data_key="from", allow_none=True)


class TimelineShape(Shape):
    """One line of a request's history."""

    at = fields.DateTime(required=True)
    id = fields.String(required=True)
    values = fields.Dict(keys=fields.String(), required=True)


class PersonShape(Shape):
    """Who acted: a Salesforce user, or an API key by its id and name."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class WithheldShape(Shape):
    """What a person may not do to a payment request, though it could be done, and why."""

    action = fields.String(required=True, validate=validate.OneOf(ACTIONS))
    sentence = fields.Nested(SentenceShape, required=True)
