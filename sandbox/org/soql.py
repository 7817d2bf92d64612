"""SOQL text to a tree: knows the grammar that the sandbox understands, and refuses to know objects or records."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from sandbox.org.errors import ApiError, malformed_query

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|[^'\\])*')"
    r"|(?P<time>\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))?)"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_][\w.]*(?::\d+)?)"
    r"|(?P<sign><=|>=|!=|<>|[=<>(),]))"
)
_ESCAPES = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "b": "\b",
    "f": "\f",
    '"': '"',
    "'": "'",
    "\\": "\\",
    "_": "\\_",
    "%": "\\%",
}
_COMPARISONS = {"=", "!=", "<>", "<", ">", "<=", ">="}
_DEEPEST = 50


@dataclass(frozen=True)
class Token:
    kind: str
    text: str


@dataclass(frozen=True)
class Literal:
    """One value of a condition; kind is text, number, time, date, boolean, null or range (LAST_N_DAYS:3)."""

    kind: str
    value: str | Decimal | bool | None


@dataclass(frozen=True)
class Comparison:
    field: str
    operator: str
    literals: tuple[Literal, ...]


@dataclass(frozen=True)
class Junction:
    """AND, OR, NOT or GROUP (parentheses) of the parts."""

    word: str
    parts: tuple["Condition", ...]


Condition: TypeAlias = Comparison | Junction


@dataclass(frozen=True)
class Sorting:
    field: str
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True)
class Query:
    fields: tuple[str, ...]
    object_name: str
    where: Condition | None = None
    order_by: tuple[Sorting, ...] = ()
    limit: int | None = None
    offset: int = 0
    counts: bool = False


def parse(text: str) -> Query:
    """Return the tree. Raises ApiError MALFORMED_QUERY."""
    return _Parser(_tokens(text)).query()


def _tokens(text: str) -> list[Token]:
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise malformed_query(f"unexpected token: {text[position : position + 20].strip()!r}")
        tokens.append(Token(str(found.lastgroup), found[str(found.lastgroup)]))
        position = found.end()
    return tokens


def _unescaped(quoted: str) -> str:
    def replaced(found: re.Match[str]) -> str:
        if found[1] not in _ESCAPES:
            raise malformed_query(f"Invalid string literal: illegal character sequence '\\{found[1]}'")
        return _ESCAPES[found[1]]

    return re.sub(r"\\(.)", replaced, quoted[1:-1], flags=re.DOTALL)


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    # Reading tokens

    def _peek(self) -> Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else Token("end", "")

    def _take(self, kind: str) -> str:
        token = self._peek()
        if token.kind != kind:
            raise self._unexpected()
        self._next += 1
        return token.text

    def _unexpected(self) -> ApiError:
        token = self._peek()
        return malformed_query(f"unexpected token: '{token.text}'" if token.text else "unexpected end of query")

    def _has(self, *words: str) -> bool:
        """Take the words if they come next."""
        ahead = self._tokens[self._next : self._next + len(words)]
        if [token.text.upper() for token in ahead] != list(words) or any(token.kind == "text" for token in ahead):
            return False
        self._next += len(words)
        return True

    def _expect(self, word: str) -> None:
        if not self._has(word):
            raise self._unexpected()

    # Clauses

    def query(self) -> Query:
        self._expect("SELECT")
        counts = self._has("COUNT", "(", ")")
        fields = () if counts else self._fields()
        self._expect("FROM")
        object_name = self._take("word")
        where = self._either() if self._has("WHERE") else None
        if self._has("WITH") and not (self._has("USER_MODE") or self._has("SECURITY_ENFORCED")):
            raise self._unexpected()
        order_by = self._sortings() if self._has("ORDER", "BY") else ()
        limit = self._whole_number() if self._has("LIMIT") else None
        offset = self._whole_number() if self._has("OFFSET") else 0
        if self._peek().kind != "end":
            raise self._unexpected()
        return Query(fields, object_name, where, order_by, limit, offset, counts)

    def _fields(self) -> tuple[str, ...]:
        fields = [self._take("word")]
        while self._has(","):
            fields.append(self._take("word"))
        if len({name.lower() for name in fields}) != len(fields):
            raise malformed_query("duplicate field selected")
        return tuple(fields)

    def _sortings(self) -> tuple[Sorting, ...]:
        sortings = [self._sorting()]
        while self._has(","):
            sortings.append(self._sorting())
        return tuple(sortings)

    def _sorting(self) -> Sorting:
        field = self._take("word")
        descending = self._has("DESC")
        if not descending:
            self._has("ASC")
        nulls_last = self._has("NULLS", "LAST")
        if not nulls_last:
            self._has("NULLS", "FIRST")
        return Sorting(field, descending, nulls_last)

    def _whole_number(self) -> int:
        text = self._take("number")
        if not text.isdigit():
            raise malformed_query(f"not a whole number: {text}")
        return int(text)

    # Conditions

    def _either(self) -> Condition:
        return self._joined("OR", self._both)

    def _both(self) -> Condition:
        return self._joined("AND", self._one)

    def _joined(self, word: str, part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self._has(word):
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        other = "AND" if word == "OR" else "OR"
        # Salesforce refuses a AND b OR c without parentheses instead of ranking the two words.
        if any(isinstance(p, Junction) and p.word == other for p in parts):
            raise malformed_query("AND and OR need parentheses when they stand together")
        return Junction(word, tuple(parts))

    def _one(self) -> Condition:
        if self._has("NOT"):
            return Junction("NOT", (self._one(),))
        if self._has("("):
            return self._enclosed()
        return self._comparison()

    def _enclosed(self) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise malformed_query("too many parentheses")
        inner = self._either()
        self._expect(")")
        self._depth -= 1
        # A group of one: keeps the parentheses visible to the check above.
        return Junction("GROUP", (inner,))

    def _comparison(self) -> Comparison:
        field = self._take("word")
        if self._has("NOT", "IN"):
            return Comparison(field, "NOT IN", self._literals())
        if self._has("IN"):
            return Comparison(field, "IN", self._literals())
        if self._has("LIKE"):
            return Comparison(field, "LIKE", (self._literal(),))
        sign = self._take("sign")
        if sign not in _COMPARISONS:
            raise malformed_query(f"unexpected token: '{sign}'")
        return Comparison(field, "!=" if sign == "<>" else sign, (self._literal(),))

    def _literals(self) -> tuple[Literal, ...]:
        self._expect("(")
        if self._peek().text.upper() == "SELECT":
            raise malformed_query("the sandbox does not know semi-joins")
        literals = [self._literal()]
        while self._has(","):
            literals.append(self._literal())
        self._expect(")")
        return tuple(literals)

    def _literal(self) -> Literal:
        token = self._peek()
        self._next += 1
        match token.kind:
            case "text":
                return Literal("text", _unescaped(token.text))
            case "number":
                return Literal("number", Decimal(token.text))
            case "time":
                return Literal("time" if "T" in token.text else "date", token.text)
            case "word":
                return self._word_literal(token.text.upper())
        self._next -= 1
        raise self._unexpected()

    def _word_literal(self, word: str) -> Literal:
        if word == "NULL":
            return Literal("null", None)
        if word in ("TRUE", "FALSE"):
            return Literal("boolean", word == "TRUE")
        if word in ("TODAY", "YESTERDAY", "TOMORROW") or re.fullmatch(r"LAST_N_DAYS:\d{1,4}", word):
            return Literal("range", word)
        raise malformed_query(f"unexpected token: '{word}'")
