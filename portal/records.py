"""The answers about rows: a page of a filter, and one row by its key.

What belongs here: `page`, `row`, `schema`, and which version of a table is meant. What does not: counts, which are `groups`, and
whole filters as files, which is `export`.

Rows are the very bytes of the released JSON Lines. Everything answered is made of one release, so its tag is the hash
of that release and the query.
"""

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import quote, quote_plus

from pipelines.contracts.files import read_json
from pipelines.contracts.frequency import MADRID
from pipelines.contracts.store import PACKAGE_FILE
from portal.answer import JSON, Answer, Cache, Problem
from portal.cursor import Cursor, read_cursor, refused_cursor
from portal.filters import CHOOSING, PAGING, PICKING, SHAPING, Pairs, Query, digits, pairs, read_query, single, wrong
from portal.mapped import Array
from portal.selection import next_rows, select
from portal.site import Site
from portal.table import Table

_PAGE = PICKING | CHOOSING | SHAPING | PAGING
_PLAIN = re.compile(r"[\w.~-]+", re.ASCII)
_PINNING = PICKING | {"after"}


def page(site: Site, dataset: str, table: str, query: bytes | str) -> Answer:
    """A page of the rows that a query means, with their total and the address of the next page.

    Raises `Problem` 400 for a parameter, 404 for a dataset, version or table, 410 for a withdrawn version.
    """
    given = pairs(query)
    cursor, version, cache = asked_version(site, dataset, given)
    opened = site.table(dataset, version, table)
    wanted = read_query(given, opened.facts, _PAGE)
    after = after_place((dataset, table), cursor, wanted)
    chosen = select(opened, wanted)
    rows = next_rows(opened, wanted, chosen, after)
    more = len(rows) > wanted.limit
    rows = rows[: wanted.limit]
    follows = next_address(site, (dataset, table), given, (version, wanted, int(rows[-1]))) if more else None
    unknown = "" if chosen.unknown is None else f'"unknown":{chosen.unknown},'
    begin = f'{head(dataset, version, table)},"total":{chosen.total},{unknown}"rows":['
    body = b"".join(
        (begin.encode(), b",".join(_objects(opened, wanted, rows)), b'],"next":', json.dumps(follows).encode(), b"}")
    )
    # The answer holds addresses, so where it is served is part of what it is.
    variant = wanted.variant(after, site.base_url)
    # A program that wants CSV is given CSV at the same address.
    told = {"Vary": "Accept"}
    return Answer(body, JSON, etag=site.etag(dataset, version, f"-{variant}"), cache=cache, headers=told)


def row(site: Site, dataset: str, table: str, key: str, query: bytes | str) -> Answer:
    """One row by its key; the parts of a key of several columns are separated by `/` (`contracts.tables.key_text`).

    Raises `Problem` as `page`, and 404 where there is no such row.
    """
    given = pairs(query)
    _, version, cache = asked_version(site, dataset, given)
    opened = site.table(dataset, version, table)
    _only_version(given)
    found = opened.keys.row(key)
    if found is None:
        raise Problem(
            404,
            "row-unknown",
            f"La tabla {table} no tiene ninguna fila con esa clave en la versión {version}.",
            f"The table {table} has no row with that key in version {version}.",
            key=opened.facts.key,
            version=version,
        )
    body = b"".join((head(dataset, version, table).encode(), b',"row":', opened.jsonl.row(found, cut=1), b"}"))
    return Answer(body, JSON, etag=site.etag(dataset, version, "-row"), cache=cache)


def schema(site: Site, dataset: str, table: str, query: bytes | str) -> Answer:
    """The Table Schema of a table, as the Data Package of the release has it. Raises `Problem` as `row`."""
    given = pairs(query)
    _, version, cache = asked_version(site, dataset, given)
    _only_version(given)
    site.table(dataset, version, table)
    package = read_json(site.folder(dataset, version) / PACKAGE_FILE)
    told = next(r["schema"] for r in package["resources"] if r["name"] == table)
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(body, JSON, etag=site.etag(dataset, version, "-schema"), cache=cache)


def _only_version(given: Pairs) -> None:
    for name, _ in given:
        if name not in PICKING:
            allowed = sorted(PICKING)
            raise wrong("parameter-unknown", name, "no se conoce aquí", "is not known here", allowed=allowed)


