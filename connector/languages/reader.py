"""The language of the reader of the present request's answer."""

from __future__ import annotations

from contextvars import ContextVar

from connector.languages.catalogues import ENGLISH

_language: ContextVar[str | None] = ContextVar("reader_language", default=None)


def forget_reader() -> None:
    """Begin a request whose reader is not known yet: a thread answers one after the other."""
    _language.set(None)


def remember_language(language: str) -> None:
    """Have the sentences of this request's answer be in ``language``, as Salesforce names it."""
    _language.set(language)


def reader_language() -> str:
    """Return the language of this request's reader; English where there is no reader, as in a worker."""
    return _language.get() or ENGLISH


def is_reader_known() -> bool:
    """Return whether this request's reader is known."""
    return _language.get() is not None
