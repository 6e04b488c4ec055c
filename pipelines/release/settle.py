"""Settling an edition: keys across datasets, and who must wait for whom.

What belongs here: which candidates may be released together. What does not: the gates of one dataset.

A candidate passes when the rows it names are in this run's edition: in a candidate that passes, or else
in the current release of a dataset that brings nothing new. Holding one may break another, so this goes
round until nothing changes.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pandas as pd

from pipelines.check import check_keys_across
from pipelines.contracts.findings import Finding, FindingError, blocking, finding
from pipelines.contracts.project import Project
from pipelines.contracts.store import INDEX_FILE
from pipelines.contracts.tables import Tables, public
from pipelines.release.candidate import Candidate
from pipelines.release.index import read_index, release_tables

Lookup = Callable[[str, str], pd.DataFrame | None]


def settle(project: Project, candidates: dict[str, Candidate]) -> None:
    """Hold the candidates that cannot be part of a coherent edition; adds their findings."""
    if not any(c.due or c.held for c in candidates.values()):
        return  # this is the current edition, and its keys hold
    standing = _standing(project)
    while True:
        edition = {name: _public(c) for name, c in candidates.items() if not c.held}
        lookup = _lookup(standing, edition)
        found = {name: candidates[name].marked(_keys(candidates[name], lookup)) for name in edition}
        held = [_hold(_Round(candidates, standing, edition), name, found[name]) for name in edition]
        held += [
            _keep(project, candidates, name, standing, lookup)
            for name in standing
            if name in project.datasets and name not in edition
        ]
        if not any(held):
            for name in edition:
                candidates[name].findings += found[name]
            return


def _standing(project: Project) -> dict[str, Tables]:
    """The tables of the current release of each dataset that has one, also of those whose file is gone."""
    names = sorted(p.parent.name for p in project.store.releases.glob(f"*/{INDEX_FILE}"))
    out = {}
    for name in names:
        current = read_index(project.store, name).current
        # A damaged one has failed already and says so; nothing is held against it.
        with suppress(FindingError):
            out.update({name: release_tables(project.store, name, current)} if current else {})
    return out


def _public(candidate: Candidate) -> Tables:
    """What a reader would have of the tables: a key to a private column holds for nobody."""
    return {r.name: public(candidate.tables[r.name], r) for r in candidate.dataset.resources}


def _lookup(standing: dict[str, Tables], edition: dict[str, Tables]) -> Lookup:
    def lookup(dataset: str, table: str) -> pd.DataFrame | None:
        tables = edition.get(dataset) or standing.get(dataset)
        return tables.get(table) if tables else None

    return lookup


def _keys(candidate: Candidate, lookup: Lookup) -> list[Finding]:
    return check_keys_across(candidate.dataset, candidate.tables, lookup)


@dataclass(frozen=True)
class _Round:
    """What one round of settling goes by: candidates, current releases, and the tables of the edition."""

    candidates: dict[str, Candidate]
    standing: dict[str, Tables]
    edition: dict[str, Tables]


def _hold(now: _Round, name: str, found: list[Finding]) -> bool:
    """Hold who breaks the keys of a candidate: those that drop what it names, else the candidate itself."""
    candidate = now.candidates[name]
    if not blocking(found) or candidate.held:
        return False
    named = sorted({d for f in found for d in f.params.get("datasets", "").split(",") if d in now.candidates})
    guilty = [d for d in named if _drops(now, name, d)]
    if guilty:
        for other in guilty:
            missing = ", ".join(sorted({f.value for f in found if f.value}))
            now.candidates[other].add([finding("needed-by", dataset=other, value=name, params={"missing": missing})])
        return True
    candidate.findings += found
    waits = [d for d in named if now.candidates[d].held]
    candidate.add([finding("needs-held", dataset=name, value=d) for d in waits])
    return True


def _drops(now: _Round, name: str, other: str) -> bool:
    """Whether the keys of `name` would hold if `other` stayed as it was released last."""
    candidate = now.candidates[other]
    if candidate.held or not candidate.due or other not in now.standing:
        return False
    rest = {n: t for n, t in now.edition.items() if n != other}
    return not blocking(_keys(now.candidates[name], _lookup(now.standing, rest)))


def _keep(
    project: Project, candidates: dict[str, Candidate], name: str, standing: dict[str, Tables], lookup: Lookup
) -> bool:
    """Hold candidates that drop rows which the standing release of `name` still names."""
    broken = blocking(check_keys_across(project.datasets[name], standing[name], lookup))
    held = False
    for one in broken:
        for culprit in (d for d in one.params.get("datasets", "").split(",") if d):
            candidate = candidates.get(culprit)
            if candidate and not candidate.held and candidate.due:
                candidate.add([finding("needed-by", dataset=culprit, value=name, params={"missing": one.value or ""})])
                held = True
    return held
