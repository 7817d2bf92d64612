"""The language of the reader of the present request's answer, and the locale of the reader's numbers."""

from __future__ import annotations

from contextvars import ContextVar

from connector.languages.catalogues import ENGLISH

_language: ContextVar[str | None] = ContextVar("reader_language", default=None)
_locale: ContextVar[str] = ContextVar("reader_locale", default="")


def forget_reader() -> None:
    """Begin a request whose reader is not known yet: a thread answers one after the other."""
    _language.set(None)
    _locale.set("")


def remember_language(language: str, locale: str = "") -> None:
    """Have the sentences of this request's answer be in ``language`` with the numbers of ``locale``, as Salesforce names both."""
    _language.set(language)
    _locale.set(locale)


def reader_language() -> str:
    """Return the language of this request's reader; English where there is no reader, as in a worker."""
    return _language.get() or ENGLISH


def reader_locale() -> str:
    """Return the locale of this request's reader; empty where only the language is known."""
    return _locale.get()


def is_reader_known() -> bool:
    """Return whether this request's reader is known."""
    return _language.get() is not None
