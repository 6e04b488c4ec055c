"""The dry run of the national federator: what datos.gob.es would do with a catalogue.

What belongs here: its rules for the whole run, what it removes with a notice, and which datasets it drops,
each with the reason in Spanish and English. What does not: the findings themselves, which shapes and code
lists make, and the next run, in which the federator compares with what it has.

The rules are those of the harvester for DCAT-AP-ES (datosgobes/ckanext-dge-harvest, version of June 2026):
a dataset is dropped if it or any of its distributions fails; its good version of before is then kept.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pipelines.check.catalogue.codes import INVALID
from pipelines.check.catalogue.conventions import ORGANISMS, PUBLISHER
from pipelines.check.catalogue.graph import (
    CATALOG,
    DATASET,
    DISTRIBUTION,
    RECORD,
    SERVICE,
    TYPE,
    Described,
    Node,
    Value,
    prop,
)
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.text import Text

MOST_PAGE_BYTES = 50_000_000
"""Largest page that it loads, in bytes."""
TITLE_CHARS = 300
"""Characters of a title that it compares."""

_MANY = 3
"""Reasons of one dataset that are told; of more the number."""
_VERSIONS = ("dcat:hasVersion", "dcat:isVersionOf")
_TABLES = frozenset(
    [
        "access-right",
        "continent",
        "country",
        "data-theme",
        "dataset-type",
        "distribution-status",
        "file-type",
        "frequency",
        "language",
        "licence",
        "place",
        "planned-availability",
    ]
)
"""The code lists that it looks codes up in."""
_LISTS = {DATASET: "dcat:dataset", SERVICE: "dcat:service"}


@dataclass(frozen=True)
class Dropped:
    """A dataset that the federator would not take, and why."""

    dataset: str
    reasons: list[Text]


@dataclass
class DryRun:
    """What would happen: `findings` that reject the whole run, `notices` of what is removed, datasets by fate.

    `accepted` and `dropped` are empty if the whole run is rejected.
    """

    findings: list[Finding] = field(default_factory=list)
    notices: list[Finding] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)

    @property
    def rejected(self) -> bool:
        """Whether nothing at all would be taken."""
        return bool(self.findings)

    @property
    def total(self) -> int:
        """The datasets that it would look at."""
        return len(self.accepted) + len(self.dropped)


def dry_run(
    graph: Described,
    failures: Iterable[Finding],
    pages: Iterable[Finding] = (),
) -> DryRun:
    """What the federator would do with `graph`.

    `failures`: the errors of the Spanish shapes and of the code lists; `key` is the node, which is an entity
    or belongs to one. `pages`: what is wrong with the pages (`check_pages`). Which publishers the
    portal knows, only it knows: of their DIR3 codes the form is checked.
    """
    out = DryRun()
    root = list(_roots(graph))
    if len(root) != 1:
        out.findings.append(finding("federator-root", value=", ".join(root) or None, params={"count": len(root)}))
    out.findings += _publishers(graph)
    out.findings += pages
    out.findings += _paging(graph)
    out.notices += _removed(graph)
    by_entity = _by_entity(graph, failures)
    listed = _listed(graph, DATASET)
    out.notices += [_service(s, by_entity[s]) for s in _listed(graph, SERVICE) if s in by_entity]
    for catalogue in graph.catalogues:
        if catalogue in by_entity:
            told = _told(by_entity[catalogue])
            params = {"reason_es": told.es, "reason_en": told.en}
            out.findings.append(finding("federator-catalogue", key=catalogue, params=params))
    if not out.rejected:
        others = _taken(graph, listed)
        for dataset in listed:
            reasons = [*_reasons(graph, dataset, by_entity), *others.get(dataset, [])]
            if reasons:
                out.dropped.append(Dropped(dataset, reasons))
            else:
                out.accepted.append(dataset)
    return out


def check_pages(sizes: Iterable[int], repeated: bool = False) -> list[Finding]:
    """What is wrong with pages of `sizes` bytes, and with a later page that is the first one again."""
    found = [
        finding("federator-page-large", value=str(size), params={"limit": MOST_PAGE_BYTES})
        for size in sizes
        if size > MOST_PAGE_BYTES
    ]
    return [*found, *([finding("federator-page-same")] if repeated else [])]


def identity(graph: Described, dataset: str) -> tuple[str, str]:
    """By what the federator knows a dataset again: the DIR3 code of its publisher, and its IRI with http."""
    publisher = next(iter(graph.iris(dataset, "dct:publisher")), "")
    return publisher.removeprefix(ORGANISMS), re.sub(r"^https:", "http:", dataset)


def _roots(graph: Described) -> Iterator[str]:
    """The catalogues that are no part of another one of the graph."""
    every = set(graph.catalogues)
    parts = {part for one in every for part in graph.iris(one, "dct:hasPart") if part != one}
    parts |= {one for one in every for whole in graph.iris(one, "dct:isPartOf") if whole in every and whole != one}
    for catalogue in graph.catalogues:
        if catalogue not in parts:
            yield catalogue


def _publishers(graph: Described) -> Iterator[Finding]:
    """Any value of dct:publisher counts; of dct:creator only one that is an organism of the portal."""
    used: dict[str, str] = {}
    for subject, said in graph.facts.items():
        for name in (prop("dct:publisher"), prop("dct:creator")):
            for value in said.get(name, ()):
                text = value.value if isinstance(value, Value) else value
                if name.endswith("publisher") or text.startswith(ORGANISMS):
                    used.setdefault(text, subject)
    for text, subject in used.items():
        if not PUBLISHER.fullmatch(text):
            yield finding("federator-publisher", key=subject, field="dct:publisher", value=text)


def _paging(graph: Described) -> Iterator[Finding]:
    """It follows pages of one kind only."""
    for node in graph.facts:
        leads_on = graph.iris(node, "hydra:next") or graph.iris(node, "hydra:nextPage")
        if leads_on and not graph.is_a(node, prop("hydra:PagedCollection")):
            yield finding("federator-paging", key=node, field="hydra:next")


def _listed(graph: Described, kind: str) -> list[str]:
    """The described entities of `kind` that a catalogue lists."""
    named = dict.fromkeys(n for c in graph.catalogues for n in graph.iris(c, _LISTS[kind]))
    return [n for n in named if graph.is_a(n, kind)]


def _removed(graph: Described) -> Iterator[Finding]:
    for record in graph.of_type(RECORD):
        yield finding("federator-record", key=record)
    for agent in graph.facts:
        if agent.startswith(ORGANISMS):
            yield finding("federator-agent", key=agent)
    for kind, name in _LISTS.items():
        named = Counter(n for c in graph.catalogues for n in dict.fromkeys(graph.iris(c, name)))
        for node, count in named.items():
            if not graph.is_a(node, kind):
                yield finding("federator-undescribed", key=node, field=name)
            elif count > 1:
                yield finding("federator-listed-twice", key=node, field=name)
        for node in graph.of_type(kind):
            if node not in named:
                yield finding("federator-unlisted", key=node, field=name)
    yield from _unreferenced(graph)


def _unreferenced(graph: Described) -> Iterator[Finding]:
    """Nodes that nothing names, and those that only such nodes name; what is told above apart."""
    told = {CATALOG, DATASET, SERVICE, RECORD}
    left = {n: said for n, said in graph.facts.items() if not graph.is_paging(n)}
    counts = Counter(v for said in left.values() for v in _named_by(said))
    todo = [n for n in left if not counts[n]]
    while todo:
        node = todo.pop()
        kinds = left[node].get(TYPE, [])
        if CATALOG in kinds:
            continue
        if not node.startswith(ORGANISMS) and not any(kind in told for kind in kinds):
            yield finding("federator-unreferenced", key=node)
        for value in _named_by(left[node]):
            counts[value] -= 1
            if not counts[value] and value in left:
                todo.append(value)


def _named_by(said: dict[str, list[Node]]) -> set[str]:
    return {v for values in said.values() for v in values if isinstance(v, str)}


def _by_entity(graph: Described, failures: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The failures of each entity. What is said of the organisms does not count: it is removed before."""
    out: dict[str, list[Finding]] = {}
    for one in failures:
        node = one.key or ""
        if _fails(one) and not node.startswith(ORGANISMS):
            for owner in graph.owners_of(node):
                out.setdefault(owner, []).append(one)
    return out


