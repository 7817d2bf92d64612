"""Knows the static page of a refused launch: one sentence, no data, visible in the frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import render_template

from connector.log import request_id
from connector.web import sentences
from connector.web.security import framed_by


def refusal_page(sentence: str, *, values: Mapping[str, str] | None = None, origins: Sequence[str] = ()) -> str:
    """Return the page that says why nothing is shown."""
    framed_by(origins)
    text = sentences.fill(sentence, dict(values or {}), time_zone="UTC")
    return render_template("refusal.html", sentence=text, request_id=request_id(), text=sentences.catalogue())
