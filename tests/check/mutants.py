"""Catalogues with one fault each: every kind of thing and property of a catalogue, broken in every way it can be.

The mutants of a catalogue are always the same: its triples are sorted, and of those that have the same
class, property and fault only the first is broken.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

RDF_TYPE = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
XSD = "http://www.w3.org/2001/XMLSchema#"
LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
DATES = {XSD + kind for kind in ("date", "dateTime", "gYear", "gYearMonth")}
FOAF = "http://xmlns.com/foaf/0.1/"
Term = ox.NamedNode | ox.BlankNode | ox.Literal
Triple = tuple[ox.NamedNode | ox.BlankNode, ox.NamedNode, Term]
Fault = Callable[[Triple], list[Triple] | None]


@dataclass(frozen=True)
class Mutant:
    """A catalogue as N-Triples, with the class and property that are broken, and how."""

    target: str
    path: str
    fault: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.target} {self.path}: {self.fault}"


def ntriples(triples: list[Triple]) -> str:
    return "".join(f"{s} {p} {o} .\n" for s, p, o in triples)


def read(path: Path, drop: Callable[[Triple], bool] = lambda _: False) -> list[Triple]:
    """The triples of a Turtle file, sorted; blank nodes are named in the order in which they come."""
    names: dict[str, ox.BlankNode] = {}

    def named(term: Term) -> Term:
        if isinstance(term, ox.BlankNode):
            return names.setdefault(term.value, ox.BlankNode(f"n{len(names)}"))
        return term

    found = [(named(t.subject), t.predicate, named(t.object)) for t in ox.parse(path=path, format=ox.RdfFormat.TURTLE)]
    return sorted((t for t in found if not drop(t)), key=str)


def drop(t: Triple) -> list[Triple]:
    return []


def literal_for_iri(t: Triple) -> list[Triple] | None:
    return None if isinstance(t[2], ox.Literal) else [(*t[:2], ox.Literal("un texto"))]


def blank_for_iri(t: Triple) -> list[Triple] | None:
    return [(*t[:2], ox.BlankNode("fresh"))] if isinstance(t[2], ox.NamedNode) else None


def iri_for_literal(t: Triple) -> list[Triple] | None:
    return [(*t[:2], ox.NamedNode("http://x.example/v"))] if isinstance(t[2], ox.Literal) else None


def second_value(t: Triple) -> list[Triple] | None:
    s, p, o = t
    if isinstance(o, ox.NamedNode):
        return [t, (s, p, ox.NamedNode(o.value + "X"))]
    if isinstance(o, ox.BlankNode):
        return [t, (s, p, ox.NamedNode("http://x.example/second"))]
    if o.language:
        return [t, (s, p, ox.Literal(o.value + " bis", language=o.language))]
    if o.datatype.value in DATES:
        return [t, (s, p, ox.Literal(o.value.replace("2026", "2025").replace("2024", "2023"), datatype=o.datatype))]
    return [t, (s, p, ox.Literal(o.value + "1", datatype=o.datatype))]


def second_language(t: Triple) -> list[Triple] | None:
    s, p, o = t
    if isinstance(o, ox.Literal) and o.language:
        return [t, (s, p, ox.Literal("Texto", language="ca"))]
    return None


def other_scheme(t: Triple) -> list[Triple] | None:
    """The scheme http where https was, and the other way round."""
    o = t[2]
    if not isinstance(o, ox.NamedNode) or t[1] == RDF_TYPE:
        return None
    swapped = "http" + o.value[5:] if o.value.startswith("https") else o.value.replace("http", "https", 1)
    return [(*t[:2], ox.NamedNode(swapped if swapped != o.value else "http://x.example/v"))]


def other_place(t: Triple) -> list[Triple] | None:
    return [(*t[:2], ox.NamedNode("http://x.example/other"))] if isinstance(t[2], ox.NamedNode) else None


def capitals(t: Triple) -> list[Triple] | None:
    o = t[2]
    if not isinstance(o, ox.NamedNode) or t[1] == RDF_TYPE or "/" not in o.value[8:]:
        return None
    head, _, tail = o.value.rpartition("/")
    return [(*t[:2], ox.NamedNode(f"{head}/{tail.swapcase()}"))] if tail.swapcase() != tail else None


def no_datatype(t: Triple) -> list[Triple] | None:
    o = t[2]
    plain = isinstance(o, ox.Literal) and not o.language and o.datatype.value != XSD + "string"
    return [(*t[:2], ox.Literal(o.value))] if plain else None


def other_datatype(t: Triple) -> list[Triple] | None:
    o = t[2]
    if not isinstance(o, ox.Literal) or o.language:
        return None
    kind = "integer" if o.datatype.value != XSD + "integer" else "decimal"
    return [(*t[:2], ox.Literal("7", datatype=ox.NamedNode(XSD + kind)))]


def no_language(t: Triple) -> list[Triple] | None:
    return [(*t[:2], ox.Literal(t[2].value))] if isinstance(t[2], ox.Literal) and t[2].language else None


def a_language(t: Triple) -> list[Triple] | None:
    o = t[2]
    return [(*t[:2], ox.Literal(o.value, language="es"))] if isinstance(o, ox.Literal) and not o.language else None


def regional(t: Triple) -> list[Triple] | None:
    o = t[2]
    if isinstance(o, ox.Literal) and o.language == "es":
        return [(*t[:2], ox.Literal(o.value, language="es-ES"))]
    return None


def english(t: Triple) -> list[Triple] | None:
    o = t[2]
    if isinstance(o, ox.Literal) and o.language == "es":
        return [(*t[:2], ox.Literal(o.value, language="en"))]
    return None


def empty(t: Triple) -> list[Triple] | None:
    o = t[2]
    if not isinstance(o, ox.Literal):
        return None
    return [(*t[:2], ox.Literal("", language=o.language) if o.language else ox.Literal("", datatype=o.datatype))]


def spaces(t: Triple) -> list[Triple] | None:
    o = t[2]
    if not isinstance(o, ox.Literal):
        return None
    return [(*t[:2], ox.Literal("  ", language=o.language) if o.language else ox.Literal("  ", datatype=o.datatype))]


def impossible(t: Triple) -> list[Triple] | None:
    """A value that its datatype does not have: 31 February, a number in words."""
    o = t[2]
    if not isinstance(o, ox.Literal) or o.language or o.datatype.value == XSD + "string":
        return None
    lexical = {XSD + "date": "2026-02-31", XSD + "dateTime": "2026-11-20T25:00:00Z"}.get(o.datatype.value, "muchos")
    return [(*t[:2], ox.Literal(lexical, datatype=o.datatype))]


def odd_date(t: Triple) -> list[Triple] | None:
    """Dates that XML Schema has and the profile does not: nanoseconds, a zone behind a day."""
    o = t[2]
    if not isinstance(o, ox.Literal) or o.datatype.value not in DATES:
        return None
    lexical = {XSD + "dateTime": "2026-11-20T05:00:00.123456789Z", XSD + "date": "2026-11-20Z"}.get(o.datatype.value)
    return [(*t[:2], ox.Literal(lexical or o.value + "Z", datatype=o.datatype))]


def negative(t: Triple) -> list[Triple] | None:
    o = t[2]
    numbers = {XSD + kind for kind in ("integer", "nonNegativeInteger", "decimal", "double")}
    if not isinstance(o, ox.Literal) or o.datatype.value not in numbers:
        return None
    return [(*t[:2], ox.Literal("-5", datatype=ox.NamedNode(XSD + "integer")))]


def other_type(t: Triple) -> list[Triple] | None:
    return [(*t[:2], ox.NamedNode("http://x.example/Thing"))] if t[1] == RDF_TYPE else None


def described_agent(t: Triple) -> list[Triple] | None:
    """An agent that the catalogue describes, with a name and no type."""
    if t[1].value != "http://purl.org/dc/terms/publisher" and t[1].value != "http://purl.org/dc/terms/creator":
        return None
    return [t, (t[2], ox.NamedNode(FOAF + "name"), ox.Literal("Ayuntamiento", language="es"))]


def typed_agent(t: Triple) -> list[Triple] | None:
    """An agent that the catalogue describes as the profile wants, less what is only recommended."""
    more = described_agent(t)
    return [*more, (t[2], RDF_TYPE, ox.NamedNode(FOAF + "Agent"))] if more else None


FAULTS: list[Fault] = [
    drop, literal_for_iri, blank_for_iri, iri_for_literal, second_value, second_language, other_scheme, other_place,
    capitals, no_datatype, other_datatype, no_language, a_language, regional, english, empty, spaces, impossible,
    odd_date, negative, other_type, described_agent, typed_agent,
]  # fmt: skip


def mutants(triples: list[Triple]) -> Iterator[Mutant]:
    """Every fault of every property of every class, once."""
    types: dict[str, list[str]] = {}
    for s, p, o in triples:
        if p == RDF_TYPE:
            types.setdefault(str(s), []).append(_local(o))
    done: set[tuple[str, str, str]] = set()
    for index, triple in enumerate(triples):
        target = "+".join(sorted(types.get(str(triple[0]), ["(none)"])))
        for fault in FAULTS:
            key = (target, _local(triple[1]), fault.__name__)
            changed = None if key in done else fault(triple)
            if changed is not None:
                done.add(key)
                yield Mutant(*key, ntriples([*triples[:index], *changed, *triples[index + 1 :]]))


def _local(term: Term) -> str:
    return term.value.rpartition("/")[2].rpartition("#")[2]
