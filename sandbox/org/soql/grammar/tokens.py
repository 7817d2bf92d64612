"""The tokenizer of SOQL."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sandbox.org.wire.errors import ApiError, malformed_query

# In this order: a date begins as a number does, and `<=` as `<`.
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|[^'\\])*')"
    r"|(?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))?)"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_][\w.]*(?::\d+)?)"
    r"|(?P<sign><=|>=|!=|<>|[=<>(),]))"
)
# https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_quotedstringescapes.htm
# Any other backslash is an error. [A] Left out: the capital letters, and \uXXXX.
_ESCAPES = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "b": "\b",
    "f": "\f",
    '"': '"',
    "'": "'",
    "\\": "\\",
    # These two keep their backslash: only LIKE gives it a meaning.
    "_": "\\_",
    "%": "\\%",
}


@dataclass(frozen=True)
class Token:
    """A token: its kind, and its text as written."""

    kind: str
    text: str


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a query. Raises ApiError MALFORMED_QUERY."""
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise malformed_query(f"unexpected token: {text[position : position + 20].strip()!r}")
        tokens.append(Token(str(found.lastgroup), found[str(found.lastgroup)]))
        position = found.end()
    return tokens


def unescape(quoted: str) -> str:
    """Return the characters of a quoted literal. Raises ApiError MALFORMED_QUERY."""

    def replaced(found: re.Match[str]) -> str:
        if found[1] not in _ESCAPES:
            raise malformed_query(f"Invalid string literal: illegal character sequence '\\{found[1]}'")
        return _ESCAPES[found[1]]

    return re.sub(r"\\(.)", replaced, quoted[1:-1], flags=re.DOTALL)


class TokenReader:
    """The tokens one after another."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def peek(self, ahead: int = 0) -> Token:
        """Return a token without taking it; the kind is `end` behind the last."""
        place = self._next + ahead
        return self._tokens[place] if place < len(self._tokens) else Token("end", "")

    def skip(self) -> None:
        """Take the next token, whatever it is."""
        self._next += 1

    def take(self, kind: str) -> str:
        """Take a token of this kind, and return its text. Raises ApiError MALFORMED_QUERY."""
        token = self.peek()
        if token.kind != kind:
            raise self.unexpected()
        self.skip()
        return token.text

    def unexpected(self) -> ApiError:
        """Return the error about the next token."""
        token = self.peek()
        return malformed_query(f"unexpected token: '{token.text}'" if token.text else "unexpected end of query")

    def has(self, *words: str) -> bool:
        """Take the words if they come next."""
        ahead = self._tokens[self._next : self._next + len(words)]
        # A quoted text keeps its quotes, so 'FROM' is no keyword.
        if [token.text.upper() for token in ahead] != list(words):
            return False
        self._next += len(words)
        return True

    def expect(self, word: str) -> None:
        """Take this word. Raises ApiError MALFORMED_QUERY."""
        if not self.has(word):
            raise self.unexpected()
