"""A catalogue in RDF, read once and indexed for the gates.

What belongs here: the index by subject, the entities (catalogues, datasets, services,
distributions), which nodes are parts of which, and the N-Triples that the shapes engine reads. What does
not: parsing (`parse`), and any judgement.

IRIs are plain text, blank nodes are `_:b1`, `_:b2` … in the order of the file, literals are `Value`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from pipelines.check.catalogue.parse import NotRdfError, RdfSyntax, parse_rdf
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.mapping import RDF_PREFIXES
from pipelines.contracts.text import LANGS
from pipelines.describe.rdf import PREFIXES

NAMESPACES = {
    **RDF_PREFIXES,
    **{prefix: PREFIXES[prefix] for prefix in ("dcatap", "hydra", "spdx")},
    "odrl": "http://www.w3.org/ns/odrl/2/",
}
TYPE = NAMESPACES["rdf"] + "type"
_BLANK = re.compile(r"^_:\S+|(?<= )_:[^\s\"]+(?= \.$)", re.MULTILINE)
"""A blank node as the subject or the object of a line of N-Triples; never the same signs within a literal."""
_HYDRA = NAMESPACES["hydra"]

CATALOG, DATASET, SERVICE, DISTRIBUTION, RECORD, SERIES = (
    NAMESPACES["dcat"] + name
    for name in ("Catalog", "Dataset", "DataService", "Distribution", "CatalogRecord", "DatasetSeries")
)
_ENTITY_TYPES = frozenset({CATALOG, DATASET, SERVICE, DISTRIBUTION, RECORD, SERIES})


class Value(NamedTuple):
    """A literal: its text, language (or None) and datatype."""

    value: str
    lang: str | None
    datatype: str


Node = str | Value


def prop(name: str) -> str:
    """The IRI of `prefix:local`. Raises `KeyError` for an unknown prefix."""
    prefix, local = name.split(":", 1)
    return NAMESPACES[prefix] + local


def short(iri: str) -> str:
    """`iri` with a prefix, where there is one for it: `dct:title`."""
    for prefix, namespace in NAMESPACES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri


@dataclass
class Described:
    """A graph by subject: the values of each property, and the same triples as lines of N-Triples.

    `findings` is empty, or says why the bytes could not be read; then there is nothing else.
    """

    facts: dict[str, dict[str, list[Node]]] = field(default_factory=dict)
    lines: dict[str, list[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def values(self, subject: str, name: str) -> list[Node]:
        """The values of `prefix:local` of `subject`, in the order of the file."""
        return self.facts.get(subject, {}).get(prop(name), [])

    def iris(self, subject: str, name: str) -> list[str]:
        """Those values that are IRIs or blank nodes."""
        return [v for v in self.values(subject, name) if isinstance(v, str)]

    def literals(self, subject: str, name: str) -> list[Value]:
        """Those values that are literals."""
        return [v for v in self.values(subject, name) if isinstance(v, Value)]

    def is_a(self, subject: str, kind: str) -> bool:
        """Whether `subject` is declared to be a `kind` (an IRI)."""
        return kind in self.facts.get(subject, {}).get(TYPE, ())

    @cached_property
    def _by_type(self) -> dict[str, list[str]]:
        out: dict[str, list[str]] = {}
        for subject, said in self.facts.items():
            for kind in said.get(TYPE, ()):
                if isinstance(kind, str):
                    out.setdefault(kind, []).append(subject)
        return out

    def of_type(self, kind: str) -> list[str]:
        """The subjects declared to be a `kind`, in the order of the file."""
        return self._by_type.get(kind, [])

    @property
    def catalogues(self) -> list[str]:
        """The catalogues."""
        return self.of_type(CATALOG)

    @property
    def datasets(self) -> list[str]:
        """The datasets. A series or a catalogue that calls itself a dataset too is one here as well."""
        return self.of_type(DATASET)

    @property
    def services(self) -> list[str]:
        """The data services."""
        return self.of_type(SERVICE)

    def distributions(self, dataset: str) -> list[str]:
        """The distributions of `dataset`, described or not."""
        return list(dict.fromkeys(self.iris(dataset, "dcat:distribution")))

    def is_entity(self, node: str) -> bool:
        """Whether `node` is judged by itself: a catalogue, dataset, service, distribution, record or series."""
        return any(kind in _ENTITY_TYPES for kind in self.facts.get(node, {}).get(TYPE, ()))

    def parts(self, entity: str) -> list[str]:
        """`entity` and the described nodes that belong to it, up to the next entity (contact, period, place …)."""
        seen = {entity: None}
        todo = [entity]
        while todo:
            for values in self.facts.get(todo.pop(), {}).values():
                for value in values:
                    if isinstance(value, str) and value not in seen and self._is_part(value):
                        seen[value] = None
                        todo.append(value)
        return list(seen)

    def _is_part(self, node: str) -> bool:
        return node in self.facts and not self.is_entity(node)

    @cached_property
    def owners(self) -> dict[str, list[str]]:
        """For each described node the entities that it belongs to; an entity belongs to itself."""
        out: dict[str, list[str]] = {}
        for entity in [s for s in self.facts if self.is_entity(s)]:
            for node in self.parts(entity):
                out.setdefault(node, []).append(entity)
        return out

    def owners_of(self, node: str) -> list[str]:
        """The entities that `node` belongs to; of one that nobody describes, or the text of a literal, who names it."""
        return self.owners.get(node) or self._named_in.get(node) or [node]

    @cached_property
    def _named_in(self) -> dict[str, list[str]]:
        out: dict[str, dict[str, None]] = {}
        for subject, said in self.facts.items():
            for value in (v for values in said.values() for v in values):
                text = value.value if isinstance(value, Value) else value
                if text not in self.facts:
                    out.setdefault(text, {}).update(dict.fromkeys(self.owners.get(subject, ())))
        return {text: list(owners) for text, owners in out.items()}

    @cached_property
    def ntriples(self) -> str:
        """The whole graph as N-Triples, without what says how it is paged."""
        return "".join(line for subject, own in self.lines.items() if not self.is_paging(subject) for line in own)

    def subset(self, entities: Iterable[str]) -> str:
        """The N-Triples of `entities` and of the nodes that belong to them.

        Of other entities that they name it says what they are and nothing more.
        """
        kept = list(dict.fromkeys(node for entity in entities for node in self.parts(entity)))
        inside = set(kept)
        out = [line for node in kept for line in self.lines.get(node, [])]
        named = (v for node in kept for values in self.facts.get(node, {}).values() for v in values)
        for node in dict.fromkeys(v for v in named if isinstance(v, str) and v not in inside and self.is_entity(v)):
            out += [f"{_term(node)} <{TYPE}> <{kind}> .\n" for kind in self.facts[node][TYPE]]
        return "".join(out)

    def is_paging(self, subject: str) -> bool:
        """Whether `subject` only says how the catalogue is cut into pages."""
        return any(isinstance(k, str) and k.startswith(_HYDRA) for k in self.facts[subject].get(TYPE, ()))


def _term(node: str) -> str:
    return node if node.startswith("_:") else f"<{node}>"


def read_graph(data: bytes, fmt: RdfSyntax, base: str | None = None) -> Described:
    """`data` parsed strictly and indexed.

    `base`: address against which relative IRIs are read; without it they are a fault. A fault makes the
    one finding `rdf-unreadable` (line and reason).
    """
    import pyoxigraph as ox

    out = Described()
    try:
        _fill(out, parse_rdf(data, fmt, base), ox)
    except NotRdfError as error:
        reasons = {f"reason_{lang}": error.reason.get(lang) for lang in LANGS}
        where = {"kind": fmt, "line": error.line or "?", **reasons}
        return Described(findings=[finding("rdf-unreadable", params=where)])
    return out


def join_graphs(pages: Iterable[Described]) -> Described:
    """The pages of one catalogue as one graph. Blank nodes of different pages are different nodes."""
    out = Described()
    for number, page in enumerate(pages):
        out.findings += page.findings
        for subject, said in page.facts.items():
            own = out.facts.setdefault(_apart(subject, number), {})
            for name, values in said.items():
                kept = own.setdefault(name, [])
                kept += [v for v in (_apart(v, number) for v in values) if v not in kept]
            lines = out.lines.setdefault(_apart(subject, number), [])
            known = set(lines)
            lines += [line for line in (_line_apart(text, number) for text in page.lines[subject]) if line not in known]
    return out


def blank_labels(ntriples: str) -> list[str]:
    """The labels of the blank nodes of `ntriples`, each where it first comes."""
    return list(dict.fromkeys(_BLANK.findall(ntriples)))


def _apart(node: Any, number: int) -> Any:
    return f"_:p{number}{node[2:]}" if number and isinstance(node, str) and node.startswith("_:") else node


def _line_apart(line: str, number: int) -> str:
    if not number or "_:" not in line:
        return line
    subject, name, value = line[:-3].split(" ", 2)
    return f"{_apart(subject, number)} {name} {_apart(value, number)} .\n"


def _fill(out: Described, triples: Iterator[Any], ox: Any) -> None:
    """Index `triples`; a triple that is said twice counts once."""
    named, blank = ox.NamedNode, ox.BlankNode
    facts, lines = out.facts, out.lines
    labels: dict[str, str] = {}
    # The same property or value comes thousands of times: each is turned into text once.
    texts: dict[Any, tuple[Node, str]] = {}

    def read(term: Any) -> tuple[Node, str]:
        if isinstance(term, named):
            return term.value, f"<{term.value}>"
        if isinstance(term, blank):
            label = labels.setdefault(term.value, f"_:b{len(labels) + 1}")
            return label, label
        return Value(term.value, term.language, term.datatype.value), str(term)

    seen: set[Any] = set()
    for triple in triples:
        if triple in seen:
            continue
        seen.add(triple)
        subject, name, value = triple.subject, triple.predicate, triple.object
        found = [texts.get(t) or texts.setdefault(t, read(t)) for t in (subject, name, value)]
        (s, s_text), (p, p_text), (o, o_text) = found
        facts.setdefault(s, {}).setdefault(p, []).append(o)  # type: ignore[arg-type]
        lines.setdefault(s, []).append(f"{s_text} {p_text} {o_text} .\n")  # type: ignore[arg-type]
