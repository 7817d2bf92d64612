"""Render errors for people: the sentence of an error, and the page of a refused launch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import g, render_template, request

from connector.domain.tenants.tenant import Tenant
from connector.errors import ServiceError
from connector.languages.catalogues import ENGLISH, catalogue, direction, is_spoken, spoken
from connector.languages.reader import is_reader_known, reader_language, remember_language
from connector.web.responses.security_headers import framed_by
from connector.web.wording import sentences
from connector.web.wording.sentences import Sentence
from foundation.log import request_id

_ADMIN = "chat2pay_admin"


def remember_admin(tenant: Tenant) -> None:
    """Have errors later in this request name the tenant's administrator."""
    setattr(g, _ADMIN, tenant.admin_contact)


def sentence_of(error: ServiceError) -> Sentence | None:
    """Return the error's own sentence, else that of its code; None where the catalogue has none that can be filled in."""
    sentence_id = error.sentence or error.code.value
    values = _with_admin(error.values)
    if sentence_id not in catalogue() or not sentences.places_of(sentence_id) <= values.keys():
        return None
    return Sentence(sentence_id, values)


def message_of(error: ServiceError) -> str:
    """Return an error in words: its own sentence in the reader's language where it has one, else its message."""
    sentence = sentence_of(error) if error.sentence else None
    if sentence is None:
        return error.message
    return sentences.fill(sentence.id, sentence.values, time_zone="UTC")


def refusal_page(sentence: str, *, values: Mapping[str, Any] | None = None, origins: Sequence[str] = ()) -> str:
    """Return the page that explains a refusal, framed by ``origins`` only; an empty list means any Salesforce org."""
    framed_by(origins)
    remember_language(_visitor_language())
    text = sentences.fill(sentence, _with_admin(values or {}), time_zone="UTC")
    return render_template("refusal.html", sentence=text, request_id=request_id(), **page_language())


def page_language() -> dict[str, Any]:
    """Return what a page without data is written with: the catalogue of its visitor's language, and how that is written."""
    language = _visitor_language()
    return {"text": catalogue(language), "locale": language, "direction": direction(language)}


def _visitor_language() -> str:
    """Return the language for a page: its reader's, else the one that the browser asks for."""
    if is_reader_known():
        return spoken(reader_language())
    # Werkzeug's own match takes English before ar-EG, of which only ar is here.
    asked = (named for named, _ in request.accept_languages)
    return next((spoken(named) for named in asked if is_spoken(named)), ENGLISH)


def _with_admin(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"admin": getattr(g, _ADMIN, None) or catalogue(reader_language())["admin_unknown"], **values}
