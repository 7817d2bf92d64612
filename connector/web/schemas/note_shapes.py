"""Serialize the note on an order."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from connector.domain.people.order_note import OrderNote
from connector.web.schemas.shapes import PersonShape, Shape
from connector.web.wording.sentences import to_json


class NoteShape(Shape):
    """The note from one agent to the next; an empty text: it was taken away, and the version goes on."""

    text = fields.String(required=True)
    author = fields.Nested(PersonShape, required=True)
    written_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


def note_view(note: OrderNote | None) -> dict[str, Any] | None:
    """Return the JSON of a note."""
    if note is None:
        return None
    author = {"id": note.author.user_id, "name": note.author.name}
    return {"text": note.text, "author": author, "written_at": to_json(note.written_at), "version": note.version}
