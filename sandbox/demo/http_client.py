"""Knows how the demo knocks at the three origins; refuses to show an address, which can hold a number or a token."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import requests

from sandbox.demo.errors import UnexpectedAnswer

_ANSWER_WITHIN_S = 20.0
_LOOK_EVERY_S = 0.05
Found = TypeVar("Found")


class HttpClient:
    """One origin, as a client that keeps nothing of its own: no cookies of others, no proxies, no .netrc."""

    def __init__(self, name: str, origin: str) -> None:
        self.name = name
        self.origin = origin
        self._session = requests.Session()
        # a .netrc would replace our Authorization, a proxy would be asked for loopback addresses
        self._session.trust_env = False

    def ask(self, method: str, path: str, *, expect: int | tuple[int, ...] = 200, **options: Any) -> requests.Response:
        """Return the answer. Raises Unexpected for none, or for another status than expected."""
        answer = self._answer(method, path, **options)
        wanted = (expect,) if isinstance(expect, int) else expect
        if answer.status_code not in wanted:
            raise UnexpectedAnswer(f"the {self.name} answered {answer.status_code}{_code_of(answer)}")
        return answer

    def read(self, path: str, **options: Any) -> Any:
        """Return the JSON that a GET answers."""
        return self.ask("GET", path, **options).json()

    def answers(self, path: str) -> bool:
        """Say whether a GET is answered with 200 now."""
        try:
            return self._session.get(self.origin + path, timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def _answer(self, method: str, path: str, **options: Any) -> requests.Response:
        url = path if path.startswith(self.origin) else self.origin + path
        try:
            return self._session.request(method, url, timeout=_ANSWER_WITHIN_S, **options)
        except requests.RequestException as error:
            # the exception's own text holds the address
            raise UnexpectedAnswer(f"the {self.name} gave no answer ({type(error).__name__})") from None


def wait_for(look: Callable[[], Found | None], *, within: float, otherwise: Callable[[], str]) -> Found:
    """Look until something is found and return it. Raises Unexpected with the words of `otherwise`."""
    until = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise UnexpectedAnswer(f"{otherwise()} after {within:.0f} s")
        time.sleep(_LOOK_EVERY_S)


def _code_of(answer: requests.Response) -> str:
    """Return the code that an error body names, in any of the three peers' shapes."""
    try:
        body = answer.json()
    except ValueError:
        return ""
    told = body[0] if isinstance(body, list) and body else body
    if not isinstance(told, dict):
        return ""
    inner = told.get("error")
    code = inner.get("code") if isinstance(inner, dict) else inner or told.get("errorCode") or told.get("code")
    return f" {code}" if isinstance(code, str) else ""
