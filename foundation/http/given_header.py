"""Read one header of a request, whatever the case of its name."""

from __future__ import annotations

from collections.abc import Mapping


def given_header(headers: Mapping[str, str], name: str) -> str:
    """Return a header's value; empty where it was not sent."""
    # Werkzeug's own finds a name of any case; of others each name has to be looked at.
    found = headers.get(name)
    if found is None:
        found = next((value for given, value in headers.items() if given.lower() == name.lower()), "")
    return found
