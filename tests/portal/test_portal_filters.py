"""A filter means the rows that a reader of the table would pick by hand; what is not understood is refused."""

from collections.abc import Callable
from urllib.parse import urlencode

import pandas as pd
import pytest
from portal_things import cells, make_things, things

from pipelines.contracts.reading import folded
from portal.answer import Problem
from portal.filters import CHOOSING, GROUPING, PAGING, PICKING, SHAPING, Query, pairs, read_query
from portal.selection import all_rows, next_rows, select
from portal.table import Table

ALL = PICKING | CHOOSING | SHAPING | PAGING | GROUPING
Row = dict[str, str | None]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return things()


@pytest.fixture(scope="module")
def table(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Table:
    return make_things(tmp_path_factory.mktemp("things"), frame)


@pytest.fixture(scope="module")
def rows(frame: pd.DataFrame) -> list[Row]:
    columns = {name: cells(frame, name) for name in frame.columns}
    return [dict(zip(columns, line, strict=True)) for line in zip(*columns.values(), strict=True)]


def query(table: Table, text: str) -> Query:
    return read_query(pairs(text), table.facts, ALL)


def chosen(table: Table, text: str) -> list[int]:
    asked = query(table, text)
    found = select(table, asked)
    rows = all_rows(table, asked, found)
    assert found.total == len(rows)
    return [int(r) for r in rows]


def number(value: str | None) -> float:
    return float("nan") if value is None else float(value)


NAME = 'GARZÓN el "Álamo"'
FILTERS: list[tuple[str, Callable[[Row], bool]]] = [
    (urlencode({"name": NAME}), lambda r: r["name"] == NAME),
    ("name=nowhere", lambda r: False),
    ("name__ne=nowhere", lambda r: r["name"] is not None),
    ("kind__ne=lab", lambda r: r["kind"] == "shop"),
    ("kind__eq=lab", lambda r: r["kind"] == "lab"),
    ("district__lt=5", lambda r: number(r["district"]) < 5),
    ("district__lte=5", lambda r: number(r["district"]) <= 5),
    ("district__gt=5", lambda r: number(r["district"]) > 5),
    ("district__gte=5&district__lt=9", lambda r: 5 <= number(r["district"]) < 9),
    ("district__gt=21", lambda r: False),
    ("district__lt=-7", lambda r: False),
    ("amount=12.50", lambda r: number(r["amount"]) == 12.5),
    ("amount__gte=1e17", lambda r: number(r["amount"]) >= 1e17),
    ("amount__lt=0", lambda r: number(r["amount"]) < 0),
    ("active=true", lambda r: r["active"] == "true"),
    ("active__in=false", lambda r: r["active"] == "false"),
    ("district__in=1,2&district__in=99,3", lambda r: r["district"] in ("1", "2", "3")),
    ("part__in=b/c,nothing", lambda r: r["part"] == "b/c"),
    (urlencode({"name__in": "Núñez\\, hijo Río"}), lambda r: r["name"] == "Núñez, hijo Río"),
    ("name__contains=canon", lambda r: "canon" in folded(r["name"] or "")),
    ("name__null=true", lambda r: r["name"] is None),
    ("name__null=false", lambda r: r["name"] is not None),
    ("as_of_from__gte=2019-06-01", lambda r: (r["as_of_from"] or "") >= "2019-06-01"),
    ("seen__lt=2024-01-05", lambda r: r["seen"] is not None and r["seen"] < "2024-01-05"),
    ("seen__gte=2024-01-05T01:00:00%2B01:00", lambda r: (r["seen"] or "") >= "2024-01-05T00:00:00Z"),
    ("order__eq=2", lambda r: r["order"] == "2"),
    ("name__gte=nunez", lambda r: r["name"] is not None and (folded(r["name"]), r["name"]) >= ("nunez", "nunez")),
    ("q=garz", lambda r: "garz" in folded(r["name"] or "")),
    ("q=NANDU+rio&kind=lab", lambda r: {"nandu", "rio"} <= set(folded(r["name"] or "").split()) and r["kind"] == "lab"),
    ("q=comercio", lambda r: r["kind"] == "shop"),
]


@pytest.mark.parametrize(("text", "meant"), FILTERS, ids=[t for t, _ in FILTERS])
def test_a_filter_means_what_it_says(table: Table, rows: list[Row], text: str, meant: Callable[[Row], bool]) -> None:
    assert chosen(table, text) == [n for n, r in enumerate(rows) if meant(r)]


@pytest.mark.parametrize("operators", ["eq", "in"])
def test_every_value_of_every_column_finds_its_rows(table: Table, rows: list[Row], operators: str) -> None:
    for name in rows[0]:
        for value in sorted({r[name] for r in rows if r[name] is not None}):
            text = urlencode({f"{name}__{operators}": str(value).replace(",", "\\,") if operators == "in" else value})
            assert chosen(table, text) == [n for n, r in enumerate(rows) if r[name] == value], text


def test_a_day_picks_the_rows_that_held_then_and_counts_those_that_do_not_say(table: Table, rows: list[Row]) -> None:
    day = "2019-08-15"
    found = select(table, query(table, f"valid_on={day}"))
    meant = [
        n
        for n, r in enumerate(rows)
        if r["as_of_from"] is not None and r["as_of_from"] <= day <= (r["as_of_to"] or "9999")
    ]
    assert found.rows().tolist() == meant
    assert found.unknown == sum(r["as_of_from"] is None and r["as_of_to"] is None for r in rows)
    narrower = select(table, query(table, f"valid_on={day}&kind=lab"))
    assert narrower.unknown == sum(r["as_of_from"] is None and r["kind"] == "lab" for r in rows)
    assert select(table, query(table, "kind=lab")).unknown is None


def place(table: Table, name: str, row: int) -> int:
    return int(table.codes[table.places[name]][row])


ORDERS = [
    "",
    "order=district",
    "order=-district",
    "order=name",
    "order=-amount",
    "order=kind,-district",
    "order=-order,part,-id",
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("narrow", ["", "kind=lab", "district__in=4,5&name__null=false", "district=7", "name=nowhere"])
def test_pages_are_the_whole_in_its_order_with_empty_cells_last(table: Table, order: str, narrow: str) -> None:
    text = "&".join(filter(None, [order, narrow, "limit=7"]))
    whole = chosen(table, text)
    walked: list[int] = []
    after = None
    asked = query(table, text)
    while True:
        rows = next_rows(table, asked, select(table, asked), after).tolist()
        walked += rows[:7]
        if len(rows) <= 7:
            break
        after = walked[-1]
    assert walked == whole
    if order:
        terms = order.removeprefix("order=").split(",")
        keys = [
            tuple((p == 0, -p if t.startswith("-") else p) for t in terms for p in [place(table, t.lstrip("-"), n)])
            for n in whole
        ]
        assert keys == sorted(keys)


REFUSED = [
    ("nothing=1", "parameter-unknown", "nothing"),
    ("name__like=1", "filter-operator", "name__like"),
    ("district__contains=1", "filter-operator", "district__contains"),
    ("active__lt=true", "filter-operator", "active__lt"),
    ("district=five", "filter-type", "district"),
    ("district=", "filter-type", "district"),
    ("district=1.5", "filter-type", "district"),
    ("district=٣", "filter-type", "district"),
    ("district__in=1,x", "filter-type", "district__in"),
    ("amount=nan", "filter-type", "amount"),
    ("amount=1e999", "filter-type", "amount"),
    ("active=1", "filter-type", "active"),
    ("kind=almost", "filter-type", "kind"),
    ("kind__in=lab,almost", "filter-type", "kind__in"),
    ("as_of_from=2019-02-30", "filter-type", "as_of_from"),
    ("as_of_from=2019", "filter-type", "as_of_from"),
    ("seen=yesterday", "filter-type", "seen"),
    ("name__null=yes", "filter-type", "name__null"),
    ("district=1&district=2", "parameter-twice", "district"),
    ("limit=1&limit=2", "parameter-twice", "limit"),
    ("limit=0", "parameter", "limit"),
    ("limit=1001", "parameter", "limit"),
    ("limit=-1", "parameter", "limit"),
    ("select=name,nothing", "column", "select"),
    ("select=name,name", "column", "select"),
    ("select=", "column", "select"),
    ("order=nothing", "column", "order"),
    ("order=--name", "column", "order"),
    ("by=name&sum=name", "column", "sum"),
    ("valid_on=2019", "parameter", "valid_on"),
    ("q=!!!", "search-words", "q"),
    ("q=" + "+".join(["a"] * 33), "search-words", "q"),
    ("name=%FF", "query", None),
    ("name=%00", "query", "name"),
    ("&".join(["name=a"] * 300), "query", None),
]


@pytest.mark.parametrize(("text", "code", "parameter"), REFUSED, ids=[t[:40] for t, _, _ in REFUSED])
def test_what_is_not_understood_is_refused_by_name(table: Table, text: str, code: str, parameter: str | None) -> None:
    with pytest.raises(Problem) as caught:
        query(table, text)
    assert (caught.value.status, caught.value.code, caught.value.more.get("parameter")) == (400, code, parameter)


def test_a_refusal_names_the_type_and_what_is_allowed(table: Table) -> None:
    with pytest.raises(Problem) as caught:
        query(table, "district=five")
    assert caught.value.more == {
        "parameter": "district",
        "column": "district",
        "type": "integer",
        "allowed": ["12", "-3"],
    }
    with pytest.raises(Problem) as caught:
        read_query([("limit", "1")], table.facts, PICKING)
    assert caught.value.more["allowed"] == ["lang", "published_by", "version"]


@pytest.mark.parametrize(
    "text", ['"', "garz* OR x", "name:a", "NEAR(a b)", "a AND NOT b", "-a", "^a", "(", "';--", "{a b}: c"]
)
def test_no_syntax_of_the_search_engine_reaches_it(table: Table, text: str) -> None:
    try:
        asked = query(table, urlencode({"q": text}))
    except Problem as problem:
        assert problem.code == "search-words"
    else:
        select(table, asked)


def test_one_query_has_one_spelling(table: Table) -> None:
    one = query(table, "kind=lab&district__in=3,1&order=name")
    other = query(table, "order=name&district__in=1&kind__eq=lab&district__in=3&lang=en")
    assert (one.asked, one.variant()) == (other.asked, other.variant())
    assert one.asked == query(table, "kind=lab&district__in=1,3&order=name&limit=5").asked
    assert one.asked != query(table, "kind=lab&district__in=1,3&order=-name").asked
    assert one.variant() != query(table, "kind=lab&district__in=1,3&order=name&limit=5").variant()
