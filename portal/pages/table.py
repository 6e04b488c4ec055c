"""The explorer of a table: a form with the filters of the API, and the rows that they mean.

What belongs here: the form, the page of rows, and the same query as an address of the API and as files; of a table of
figures also the same rows as cards. What does not: what a filter means, which is `filters` and `selection`: the rows are
those that the API answers.

The form sends every input, filled or not, and a list of columns as many inputs of one name; `asked` makes of that what
the API takes. What the form has no input for (`__in`, `__null`) stays in force and is shown with a link that ends it.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from pipelines.contracts.reading import ReadColumn, ReadTable
from pipelines.contracts.text import Lang
from portal.answer import TEXT, Answer, Problem
from portal.figures import FigureView, figures_of, has_figures
from portal.filters import RESERVED, Pairs, pairs
from portal.pages.cells import Cell, address, cell, cells
from portal.pages.coverage import covered, said_of_coverage
from portal.pages.figures import cards
from portal.pages.links import row_numbers, things
from portal.pages.render import Here, page, render, segment
from portal.records import asked_version
from portal.records import page as records
from portal.site import Site

ROWS = 50
"""Rows of a page, where the address names no other number."""
MOST_CODES = 300
"""Codes that are offered as a list; of a column with more a text is asked."""
_RANGES = {"integer": "number", "number": "number", "year": "number", "date": "date", "datetime": "date"}


@dataclass(frozen=True)
class Box:
    """The inputs for one column. `kind`: `codes`, `flag`, `range` or `text`; `names` and `values` of its inputs."""

    column: ReadColumn
    kind: str
    input: str
    names: list[str]
    values: list[str]
    options: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Chip:
    """One condition in force, in words, and the address without it."""

    text: str
    without: str


@dataclass(frozen=True)
class Rows:
    """What the API answered. `told`: the rows as it has them."""

    told: list[dict[str, Any]]
    total: int
    unknown: int | None
    columns: list[ReadColumn]
    rows: list[list[Cell]]
    next: str | None


def table(site: Site, lang: Lang, dataset: str, name: str, query: bytes) -> Answer:
    """The explorer. Raises `Problem` 404 and 410; a filter that is refused is said on the page, with status 400."""
    return _explorer(site, lang, (dataset, name), asked(pairs(query)), None)


def table_cards(site: Site, lang: Lang, dataset: str, name: str, query: bytes) -> Answer:
    """The same rows of a table of figures as cards; of a version that is not in force the explorer shows them.

    Raises `Problem` as `table`, and 404 where the rows are no figures.
    """
    given = asked(pairs(query))
    if _version(site, dataset, given) != site.shown(dataset).pinned:
        rest = f"?{urlencode(given)}" if given else ""
        return Answer(b"", TEXT, 302, headers={"Location": f"../{segment(name)}{rest}"})
    if not has_figures(site, dataset, name):
        raise Problem(
            404, "figures-none", "Las filas de esta tabla no son cifras.", "The rows of this table are no figures."
        )
    whole = [(k, v) for k, v in given if k != "select"]
    return _explorer(site, lang, (dataset, name), whole, f"{_place(dataset, name)}/cards")


def _place(dataset: str, name: str) -> str:
    return f"/datasets/{segment(dataset)}/{segment(name)}"


def _explorer(site: Site, lang: Lang, where: tuple[str, str], given: Pairs, as_cards: str | None) -> Answer:
    """The page of the explorer. `as_cards`: its address where it shows cards."""
    dataset, name = where
    version, pinned = _version(site, dataset, given), site.shown(dataset).pinned
    if version != pinned and not {"version", "published_by"} & set(dict(given)):
        # Only the cursor names it, and no other address of the page has that.
        given = [*given, ("version", version)]
    read = site.table(dataset, version, name).facts
    place = as_cards or _place(dataset, name)
    here = Here.both(place + (f"?{urlencode(given)}" if given else ""))
    rows, problem = None, None
    try:
        rows = _rows(site, lang, where, read, given)
    except Problem as refused:
        if refused.status != 400:
            raise
        problem = refused
    told = [(k, v) for k, v in given if k not in ("limit", "after")]
    meta = site.metadata(dataset, version)
    facts = next(t for t in meta.tables if t.name == name)
    body = render(
        site,
        lang,
        "table.html",
        here,
        meta=meta,
        pinned=pinned,
        read=read,
        facts=facts,
        covered=covered(facts, given),
        **said_of_coverage(site, lang, meta),
        given=dict(given),
        chosen=(dict(given).get("select") or "").split(","),
        boxes=[_box(column, dict(given), lang) for column in read.columns],
        chips=_chips(read, given, lang, f"/{lang}{place}"),
        kept=[(k, v) for k, v in given if k == "version" or (k not in RESERVED and not _shown(read, k))],
        rows=rows,
        cards=cards(site, lang, _figures(site, where, version, rows), here.get(lang)) if as_cards and rows else None,
        other_view=_other_view(site, lang, where, as_cards, told) if version == pinned else None,
        address=address,
        problem=problem,
        page_address=f"/{lang}{place}",
        api=f"/v1/datasets/{segment(dataset)}/tables/{segment(name)}",
        query=f"?{urlencode(told)}" if told else "",
        first=f"?{urlencode([item for item in given if item[0] != 'after'])}",
    )
    return page(body, lang, 400 if problem else 200)


def _version(site: Site, dataset: str, given: Pairs) -> str:
    """The version of the rows that are asked for, by name, date or cursor. Raises `Problem` 404 and 410.

    Where that is refused, it is the one that is named or in force: the page is shown all the same, and says what is wrong.
    """
    try:
        return asked_version(site, dataset, given)[1]
    except Problem as refused:
        if refused.status != 400:
            raise
        return site.version(dataset, dict(given).get("version"))


def _other_view(site: Site, lang: Lang, where: tuple[str, str], as_cards: str | None, told: Pairs) -> str | None:
    """The address of the same rows as cards, or of cards as a table; None where the rows are no figures."""
    if not has_figures(site, *where):
        return None
    place = _place(*where) if as_cards else f"{_place(*where)}/cards"
    same = [(k, v) for k, v in told if k != "select"]
    return f"/{lang}{place}" + (f"?{urlencode(same)}" if same else "")


def _figures(site: Site, where: tuple[str, str], version: str, rows: Rows) -> list[FigureView]:
    numbers = row_numbers(site, where, version, rows.told)
    return figures_of(site, *where, [number for number in numbers if number is not None])


def asked(given: Pairs) -> Pairs:
    """The parameters as the API takes them: without empty ones and those of the page, the chosen columns as one list."""
    out = [(k, v) for k, v in given if v and k not in ("select", "lang")]
    columns = ",".join(v for k, v in given if k == "select" and v)
    return [*out, ("select", columns)] if columns else out


def _rows(site: Site, lang: Lang, place: tuple[str, str], read: ReadTable, given: Pairs) -> Rows:
    limit = [] if any(k == "limit" for k, _ in given) else [("limit", str(ROWS))]
    answer = records(site, *place, urlencode([*_with_key(given, read.key), *limit]))
    if not isinstance(answer.body, bytes):
        raise TypeError("a page of records is one body")
    said = json.loads(answer.body)
    known = {c.name: c for c in read.columns}
    names = next((v.split(",") for k, v in given if k == "select"), list(known))
    after = [(k, v) for k, v in parse_qsl(urlsplit(said["next"] or "").query) if k == "after"]
    follows = after and urlencode(
        [*((k, v) for k, v in given if k not in ("after", "version", "published_by")), *after]
    )
    return Rows(
        said["rows"],
        said["total"],
        said.get("unknown"),
        [known[n] for n in names],
        _cells(site, lang, place, read, said, names),
        f"?{follows}" if follows else None,
    )


def _with_key(given: Pairs, key: list[str]) -> Pairs:
    """The query with the columns of the key among those chosen: by them a row is found again."""
    return [(k, ",".join(dict.fromkeys([*v.split(","), *key])) if k == "select" else v) for k, v in given]


def _cells(
    site: Site, lang: Lang, place: tuple[str, str], read: ReadTable, said: dict[str, Any], names: list[str]
) -> list[list[Cell]]:
    """The rows that were answered; those of the version in force with links to what their cells name."""
    rows, version = said["rows"], said["version"]
    if version != site.shown(place[0]).pinned:
        return [cells(read, row, lang, names) for row in rows]
    told = things(site, lang, place, rows, row_numbers(site, place, version, rows))
    return [cells(read, row, lang, names, own) for row, own in zip(rows, told, strict=True)]


def _inputs(column: ReadColumn) -> tuple[str, str, list[str]]:
    """Kind, type of the inputs, and their names."""
    if column.codes and len(column.codes) <= MOST_CODES:
        return "codes", "", [f"{column.name}__eq"]
    if column.type == "boolean":
        return "flag", "", [f"{column.name}__eq"]
    if column.type in _RANGES:
        return "range", _RANGES[column.type], [f"{column.name}__gte", f"{column.name}__lte"]
    return "text", "text", [f"{column.name}__contains"]


def _shown(read: ReadTable, parameter: str) -> bool:
    return any(parameter in _inputs(c)[2] for c in read.columns)


def _box(column: ReadColumn, given: dict[str, str], lang: Lang) -> Box:
    kind, sort, names = _inputs(column)
    options: list[tuple[str, str]] = []
    if kind == "codes":
        options = sorted(((c, t.get(lang)) for c, t in column.codes.items()), key=lambda o: o[1].casefold())
    elif kind == "flag":
        options = [("true", "sí" if lang == "es" else "yes"), ("false", "no")]
    return Box(column, kind, sort, names, [given.get(n, "") for n in names], options)


_WORDS = {
    "es": {
        "eq": "es", "ne": "no es", "lt": "menos de", "lte": "hasta", "gt": "más de", "gte": "desde",
        "in": "es uno de", "contains": "contiene", "q": "con las palabras", "valid_on": "vigente el",
        "published_by": "publicado hasta",
    },
    "en": {
        "eq": "is", "ne": "is not", "lt": "below", "lte": "up to", "gt": "above", "gte": "from",
        "in": "is one of", "contains": "contains", "q": "with the words", "valid_on": "held on",
        "published_by": "published by",
    },
}  # fmt: skip


def _chips(read: ReadTable, given: Pairs, lang: Lang, address: str) -> list[Chip]:
    known = {c.name: c for c in read.columns}
    out = []
    for item in given:
        name, value = item
        if name in RESERVED and name not in ("q", "valid_on", "published_by"):
            continue
        rest = urlencode([other for other in given if other != item and other[0] != "after"])
        out.append(Chip(_said(known, name, value, lang), f"{address}?{rest}" if rest else address))
    return out


def _said(known: dict[str, ReadColumn], name: str, value: str, lang: Lang) -> str:
    words = _WORDS[lang]
    if name in RESERVED:
        return f"{words[name]} {value}"
    column, _, operator = (name, "", "eq") if name in known else name.rpartition("__")
    if column not in known:
        return f"{name}={value}"
    title = known[column].titles.get(lang)
    if operator == "null":
        empty = {"es": ("vacía", "con valor"), "en": ("empty", "filled")}[lang]
        return f"{title}: {empty[value != 'true']}"
    shown = ", ".join(_label(known[column], v, lang) for v in (value.split(",") if operator == "in" else [value]))
    return f"{title} {words.get(operator, operator)} {shown}"


def _label(column: ReadColumn, value: str, lang: Lang) -> str:
    return cell(column, value, lang).text if value in column.codes else value
