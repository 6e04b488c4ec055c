"""The privacy gate: no personal data in anything that is published.

What belongs here: which cells and texts are searched, and findings that never show what was found. What
does not: recognising it, which is for `patterns` and `names`, small groups of people (`groups`), and what
the findings of other gates may show (`showing`).

Private columns are not published and not searched. A finding says where and of which kind, nothing else.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath

import pandas as pd

from pipelines.check.names import AROUND_VALUES, Names, load_names
from pipelines.check.patterns import likely, personal_data, plain
from pipelines.check.places import Places, at, cap, distinct
from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.project import Project
from pipelines.contracts.tables import STRING

CODES = {
    "dni": "privacy-identity-number",
    "nie": "privacy-identity-number",
    "email": "privacy-email",
    "phone": "privacy-phone",
    "iban": "privacy-iban",
}
"""Code of each kind; the kinds of the list of names have `privacy-name`."""

_BY_LINE = (".csv", ".json", ".jsonl", ".jsonld", ".geojson", ".ndjson")
"""Files in which a value does not go on in the next line."""

_PHONE_NUMBERS = (600_000_000, 999_999_999)
_ROUND = 1000
_FEWEST_PHONES = 3
"""Different values that a column of whole numbers must have before it is taken for one of telephones."""

_QUOTED_OR_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*"|\d{9,}')
_NUMBERS = {
    ".csv": re.compile(r"(?:(?<=,)|^)(?:34)?\d{9}(?=,|\r?$)", re.MULTILINE),
    ".ttl": re.compile(r'(?<=\s)(?:34)?\d{9}(?=[\s;,.])|(?<=")(?:34)?\d{9}(?="\^\^)'),
    ".rdf": re.compile(r'(?<=">)(?:34)?\d{9}(?=</)'),
    ".jsonld": re.compile(r'(?<="@value": ")(?:34)?\d{9}(?=")|(?<="@value":")(?:34)?\d{9}(?=")'),
}
"""Where nine digits, or eleven with the prefix, are a number of the format and no telephone."""

Search = Callable[[str, frozenset[str]], Iterator[tuple[str, int]]]


def check_cells(project: Project, tables: Iterable[Places]) -> list[Finding]:
    """Findings about the cells of the public columns of `tables`, each different text searched once."""
    names, found = list_of_names(project)
    search = searcher(project, names)
    for places in tables:
        for column in (f.name for f in places.resource.public_fields if f.name in places.table):
            found += _check_column(places, column, search, names)
    return found


def check_texts(project: Project, dataset: DatasetFile, texts: Mapping[str, str]) -> list[Finding]:
    """Findings about texts that are to be published (file name: text), with file and line.

    The end of the name says how numbers are told from telephones; any text may be given.
    """
    names, found = list_of_names(project)
    search = searcher(project, names)
    for name, text in texts.items():
        for line, kind in sorted(set(_in_text(name, text, search))):
            found.append(finding(_code(kind), dataset=dataset.name, part=name, row=line, params={"kind": kind}))
    return cap(found, project.settings.max_findings)


def list_of_names(project: Project) -> tuple[Names, list[Finding]]:
    """The list of names that the settings name, none if they name none; a finding where it cannot be read."""
    named = project.settings.personal_hashes
    if named is None:
        return Names(), []
    try:
        return load_names(project.root / named), []
    except (OSError, UnicodeDecodeError, KeyError, ValueError) as error:
        return Names(), [finding("privacy-list-unreadable", params={"reason": f"{type(error).__name__}: {error}"})]


def searcher(project: Project, names: Names) -> Search:
    """What finds personal data in a text, and the names of a list, but for the mailboxes that may stand.

    The telephone of the office that the catalogue names may stand too, spelt as it is there.
    """
    mailboxes = {m.lower() for m in (project.catalogue.contact.email, *project.catalogue.allowed_mailboxes)}

    office = project.catalogue.contact.telephone

    def search(text: str, around: frozenset[str]) -> Iterator[tuple[str, int]]:
        clear = plain(text)
        clear = clear.replace(office, " " * len(office)) if office else clear
        found = list(personal_data(clear, lambda box: box in mailboxes or names.allows(box)))
        found += names.find(clear, around)
        yield from ((kind, clear.count("\n", 0, start)) for kind, start in found)

    return search


def _code(kind: str) -> str:
    return CODES.get(kind, "privacy-name")


def _check_column(places: Places, column: str, search: Search, names: Names) -> Iterator[Finding]:
    cells = places.table[column]
    if cells.dtype != STRING:
        if _are_phones(cells):
            yield from _secret(places, column, "phone", cells.between(*_PHONE_NUMBERS))
        return
    guilty: dict[str, list[str]] = {}
    for text in distinct(cells) if names.kinds else likely(distinct(cells)):
        for kind in {kind for kind, _ in search(text, frozenset())}:
            guilty.setdefault(kind, []).append(text)
    for kind, texts in sorted(guilty.items()):
        yield from _secret(places, column, kind, cells.isin(texts))


def _secret(places: Places, column: str, kind: str, mask: pd.Series) -> list[Finding]:
    return places.of_rows(_code(kind), at(mask), [column], params={"kind": kind}, secret=True)


def _are_phones(cells: pd.Series) -> bool:
    """Whether a column is one of telephones written as numbers: all have nine digits from 6 on, and none is round."""
    if not pd.api.types.is_numeric_dtype(cells.dtype) or pd.api.types.is_bool_dtype(cells.dtype):
        return False
    values = cells.dropna().drop_duplicates()
    return len(values) >= _FEWEST_PHONES and bool((values.between(*_PHONE_NUMBERS) & (values % _ROUND != 0)).all())


def _in_text(name: str, text: str, search: Search) -> Iterator[tuple[int, str]]:
    """Line (1 is the first) and kind of all that is found in a file."""
    suffix = PurePath(name).suffix.lower()
    text = _without_numbers(suffix, text)
    units = text.split("\n") if suffix in _BY_LINE else [text]
    lines: dict[str, list[int]] = {}
    for number, unit in enumerate(units, start=1):
        lines.setdefault(unit, []).append(number)
    for unit, numbers in lines.items():
        for kind, further in search(unit, AROUND_VALUES):
            yield from ((number + further, kind) for number in numbers)


def _without_numbers(suffix: str, text: str) -> str:
    """The text with `#` for digits that its format says are a number."""
    if suffix in _NUMBERS:
        text = _NUMBERS[suffix].sub(_masked, text)
    if suffix in _BY_LINE and suffix != ".csv":
        text = _QUOTED_OR_NUMBER.sub(lambda m: m[0] if m[0][0] == '"' else _masked(m), text)
    return text


def _masked(match: re.Match[str]) -> str:
    return "#" * len(match[0])
