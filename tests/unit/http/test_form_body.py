"""Form bodies are written by a way of our own, which agrees with Python's."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from hypothesis import given
from hypothesis import strategies as st

from foundation.http.form_body import form_body

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(_TEXTS, _TEXTS), max_size=5))
def test_a_form_is_written_as_urlencode_writes_it(fields: list[tuple[str, str]]) -> None:
    body = form_body(fields)
    assert body == urlencode(fields).encode()
    assert parse_qsl(body.decode(), keep_blank_values=True) == fields
