"""HTTP to the three origins. No error shows an address: it can hold a phone number or a token."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests

from sandbox.processes.errors import UnexpectedAnswer

_TIMEOUT_S = 20.0
_POLL_S = 0.05
_LONGEST_POLL_S = 1.0
Found = TypeVar("Found")


class HttpClient:
    """A client of one origin."""

    def __init__(self, name: str, origin: str) -> None:
        self.name = name
        self.origin = origin
        self._session = requests.Session()
        # A .netrc would replace our Authorization, and a proxy would be asked for loopback addresses.
        self._session.trust_env = False

    def request(
        self, method: str, path: str, *, expect: int | tuple[int, ...] = 200, **options: Any
    ) -> requests.Response:
        """Return the answer.

        Raises:
            UnexpectedAnswer: none came, or one with another status than expected.
        """
        answer = self._send(method, path, **options)
        expected = (expect,) if isinstance(expect, int) else expect
        if answer.status_code not in expected:
            raise UnexpectedAnswer(f"the {self.name} answered {answer.status_code}{_code_of(answer)}")
        return answer

    def get_json(self, path: str, **options: Any) -> Any:
        """Return the JSON that a GET answers."""
        return self.request("GET", path, **options).json()

    def answers(self, path: str) -> bool:
        """Return whether a GET is answered with 200 now."""
        try:
            return self._session.get(self.origin + path, timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:
        url = path if path.startswith(self.origin) else self.origin + path
        try:
            return self._session.request(method, url, timeout=_TIMEOUT_S, **options)
        except requests.RequestException as error:
            # The exception's own text holds the address.
            raise UnexpectedAnswer(f"the {self.name} gave no answer ({type(error).__name__})") from None


def wait_for(probe: Callable[[], Found | None], *, within: float, message: Callable[[], str]) -> Found:
    """Poll until the probe returns something true, and return it; `within` is in seconds.

    Raises:
        UnexpectedAnswer: it did not in time; the text is that of `message`.
    """
    begun = time.monotonic()
    while True:
        found = probe()
        if found:
            return found
        waited = time.monotonic() - begun
        if waited > within:
            raise UnexpectedAnswer(f"{message()} after {within:.0f} s")
        # Who is asked shares the processor with what is waited for: less often, the longer it has taken already.
        time.sleep(min(max(_POLL_S, waited / 20), _LONGEST_POLL_S))


def _code_of(answer: requests.Response) -> str:
    """Return the code that an error body names, in any of the three peers' shapes."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    error = body[0] if isinstance(body, list) and body else body
    if not isinstance(error, dict):
        return ""
    inner = error.get("error")
    code = inner.get("code") if isinstance(inner, dict) else inner or error.get("errorCode") or error.get("code")
    return f" {code}" if isinstance(code, str) else ""
