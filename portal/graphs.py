"""What the released graphs say of one thing, cut out of their files.

What belongs here: finding the blocks of a subject in the Turtle or N-Triples of a table, and writing them as Turtle and
as JSON-LD. What does not: which tables speak of it, which is `entities`.

A graph is one block a row, begun by its subject at the start of a line (see `linked.write`, which wrote it); texts in it
hold no line break. So a subject is found by its first line, and the graph is never read whole.
"""

import json
import mmap
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse, serialize

from pipelines.contracts.mapping import RDF_PREFIXES

PASSAGE = "#"
"""What begins the parts of a subject: `<iri>` itself, and `<iri#…>`."""
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_STRING = "http://www.w3.org/2001/XMLSchema#string"
_LOCAL = re.compile(r"^[A-Za-z][A-Za-z0-9_-]*$")
_PREFIX = re.compile(rb"^@prefix ([a-z][a-z0-9-]*): <([^>]*)> \.$", re.M)

Graph = set[Triple]


def triples_about(files: Iterable[Path], iri: str) -> tuple[Graph, dict[str, str]]:
    """The triples of `iri` and of its parts in the graphs `files`, and the prefixes that those use."""
    graph: Graph = set()
    prefixes: dict[str, str] = {}
    for path in files:
        with path.open("rb") as stream:
            if not path.stat().st_size:
                continue
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                turtle = path.suffix == ".ttl"
                head = data[: data.find(b"\n\n")] if data[:8] == b"@prefix " else b""
                said = b"".join(_blocks(data, iri, turtle))
        prefixes |= {name.decode(): address.decode() for name, address in _PREFIX.findall(head)}
        form = RdfFormat.TURTLE if turtle else RdfFormat.N_TRIPLES
        graph |= {quad.triple for quad in parse(head + b"\n" + said, format=form)}
    return graph, prefixes


def _blocks(data: mmap.mmap, iri: str, turtle: bool) -> Iterator[bytes]:
    for begin in (f"\n<{iri}>", f"\n<{iri}{PASSAGE}"):
        mark = begin.encode()
        place = data.find(mark)
        if data[: len(mark) - 1] == mark[1:]:
            place = -1 if place < 0 else place
            yield data[: _end(data, 0, turtle)]
        while place >= 0:
            end = _end(data, place + 1, turtle)
            yield data[place + 1 : end]
            # What ends a line begins the next.
            place = data.find(mark, end - 1)


def _end(data: mmap.mmap, place: int, turtle: bool) -> int:
    mark = b" .\n"
    found = data.find(b"\n\n" if turtle else mark, place)
    return len(data) if found < 0 else found + (2 if turtle else len(mark))


def as_turtle(graph: Graph, prefixes: dict[str, str]) -> bytes:
    """The graph as Turtle, the same bytes for the same triples."""
    written = serialize(sorted(graph, key=_order), format=RdfFormat.TURTLE, prefixes=_used(graph, prefixes)) or b""
    lines = written.splitlines(keepends=True)
    # The library writes the prefixes in an order of its own, which differs from process to process.
    head = sorted(line for line in lines if line.startswith(b"@prefix "))
    return b"".join(head) + b"\n" + b"".join(lines[len(head) :])


def as_jsonld(graph: Graph, prefixes: dict[str, str]) -> bytes:
    """The graph as JSON-LD with its prefixes as context, the same bytes for the same triples."""
    used = _used(graph, prefixes)
    nodes: dict[str, dict[str, Any]] = {}
    for triple in sorted(graph, key=_order):
        subject = str(triple.subject.value)  # type: ignore[union-attr]  # graphs of tables have IRIs alone
        node = nodes.setdefault(subject, {"@id": subject})
        predicate = triple.predicate.value
        if predicate == _TYPE:
            node.setdefault("@type", []).append(_short(str(triple.object.value), used))  # type: ignore[union-attr]
        else:
            node.setdefault(_short(predicate, used), []).append(_value(triple.object, used))
    document = {"@context": used, "@graph": list(nodes.values())}
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _order(triple: Triple) -> tuple[str, bool, str]:
    return str(triple.subject)[1:-1], triple.predicate.value != _TYPE, str(triple)


def _used(graph: Graph, prefixes: dict[str, str]) -> dict[str, str]:
    known = {**RDF_PREFIXES, **prefixes}
    text = "\n".join(map(str, graph))
    return {name: address for name, address in sorted(known.items()) if f"<{address}" in text}


def _short(iri: str, prefixes: dict[str, str]) -> str:
    for name, address in prefixes.items():
        if iri.startswith(address) and _LOCAL.match(iri[len(address) :]):
            return f"{name}:{iri[len(address) :]}"
    return iri


def _value(term: NamedNode | BlankNode | Literal | Triple, prefixes: dict[str, str]) -> Any:
    if not isinstance(term, Literal):
        return {"@id": term.value if isinstance(term, NamedNode) else str(term)}
    if term.language:
        return {"@value": term.value, "@language": term.language}
    if term.datatype.value == _STRING:
        return term.value
    return {"@value": term.value, "@type": _short(term.datatype.value, prefixes)}
