"""What is asked of a table: the parameters of an address, read once from the columns of the table.

What belongs here: names, types and refusals of parameters. What does not: which rows they mean, which is `selection`.

A parameter that is not understood is refused (400) with its name and what is allowed; none is passed over.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import parse_qsl

from pipelines.contracts.reading import NUMERIC, ReadColumn, ReadTable, words
from portal.answer import Problem
from portal.values import comparable

OPERATORS: Final = ("eq", "ne", "lt", "lte", "gt", "gte", "in", "contains", "null")
PICKING: Final = frozenset({"version", "published_by", "lang"})
"""Parameters that say which version is meant, and the language."""
CHOOSING: Final = frozenset({"q", "valid_on"})
SHAPING: Final = frozenset({"select", "order"})
PAGING: Final = frozenset({"limit", "after"})
GROUPING: Final = frozenset({"by", "sum", "min", "max", "avg"})
RESERVED: Final = PICKING | CHOOSING | SHAPING | PAGING | GROUPING
"""A column with one of these names is filtered as `<column>__eq`."""
LIMIT, MOST = 100, 1000
"""Rows of a page: how many without `limit`, and the most."""
_PARAMETERS = 200
_WORDS = 32
"""Most parameters of an address, and most words of a search."""
_WHOLE = frozenset({"eq", "ne", "in"})
"""Operators whose value is one of those that a column can have."""
_COMMA = re.compile(r"(?<!\\),")

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Condition:
    """One filter: a column by its number, an operator, and the values as `comparable` makes them."""

    column: int
    operator: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Query:
    """What is asked of one table. `order`: columns by number, and whether descending. `words`: searched ones."""

    conditions: tuple[Condition, ...] = ()
    words: tuple[str, ...] = ()
    valid_on: int | None = None
    select: tuple[int, ...] = ()
    order: tuple[tuple[int, bool], ...] = ()
    limit: int = LIMIT
    by: tuple[int, ...] = ()
    measures: tuple[tuple[str, int], ...] = ()

    @cached_property
    def asked(self) -> str:
        """Sixteen digits that differ where the rows or their order may: of a cursor."""
        return digits(self.conditions, self.words, self.valid_on, self.order, self.by, self.measures)

    def variant(self, *more: Any) -> str:
        """Sixteen digits that differ where the answer may, which is made of `more` too: of an ETag."""
        return digits(self.asked, self.select, self.limit, *more)

    @property
    def whole(self) -> bool:
        """Whether it asks for every row, as it is, in the order of the files."""
        return not (self.conditions or self.words or self.valid_on is not None or self.select or self.order)


def digits(*parts: Any) -> str:
    """Sixteen hexadecimal digits that differ where the parts do."""
    return blake2b(repr(parts).encode("utf-8", "replace"), digest_size=8).hexdigest()


def pairs(query: bytes | str) -> Pairs:
    """The parameters of an address. Raises `Problem` 400 where they cannot be read."""
    try:
        text = query if isinstance(query, str) else query.decode("ascii")
        found = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_PARAMETERS)
    except ValueError as error:
        raise Problem(
            400,
            "query",
            f"Los parámetros de la dirección no se entienden: deben ir en UTF-8 y ser como mucho {_PARAMETERS}.",
            f"The parameters of the address are not understood: UTF-8, and at most {_PARAMETERS} of them.",
        ) from error
    for name, value in found:
        if "\0" in value or "\0" in name:
            raise wrong("query", name, "no puede llevar el carácter nulo", "cannot hold the null character")
    return found


def single(given: Pairs, name: str) -> str | None:
    """The one value of a parameter, None where it is not given. Raises `Problem` 400 where it is given twice."""
    found = [value for key, value in given if key == name]
    if len(found) > 1:
        raise wrong("parameter-twice", name, "está dos veces", "is there twice")
    return found[0] if found else None


def read_query(given: Pairs, table: ReadTable, allowed: frozenset[str]) -> Query:
    """The query that the parameters ask of `table`; `allowed`: the reserved ones that have a meaning there.

    Raises `Problem` 400.
    """
    places = table.places
    conditions = []
    for name, value in given:
        if name in RESERVED:
            if name not in allowed:
                raise _unknown(name, table, allowed)
        else:
            conditions.append(_condition(name, value, table, places, allowed))
    _once(conditions, table)
    reserved = {name: single(given, name) for name, _ in given if name in RESERVED}
    return Query(
        conditions=tuple(_merged(conditions)),
        words=_words(reserved.get("q") or "", table),
        valid_on=_day(reserved.get("valid_on"), table),
        select=tuple(_columns("select", reserved.get("select"), places)),
        order=tuple(_order(reserved.get("order"), places)),
        limit=_limit(reserved.get("limit")),
        by=tuple(_columns("by", reserved.get("by"), places)),
        measures=tuple(_measures(reserved, table, places)),
    )


def _condition(name: str, value: str, table: ReadTable, places: dict[str, int], allowed: frozenset[str]) -> Condition:
    column, operator = (name, "eq") if name in places else _split(name)
    if column not in places:
        raise _unknown(name, table, allowed)
    facts = table.columns[places[column]]
    if operator not in operators(facts):
        raise wrong(
            "filter-operator",
            name,
            f"no es un operador de la columna «{column}» ({facts.type})",
            f"is no operator of the column '{column}' ({facts.type})",
            column=column,
            type=facts.type,
            allowed=list(operators(facts)),
        )
    texts = [t.replace("\\,", ",") for t in _COMMA.split(value)] if operator == "in" else [value]
    return Condition(places[column], operator, tuple(_value(name, text, facts, operator) for text in texts))


def operators(column: ReadColumn) -> tuple[str, ...]:
    """The operators of a column: only texts contain, and only what is neither has an order that means something."""
    return _OF_TYPE[column.type]


def _split(name: str) -> tuple[str, str]:
    column, separator, operator = name.rpartition("__")
    return (column, operator) if separator else (name, "eq")


def _value(name: str, text: str, column: ReadColumn, operator: str) -> Any:
    if operator == "null":
        if text not in ("true", "false"):
            raise _ill_typed(name, column, ["true", "false"])
        return text == "true"
    if column.allowed and operator in _WHOLE and text not in column.allowed:
        raise _ill_typed(name, column, column.allowed)
    try:
        if text == "":
            raise ValueError("empty")
        return comparable(column.type, text)
    except (ValueError, OverflowError) as error:
        raise _ill_typed(name, column, FORMS[column.type]) from error


FORMS: Final[dict[str, list[str]]] = {
    "string": ["text"],
    "integer": ["12", "-3"],
    "year": ["2024"],
    "number": ["12", "-3.5"],
    "boolean": ["true", "false"],
    "date": ["2024-01-31"],
    "datetime": ["2024-01-31T10:00:00Z", "2024-01-31"],
}
"""How a value of each type is written in an address."""
_OF_TYPE: Final = {
    kind: tuple(
        o
        for o in OPERATORS
        if not (o == "contains" and kind != "string") and not (o in ("lt", "lte", "gt", "gte") and kind == "boolean")
    )
    for kind in FORMS
}


def _once(conditions: list[Condition], table: ReadTable) -> None:
    given = [(c.column, c.operator) for c in conditions if c.operator in ("eq", "null")]
    for one in given:
        if given.count(one) > 1:
            name = table.columns[one[0]].name
            raise wrong(
                "parameter-twice",
                name,
                f"está dos veces; para varios valores use {name}__in",
                f"is there twice; use {name}__in for several values",
            )


def _merged(conditions: list[Condition]) -> Iterable[Condition]:
    """`in` given several times is one list; the rest in an order of its own, so that one query has one spelling."""
    several: dict[int, list[Any]] = {}
    for c in conditions:
        if c.operator == "in":
            several.setdefault(c.column, []).extend(c.values)
    lists = [Condition(column, "in", tuple(sorted(set(values)))) for column, values in several.items()]
    rest = [c for c in conditions if c.operator != "in"]
    if not lists and len(rest) < 2:
        return rest
    return sorted({*rest, *lists}, key=lambda c: (c.column, c.operator, repr(c.values)))


def _words(text: str, table: ReadTable) -> tuple[str, ...]:
    if not text.strip():
        return ()
    if not table.searched:
        raise wrong("search-none", "q", "no vale: esta tabla no tiene textos", "has no use: this table has no texts")
    found = tuple(words(text))
    if not 0 < len(found) <= _WORDS:
        raise wrong(
            "search-words", "q", f"debe tener entre una y {_WORDS} palabras", f"must have between 1 and {_WORDS} words"
        )
    return found


def _day(text: str | None, table: ReadTable) -> int | None:
    if text is None:
        return None
    if table.valid_from is None and table.valid_to is None:
        raise wrong("valid-on-none", "valid_on", "no vale: esta tabla no tiene fechas", "has no use: no dates here")
    try:
        return int(comparable("date", text))
    except ValueError as error:
        raise wrong("parameter", "valid_on", "debe ser un día: 2024-01-31", "must be a day: 2024-01-31") from error


def _columns(parameter: str, text: str | None, places: dict[str, int]) -> list[int]:
    if text is None:
        return []
    names = text.split(",")
    for name in names:
        if name not in places or names.count(name) > 1:
            raise _no_column(parameter, name, list(places))
    return [places[name] for name in names]


def _order(text: str | None, places: dict[str, int]) -> list[tuple[int, bool]]:
    if text is None:
        return []
    out: dict[int, bool] = {}
    for term in text.split(","):
        column = _columns("order", term.removeprefix("-"), places)[0]
        # A column that comes again decides nothing any more.
        out.setdefault(column, term.startswith("-"))
    return list(out.items())


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII) or not 1 <= int(text) <= MOST:
        raise wrong(
            "parameter", "limit", f"debe ser un número de 1 a {MOST}", f"must be a number from 1 to {MOST}", most=MOST
        )
    return int(text)


def _measures(reserved: dict[str, str | None], table: ReadTable, places: dict[str, int]) -> Iterable[tuple[str, int]]:
    for name in ("sum", "min", "max", "avg"):
        for column in _columns(name, reserved.get(name), places):
            if table.columns[column].type not in NUMERIC:
                numeric = [c.name for c in table.columns if c.type in NUMERIC]
                raise _no_column(name, table.columns[column].name, numeric)
            yield name, column


def wrong(code: str, parameter: str, es: str, en: str, **more: Any) -> Problem:
    """A parameter that is refused, with what is wrong with it."""
    shown = parameter[:100]
    return Problem(
        400, code, f"El parámetro «{shown}» {es}.", f"The parameter '{shown}' {en}.", parameter=shown, **more
    )


def _unknown(name: str, table: ReadTable, allowed: frozenset[str]) -> Problem:
    columns = [c.name for c in table.columns]
    return wrong(
        "parameter-unknown",
        name,
        f"no es una columna ni un parámetro de la tabla «{table.name}». Columnas: {', '.join(columns)}. "
        f"Parámetros: {', '.join(sorted(allowed))}. Operadores: columna__{{{','.join(OPERATORS)}}}",
        f"is no column and no parameter of the table '{table.name}'. Columns: {', '.join(columns)}. "
        f"Parameters: {', '.join(sorted(allowed))}. Operators: column__{{{','.join(OPERATORS)}}}",
        columns=columns,
        allowed=sorted(allowed),
    )


def _ill_typed(name: str, column: ReadColumn, forms: list[str]) -> Problem:
    shown = ", ".join(forms)
    return wrong(
        "filter-type",
        name,
        f"lleva un valor que no es de la columna «{column.name}», de tipo {column.type}. Se escribe así: {shown}",
        f"has a value that is none of the column '{column.name}', of type {column.type}. It is written like: {shown}",
        column=column.name,
        type=column.type,
        allowed=forms,
    )


def _no_column(parameter: str, name: str, allowed: list[str]) -> Problem:
    return wrong(
        "column",
        parameter,
        f"nombra «{name[:100]}», que no vale ahí o se repite. Columnas: {', '.join(allowed)}",
        f"names '{name[:100]}', which is not allowed there or is there twice. Columns: {', '.join(allowed)}",
        allowed=allowed,
    )
