"""The recursive-descent parser of SOQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from sandbox.org.soql.grammar.aliases import without_aliases
from sandbox.org.soql.grammar.condition_parser import AGGREGATES, KEYWORDS, ConditionParser
from sandbox.org.soql.grammar.syntax import (
    Aggregate,
    ChildQuery,
    Column,
    Comparison,
    Condition,
    Logical,
    OrderBy,
    Query,
    SelectedField,
)
from sandbox.org.soql.grammar.tokens import TokenReader, tokenize
from sandbox.org.wire.errors import ApiError, malformed_query

# Left out, since nothing of ours asks so: TYPEOF, GROUP BY ROLLUP and CUBE, FOR UPDATE, FOR VIEW, USING SCOPE.
_ALL_FIELDS = ("ALL", "STANDARD", "CUSTOM")
# https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_comparisonoperators.htm
_MAX_SEMI_JOINS = 2


# A caller asks the same again and again, with an id or two that differ; a tree never changes.
@lru_cache(maxsize=256)
def parse(text: str) -> Query:
    """Return the tree. Raises ApiError MALFORMED_QUERY."""
    query = _QueryParser(TokenReader(tokenize(text))).query()
    _check_semi_joins(query.where)
    _check_columns(query)
    for child in query.children:
        _check_semi_joins(child.query.where)
        _check_child(child.query)
    return query


def _check_columns(query: Query) -> None:
    keys = [one.key for one in query.fields] + [child.relationship.lower() for child in query.children]
    repeated = next((key for key in keys if keys.count(key) > 1), None)
    if repeated is not None:
        raise malformed_query(f"duplicate field selected: {repeated}")
    if query.is_aggregate and query.children:
        raise malformed_query("Sub-selects cannot be selected beside aggregates")
    if not query.is_aggregate and any(one.alias and not one.function for one in query.fields):
        raise malformed_query("only aggregate expressions use field aliasing")


def _check_child(query: Query) -> None:
    _check_columns(query)
    if query.is_aggregate:
        raise malformed_query("aggregates are not allowed in a sub-select")


def _check_semi_joins(where: Condition | None) -> None:
    joins = [one for one in _comparisons(where) if one.semi_join]
    top = where.parts if isinstance(where, Logical) and where.operator == "AND" else (where,)
    if any(join not in top for join in joins):
        message = "Semi join sub-selects are only allowed at the top level WHERE expressions"
        raise malformed_query(f"{message} and not in nested WHERE expressions.")
    if any(inner.semi_join for join in joins if join.semi_join for inner in _comparisons(join.semi_join.where)):
        raise malformed_query("Nesting of semi join sub-selects is not supported")
    if len(joins) > _MAX_SEMI_JOINS:
        message = f"Maximum of {_MAX_SEMI_JOINS} semi join sub-selects are allowed"
        raise ApiError("EXCEEDED_MAX_SEMIJOIN_SUBSELECTS", message)


def _comparisons(condition: Condition | None) -> Iterator[Comparison]:
    if isinstance(condition, Comparison):
        yield condition
    elif condition is not None:
        for part in condition.parts:
            yield from _comparisons(part)


class _QueryParser(ConditionParser):
    def query(self, *, is_child: bool = False) -> Query:
        """Return the query that begins here. Raises ApiError MALFORMED_QUERY."""
        reader = self._reader
        reader.expect("SELECT")
        # COUNT() without a field is no column: the size of the answer is the count.
        counts = not is_child and reader.has("COUNT", "(", ")")
        columns = () if counts else self._columns(is_child=is_child)
        reader.expect("FROM")
        object_name, aliases = self._from()
        where = self._either() if reader.has("WHERE") else None
        # Both are taken and change nothing: rights and field-level security hold for every call of the API anyway.
        if reader.has("WITH") and not (reader.has("USER_MODE") or reader.has("SECURITY_ENFORCED")):
            raise reader.unexpected()
        group_by = self._listed(lambda: reader.take("word")) if reader.has("GROUP", "BY") else ()
        having = self._either() if group_by and reader.has("HAVING") else None
        order_by = self._listed(self._order_by) if reader.has("ORDER", "BY") else ()
        limit = self._whole_number() if reader.has("LIMIT") else None
        offset = self._whole_number() if reader.has("OFFSET") else 0
        if not is_child and reader.peek().kind != "end":
            raise reader.unexpected()
        query = Query(columns, object_name, where, order_by, limit, offset, counts, group_by, having)
        return without_aliases(query, aliases)

    def _from(self) -> tuple[str, dict[str, str]]:
        """Return the object, and the aliases as {alias: path from the object}."""
        object_name = self._reader.take("word")
        aliases = {self._alias().lower(): ""}
        while self._reader.has(","):
            head, _, rest = self._reader.take("word").partition(".")
            if head.lower() not in aliases or not rest:
                raise malformed_query(f"{head} is no alias of the FROM clause")
            prefix = aliases[head.lower()]
            aliases[self._alias().lower()] = f"{prefix}.{rest}" if prefix else rest
        aliases.pop("", None)
        return object_name, aliases

    def _alias(self) -> str:
        """Take an alias if one comes next, with or without AS."""
        named = self._reader.has("AS") or self._reader.peek().kind == "word"
        if not named or self._reader.peek().text.upper() in KEYWORDS:
            return ""
        return self._reader.take("word")

    def _columns(self, *, is_child: bool) -> tuple[Column, ...]:
        columns = self._listed(lambda: self._column(is_child=is_child))
        # Salesforce names aggregates without an alias expr0, expr1 and so on, counting those alone.
        unnamed = 0
        for place, one in enumerate(columns):
            if isinstance(one, Aggregate) and not one.name:
                columns = (*columns[:place], replace(one, name=f"expr{unnamed}"), *columns[place + 1 :])
                unnamed += 1
        return columns

    def _column(self, *, is_child: bool) -> Column:
        if self._reader.has("("):
            if is_child:
                # Salesforce allows five levels since version 58.0; this sandbox one, as before that.
                raise malformed_query("a sub-select in a sub-select is more than this sandbox answers")
            child = self.query(is_child=True)
            self._reader.expect(")")
            return ChildQuery(child.object_name, child)
        word = self._reader.take("word")
        if not self._reader.has("("):
            return SelectedField(word, alias=self._alias())
        return self._function(word)

    def _function(self, word: str) -> Column:
        function, inner = word.upper(), self._reader.take("word")
        if function == "FORMAT" and self._reader.has("("):
            field = self._reader.take("word")
            self._reader.expect(")")
            self._reader.expect(")")
            return replace(self._aggregate(inner, field), formatted=True)
        self._reader.expect(")")
        if function == "FIELDS" and inner.upper() in _ALL_FIELDS:
            return SelectedField(f"FIELDS({inner.upper()})")
        if function in ("TOLABEL", "FORMAT"):
            return SelectedField(inner, "toLabel" if function == "TOLABEL" else function, self._alias())
        return self._aggregate(word, inner)

    def _aggregate(self, word: str, field: str) -> Aggregate:
        if word.upper() not in AGGREGATES:
            raise malformed_query(f"unknown function: {word}")
        return Aggregate(word.upper(), field, self._alias())

    def _order_by(self) -> OrderBy:
        field = self._operand()
        descending = self._reader.has("DESC")
        if not descending:
            self._reader.has("ASC")
        # Nulls come first unless the query says otherwise:
        # https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_orderby.htm
        nulls_last = self._reader.has("NULLS", "LAST")
        if not nulls_last:
            self._reader.has("NULLS", "FIRST")
        return OrderBy(field, descending, nulls_last)

    def _whole_number(self) -> int:
        text = self._reader.take("number")
        if not text.isdigit():
            raise malformed_query(f"not a whole number: {text}")
        return int(text)