def asked_version(site: Site, dataset: str, given: Pairs) -> tuple[Cursor | None, str, Cache]:
    """The cursor, the version that is meant, and how long an answer about it may be kept.

    Raises `Problem` 400 where they contradict each other, 404 and 410 as `Site.version`.
    """
    told = {name: single(given, name) for name, _ in given if name in _PINNING}
    if told.get("lang") not in (None, "es", "en"):
        raise wrong("parameter", "lang", "debe ser es o en", "must be es or en", allowed=["es", "en"])
    after, version, moment = told.get("after"), told.get("version"), told.get("published_by")
    if moment is not None:
        version = _published_by(site, dataset, moment, version)
    cursor = None if after is None else read_cursor(after)
    if cursor is not None:
        if version not in (None, cursor.version):
            raise refused_cursor()
        version = cursor.version
    fixed = version is not None and version != "latest" and moment is None
    return cursor, site.version(dataset, version), "version" if fixed else "edition"


def _published_by(site: Site, dataset: str, text: str, version: str | None) -> str:
    """The newest version that was published by then; of one that is named, that one or none."""
    try:
        moment = _moment(text)
    except (ValueError, OverflowError) as error:
        raise wrong(
            "parameter",
            "published_by",
            "debe ser un día o un momento: 2024-01-31, 2024-01-31T10:00:00Z",
            "must be a day or a moment: 2024-01-31, 2024-01-31T10:00:00Z",
        ) from error
    named = None if version is None else site.version(dataset, version)
    entries = [e for e in site.shown(dataset).index.versions if e.published <= moment and named in (None, e.version)]
    if not entries:
        raise Problem(
            404,
            "version-none",
            f"Entonces no estaba publicada esa versión de {dataset}, o ninguna.",
            f"That version of {dataset}, or any, was not published by then.",
        )
    return max(entries, key=lambda e: e.published).version


def _moment(text: str) -> datetime:
    """A moment, UTC where no zone is told; of a day its end, by the clocks of Madrid."""
    if len(text) == 10:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), MADRID) - timedelta(
            microseconds=1
        )
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def after_place(table: tuple[str, str], cursor: Cursor | None, query: Query) -> int | None:
    """The place that the cursor names. `table`: its dataset and its name.

    Raises `Problem` 400 where the cursor belongs to another query, or to another table.
    """
    if cursor is None:
        return None
    if cursor.asked != _asked(table, query):
        raise refused_cursor()
    return cursor.place


def head(dataset: str, version: str, table: str) -> str:
    """The first members of an answer about a table, as JSON without its end."""
    # None of the three can hold a character that JSON would escape: they are names that exist.
    return f'{{"dataset":"{dataset}","version":"{version}","table":"{table}"'


def _asked(table: tuple[str, str], query: Query) -> str:
    """What a cursor belongs to. The columns of a query are numbers, which say nothing without their table."""
    return digits(table, query.asked)


def next_address(
    site: Site, table: tuple[str, str], given: Pairs, last: tuple[str, Query, int], suffix: str = ""
) -> str:
    """The address of what comes after: the same query from a cursor on, which pins the version.

    `table`: its dataset and its name. `last`: the version, the query, and the last row (or group) that was given.
    """
    version, query, place = last
    cursor = Cursor(version, _asked(table, query), place)
    same = [(k, v) for k, v in given if k not in ("after", "version", "published_by")]
    asked = "&".join(f"{_encoded(k)}={_encoded(v)}" for k, v in (*same, ("after", cursor.text())))
    return f"{site.base_url}/v1/datasets/{quote(table[0])}/tables/{quote(table[1])}{suffix}?{asked}"


def _encoded(text: str) -> str:
    # Most texts have nothing to encode, which is seen in a quarter of the time.
    return text if _PLAIN.fullmatch(text) else quote_plus(text)


def _objects(table: Table, query: Query, rows: Array) -> list[memoryview] | list[bytes]:
    """The rows as JSON: the bytes of the release, or their chosen columns written in the same way."""
    if query.select:
        return [line.encode() for line in objects(table, query.select, rows)]
    if len(rows) and int(rows[-1]) - int(rows[0]) + 1 == len(rows) and not query.order:
        # Side by side in the file: one slice. A line break in JSON Lines is never within a row.
        lines = table.jsonl
        whole = lines.data[int(lines.places[rows[0]]) : int(lines.places[rows[-1] + 1]) - 1].tobytes()
        return [whole.replace(b"\n", b",")]
    return table.jsonl.of(rows, cut=1)


def objects(table: Table, columns: tuple[int, ...], rows: Array) -> list[str]:
    """Some columns of rows as the JSON objects that the release would hold."""
    names = [json.dumps(table.column(c).name) for c in columns]
    cells = [table.values(c).json(table.codes[c][rows]) for c in columns]
    return [
        "{" + ", ".join(f"{n}: {v}" for n, v in zip(names, line, strict=True)) + "}"
        for line in zip(*cells, strict=True)
    ]
