"""The codes of the EU tables and of the NTI, and whether a catalogue uses codes that exist.

What belongs here: reading the dated lists in `vocab/codes/`, what a list says of a code, and the gate over
a graph. What does not: getting newer lists, which is `operate.codes`.

A list is complete (all codes of the table at its date) or partial. The shapes only look at the form of a
code; the federator asks its copy of the tables and drops a dataset with a code that is not in it.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Literal

from pipelines.check.catalogue.graph import TYPE, Described, prop, short
from pipelines.contracts.findings import Finding, finding

FOLDER = "codes"
"""Folder of the lists under `vocab/`."""
TABLES_FILE = "tables.csv"
MEDIA_TYPES = "media-type"
COLUMNS = ("table", "prefix", "complete", "date", "origin")
CODE_COLUMNS = ("code", "status")
DEPRECATED = "deprecated"
INVALID = "code-invalid"
"""The finding about a code that a complete list does not have."""

State = Literal["known", "deprecated", "unknown", "invalid"]

_NO_CODES = frozenset({TYPE, prop("dcat:themeTaxonomy"), prop("skos:inScheme"), prop("skos:topConceptOf")})
"""Properties whose values are classes and schemes."""
_FEW = 5
"""Codes that are named when none is near."""


@dataclass(frozen=True)
class CodeTable:
    """One list: its codes with their status (empty, or `deprecated`), its date, and whether it is complete.

    `prefix` is what stands before a code in an IRI; a list without one is no vocabulary of a property.
    """

    name: str
    prefix: str
    complete: bool
    date: date
    origin: str
    codes: dict[str, str] = field(repr=False)

    def state(self, code: str) -> State:
        """What the list says of `code`: of one that it lacks, `invalid` only if it is complete."""
        if code in self.codes:
            return "deprecated" if self.codes[code] == DEPRECATED else "known"
        return "invalid" if self.complete else "unknown"

    def nearest(self, code: str) -> list[str]:
        """The codes that read most like `code`, the best first; some codes of a short list if none does."""
        usable = [c for c, status in self.codes.items() if status != DEPRECATED]
        near = get_close_matches(code, usable, n=3, cutoff=0.5)
        return near or [c for c in usable if c in code or code in c][:3] or usable[:_FEW]


@dataclass(frozen=True)
class Codes:
    """All lists by name."""

    tables: dict[str, CodeTable]

    @cached_property
    def _prefixes(self) -> dict[str, CodeTable]:
        return {t.prefix: t for t in self.tables.values() if t.prefix}

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """How an IRI begins that should be a code, with http and with https."""
        return tuple(p for prefix in self._prefixes for p in (prefix, _secure(prefix)))

    def find(self, iri: str) -> tuple[CodeTable, str] | None:
        """The list and the code that `iri` names; None for an IRI of no list."""
        plain = _plain(iri)
        for prefix, table in self._prefixes.items():
            if plain.startswith(prefix) and len(plain) > len(prefix):
                return table, plain.removeprefix(prefix)
        return None

    def state(self, iri: str) -> State | None:
        """What the lists say of `iri`; None for an IRI of no list. Only media types may begin with https."""
        found = self.find(iri)
        if found is None:
            return None
        table, code = found
        if iri.startswith("https:") and table.name != MEDIA_TYPES:
            return "invalid"
        return table.state(code)

    def holds(self, table: str, iri: str) -> bool:
        """Whether `iri` is a code of that list. Raises `KeyError` for a list that is not there."""
        found = self.find(iri)
        return found is not None and found[0] is self.tables[table] and found[1] in self.tables[table].codes


def load_codes(vocab: Path) -> Codes:
    """The lists in `vocab/codes/`.

    Raises `FileNotFoundError` where they are not, and `ValueError` or `KeyError` where one cannot be read.
    """
    folder = vocab / FOLDER
    with (folder / TABLES_FILE).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return Codes({row["table"]: _table(folder, row) for row in rows})


def _table(folder: Path, row: dict[str, str]) -> CodeTable:
    with (folder / f"{row['table']}.csv").open(encoding="utf-8", newline="") as stream:
        codes = {r["code"]: r["status"] for r in csv.DictReader(stream)}
    if row["complete"] not in ("yes", "no") or not codes:
        raise ValueError(f"{TABLES_FILE}: {row['table']} is neither complete `yes` nor `no`, or has no codes")
    complete = row["complete"] == "yes"
    return CodeTable(row["table"], row["prefix"], complete, date.fromisoformat(row["date"]), row["origin"], codes)


def check_codes(graph: Described, codes: Codes, dataset: str | None = None) -> list[Finding]:
    """A finding for each code that its list does not have, once for each entity and property that uses it.

    `dataset`: the id that findings name; else they name the entity.
    """
    states: dict[str, State | None] = {}
    found: dict[tuple[str, str, str], Finding] = {}
    for subject, name, value in _used(graph, codes.starts):
        state = states.setdefault(value, codes.state(value))
        if state in (None, "known"):
            continue
        for owner in graph.owners.get(subject, [subject]):
            key = (owner, name, value)
            if key not in found:
                found[key] = _finding(codes, dataset, *key)
    return list(found.values())


def _used(graph: Described, starts: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    for subject, said in graph.facts.items():
        for name, values in said.items():
            if name in _NO_CODES:
                continue
            for value in values:
                if isinstance(value, str) and value.startswith(starts):
                    yield subject, name, value


_BY_STATE: dict[State | None, str] = {
    "deprecated": "code-deprecated",
    "unknown": "code-unknown",
    "invalid": INVALID,
}


def _finding(codes: Codes, dataset: str | None, owner: str, name: str, value: str) -> Finding:
    located = codes.find(value)
    if located is None:
        raise KeyError(value)
    table, code = located
    secure = value.startswith("https:") and table.name != MEDIA_TYPES
    near = [code] if secure and code in table.codes else table.nearest(code)
    params = {
        "kind": table.name,
        "date": table.date.isoformat(),
        "expected": ", ".join(table.prefix + c if secure else c for c in near),
    }
    found = _BY_STATE[codes.state(value)]
    return finding(found, dataset=dataset, key=owner, field=short(name), value=value, params=params)


def _secure(prefix: str) -> str:
    return "https:" + prefix.removeprefix("http:")


def _plain(iri: str) -> str:
    return "http:" + iri.removeprefix("https:") if iri.startswith("https:") else iri
