"""Ask a core of our own for a message as the customer would read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

import manifests
from connector.core.client import CoreClient
from connector.core.peer_fields import OptionalFlag
from connector.domain.tenants.tenant import CoreAccess
from connector.errors import CoreOutcomeUnknown

_OPERATION = "preview_message"
_ENTRY = manifests.load("core/ours.json")["operations"][_OPERATION]
_NAMES = _ENTRY["answer"]
# More than any message has: a text of a WhatsApp template ends at 1,024 characters.
_LONGEST = 4096


@dataclass(frozen=True)
class MessagePreview:
    """A message before it is sent. ``characters`` are counted in its alphabet: GSM-7, UCS-2 or Unicode.

    ``link``: the part of the text in whose place the real link will be. ``has_template``: outside a conversation an approved
    template is sent, whose words are its own. ``may_offer_reply``: a payer with a saved card reads an offer in its place.
    """

    text: str
    language: str
    parts: int
    characters: int
    alphabet: str
    link: str | None
    has_template: bool
    may_offer_reply: bool


class _MessagePreviewSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    text = fields.String(required=True, data_key=_NAMES["text"], validate=validate.Length(1, _LONGEST))
    language = fields.String(required=True, data_key=_NAMES["language"], validate=validate.Length(2, 20))
    parts = fields.Integer(required=True, strict=True, data_key=_NAMES["parts"])
    characters = fields.Integer(required=True, strict=True, data_key=_NAMES["characters"])
    alphabet = fields.String(required=True, data_key=_NAMES["alphabet"], validate=validate.Length(1, 20))
    # An earlier core of ours does not have these.
    link = fields.String(data_key=_NAMES["link"], load_default=None)
    template = fields.Raw(data_key=_NAMES["template"], load_default=None)
    may_offer_reply = OptionalFlag(data_key=_NAMES["may_offer_reply"])

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> MessagePreview:
        has_template, may_offer = data.pop("template") is not None, bool(data.pop("may_offer_reply"))
        return MessagePreview(**data, has_template=has_template, may_offer_reply=may_offer)


_SCHEMA = _MessagePreviewSchema()


def ask_message_preview(core: CoreClient, access: CoreAccess, **asked: str) -> MessagePreview:
    """Return the message for ``asked``: purpose, channel, language, total, currency, order_number.

    Raises:
        CoreRefused: status 404 where this core shows no messages; CoreUnavailable, CoreOutcomeUnknown.
    """
    query = {_ENTRY["query"][word]: value for word, value in asked.items()}
    answer = core.ask_own(access, _OPERATION, query=query)
    try:
        preview: MessagePreview = _SCHEMA.load(answer)
    except ValidationError as error:
        raise CoreOutcomeUnknown("The payment core's answer could not be read.", operation=_OPERATION) from error
    return preview
