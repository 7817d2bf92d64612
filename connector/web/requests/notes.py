"""The endpoint that writes the note on an open page's order; always 200 with what became of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import RAISE, Schema, fields, validate

from connector.domain.people.order_note import LONGEST, OrderNote, clean_note
from connector.errors import Invalid
from connector.journeys.recording.write_order_note import NoteOutcome, write_order_note
from connector.services import current_services
from connector.web.callers.bearer import bearer
from connector.web.schemas import request_schemas
from connector.web.schemas.note_shapes import NoteShape, note_view
from connector.web.schemas.shapes import SentenceShape, Shape
from connector.web.wording.sentences import Sentence

blueprint = Blueprint("notes", __name__, url_prefix="/api")


class WholeNumber(fields.Integer):
    """An integer as JSON has them: 2.0 is one, too."""

    def _validated(self, value: Any) -> int:
        whole = isinstance(value, float | Decimal) and value == value // 1
        return super()._validated(int(value) if whole else value)


class NoteSchema(Schema):
    """A note for the next colleague, in place of the one whose version is given; an empty text takes it away."""

    class Meta:
        unknown = RAISE

    # Wider than a note may be: spaces are joined before it is measured, and a sign of several code points counts once.
    text = fields.String(required=True, validate=validate.Length(max=8 * LONGEST))
    version = WholeNumber(required=True, strict=True, validate=validate.Range(min=0, max=2**31 - 1))


class NoteWrittenShape(Shape):
    """What became of a note, and its present text."""

    outcome = fields.Enum(NoteOutcome, by_value=True, required=True)
    sentence = fields.Nested(SentenceShape, required=True)
    note = fields.Nested(NoteShape, required=True, allow_none=True)


NOTE, NOTE_WRITTEN = NoteSchema(), NoteWrittenShape()


@blueprint.post("/order-notes")
def write() -> ResponseReturnValue:
    """Write the note on the token's order; who may see the order's payments may write it."""
    services = current_services()
    caller = bearer(services)
    body: dict[str, Any] = request_schemas.read_body(request, NOTE)
    text = clean_note(body["text"])
    if text is None:
        raise Invalid({"text": [f"Use at most {LONGEST} characters that can be shown."]}).with_sentence("note_refused")
    outcome, note = write_order_note(
        tenant_id=caller.tenant.tenant_id,
        order_id=caller.token.order_id,
        text=text,
        seen=body["version"],
        by=caller.person,
        store=services.store,
        now=services.now(),
    )
    return jsonify({"outcome": outcome.value, "sentence": _sentence(outcome, note), "note": note_view(note)})


def _sentence(outcome: NoteOutcome, note: OrderNote | None) -> dict[str, Any]:
    match outcome:
        case NoteOutcome.SAVED:
            return Sentence("note_saved").as_json()
        case NoteOutcome.REMOVED:
            return Sentence("note_removed").as_json()
        case NoteOutcome.NOTHING:
            return Sentence("note_nothing").as_json()
        case _ if note is None or not note.text:
            return Sentence("note_gone").as_json()
        case _:
            return Sentence("note_changed_meanwhile", {"agent": note.author.name}).as_json()