def _fails(one: Finding) -> bool:
    if one.code == INVALID:
        return one.params["kind"] in _TABLES and one.field != "dct:rights"
    return one.severity == "error"


def _reasons(graph: Described, dataset: str, by_entity: dict[str, list[Finding]]) -> Iterator[Text]:
    if dataset in by_entity:
        yield _told(by_entity[dataset])
    for name in _VERSIONS:
        if graph.values(dataset, name):
            yield Text(
                es=f"{name} nombra otro conjunto, que el federador aparta antes de validar; use dct:hasVersion o dct:isVersionOf.",
                en=f"{name} names another dataset, which the federator takes away before it validates; use dct:hasVersion or dct:isVersionOf.",
            )
    files = graph.distributions(dataset)
    described = [f for f in files if graph.is_a(f, DISTRIBUTION)]
    for file in dict.fromkeys([*described, *graph.iris(dataset, "adms:sample")]):
        if file in by_entity:
            told = _told(by_entity[file])
            yield Text(es=f"Su distribución {file} no pasa: {told.es}", en=f"Its distribution {file} fails: {told.en}")
    if not any(f not in by_entity for f in described):
        yield Text(es="No tiene ninguna distribución válida.", en="It has no valid distribution.")


def _service(service: str, failures: list[Finding]) -> Finding:
    told = _told(failures)
    return finding("federator-service", key=service, params={"reason_es": told.es, "reason_en": told.en})


def _told(failures: list[Finding]) -> Text:
    """What is wrong, in one sentence or a few."""
    es, en = (list(dict.fromkeys(f.what(lang) for f in failures)) for lang in ("es", "en"))
    more = len(es) - _MANY
    return Text(
        es=" ".join(es[:_MANY]) + (f" Y {more} más." if more > 0 else ""),
        en=" ".join(en[:_MANY]) + (f" And {more} more." if more > 0 else ""),
    )


def _taken(graph: Described, datasets: list[str]) -> dict[str, list[Text]]:
    """The datasets that collide with one before them, and how: the same identity, or the same Spanish title."""
    first: dict[tuple[str, ...], str] = {}
    out: dict[str, list[Text]] = {}
    for dataset in datasets:
        other = first.setdefault(identity(graph, dataset), dataset)
        if other != dataset:
            reason = Text(
                es=f"Es el mismo que {other} salvo en http o https.", en=f"It is {other} but for http or https."
            )
            out.setdefault(dataset, []).append(reason)
        for title in graph.literals(dataset, "dct:title"):
            other = first.setdefault((title.value[:TITLE_CHARS],), dataset) if title.lang == "es" else dataset
            if other != dataset:
                reason = Text(
                    es=f"Su título es el de {other} en sus primeros {TITLE_CHARS} caracteres.",
                    en=f"Its title is that of {other} in its first {TITLE_CHARS} characters.",
                )
                out.setdefault(dataset, []).append(reason)
    return out
