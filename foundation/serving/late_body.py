"""The time limit of a request, and the body of one that did not arrive within it."""

from __future__ import annotations

from io import BytesIO
from typing import Any, NoReturn

from werkzeug.exceptions import RequestTimeout

# A request whose headers and body have not arrived by then is refused, and its connection closed.
REQUEST_SECONDS = 10.0


class LateBody(BytesIO):
    """The body of a request that took too long to arrive; reading it raises.

    The request still reaches its endpoint: a missing credential is 401 before the body is needed.
    """

    def read(self, *_: Any) -> NoReturn:
        """Refuse to read.

        Raises:
            RequestTimeout: always.
        """
        raise RequestTimeout

    readinto = readline = readlines = read1 = read
