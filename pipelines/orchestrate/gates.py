"""The gates as asset checks: which gate is checked at which asset, and what it asks.

What belongs here: check specifications and the sorting of findings into gates. What does not: the gates
themselves, which are in `check` and are called by `release`.

The gates that look at rows stand at the candidate, not at the tables, because only a candidate knows the
approvals and waivers that let a finding through. The gates that look at what is written stand at the
release. All of them block: an error stops the release and portal of that dataset, and of no other.
"""

from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from pipelines.contracts.dataset import DatasetFile
from pipelines.contracts.findings import Finding
from pipelines.orchestrate.told import check_result

SOURCE_GATES = {"source": "Can the source be reached and read, and does it look as its file says?"}
CANDIDATE_GATES = {
    "source": "Are its files and sources whole, and do the rows have the evidence that they name?",
    "tidy": "Could every number, date and code be read?",
    "schema": "Does each column hold what is promised: type, pattern, required values, and its place in RDF?",
    "keys": "Are ids unique, and does every row named exist in this edition, in this dataset or another?",
    "rules": "Do the rules of the dataset file hold: counts, fill rates, ranges, order of dates, sums?",
    "privacy": "Is there anything about a person that must not be public?",
    "change": "Is the difference from the last release small enough to be no accident?",
}
RELEASE_GATES = {
    "keys": "Does the edition still fit together after the last gates?",
    "privacy": "Is there anything about a person in the texts that are published beside the tables?",
    "metadata": "Is the description complete, are its codes and its identity right, is its score no lower, and is the RDF the rows?",
    "shacl": "Does the description pass the shapes of DCAT-AP-ES and of DCAT-AP, as both feeds carry it?",
}


def specs(key: dg.AssetKey, gates: Mapping[str, str]) -> list[dg.AssetCheckSpec]:
    """The checks of one asset, each of which blocks what comes after it."""
    return [dg.AssetCheckSpec(name, asset=key, description=ask, blocking=True) for name, ask in gates.items()]


def results(
    key: dg.AssetKey, gates: Mapping[str, str], found: Sequence[Finding], dataset: DatasetFile | None = None
) -> Iterator[dg.AssetCheckResult]:
    """One result for each gate. A finding of no gate named here counts for the first, so that none is lost."""
    first = next(iter(gates))
    columns = {r.name: {f.name for f in r.fields} for r in dataset.resources} if dataset else {}
    for name in gates:
        mine = [f for f in found if (f.message.gate if f.message.gate in gates else first) == name]
        yield check_result(key, name, mine, columns)
