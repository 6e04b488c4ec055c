"""The standards that a catalogue is held against: our own constraints and, where they are, the official shapes.

What belongs here: loading both, saying what is missing or not as it was pinned, and running them over a
graph. What does not: what our constraints are (`constraints`), how a result reads (`shapes`), and which
graph is run: the sets `es-hvd` and `eu-hvd` ask their rules of every dataset, distribution and service of
the graph, so whoever calls gives them a graph of high-value entities only, as the national federator does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pipelines.check.catalogue.constraints import (
    CONSTRAINTS_FILE,
    KINDS_FILE,
    PREFIXES,
    Constraints,
    Rule,
    load_constraints,
    rule_iri,
    shacl_of,
)
from pipelines.check.catalogue.graph import blank_labels
from pipelines.contracts.files import sha256_bytes
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.standards import OFFICIAL_FILE, SHAPE_SETS, OfficialFile, ShapeSet, official_files
from pipelines.contracts.text import Text

_SH = "http://www.w3.org/ns/shacl#"
_REFUSED = frozenset({_SH + "resultPath", _SH + "none"})
"""What the published DCAT-AP-ES files say that is no SHACL: a term of reports, and a slip for `sh:node`."""
_TARGETS = frozenset(
    _SH + term for term in ("targetClass", "targetObjectsOf", "targetSubjectsOf", "targetNode", "target")
)
_DEFINED_IN: dict[ShapeSet, ShapeSet] = {"es-hvd": "es"}
"""The set in which a set's files look up shapes that they name and do not have."""
_VALUE = "#value"
_FIRST = "<urn:opendata:first>"
"""A class that no catalogue has. Its shape says how the engine calls the first blank node of a graph."""
_FIRST_SHAPE = f"{_FIRST} <{_SH}targetClass> {_FIRST} .\n{_FIRST} <{_SH}nodeKind> <{_SH}IRI> .\n"
_LABEL = "_:0_b"
"""How the labels of the engine begin; the number of the blank node follows."""
_NAMES = re.compile(r"<([^<>]*)>")


@dataclass(frozen=True)
class Result:
    """One breach of a rule.

    `focus` is the thing and `path` the property (`dct:title`, or a path of such names; None if it is the
    thing itself), `value` the value at fault as plain text, if there is one. A result of our own has the
    id of its rule, which `Standards.rules` knows, and what the rule wants.
    """

    set: ShapeSet
    focus: str
    path: str | None
    component: str
    value: str | None
    severity: Literal["error", "warning"]
    origin: Literal["own", "official"]
    message: Text | None = None
    rule: str | None = None


@dataclass(frozen=True)
class Standards:
    """Compiled shapes by set, the rules of our own by id, and what is wrong with the files.

    Our own and the official shapes of a set are compiled as one, so that a graph is read once and its
    blank nodes have the same name in the results of both. `official` says which sets have both.
    """

    shapes: dict[ShapeSet, Any]
    rules: dict[str, Rule]
    official: frozenset[ShapeSet]
    findings: tuple[Finding, ...]


def load_standards(vocab: Path, official: Path | None) -> Standards:
    """The constraints in the folder `vocab`, and the official shapes below `official`, compiled.

    Read again only when a file has changed. A set whose official files are missing (`shapes-missing`), are
    not those that were pinned (`standards-changed`) or cannot be read (`shapes-unreadable`) has our own only.
    """
    tables = [vocab / CONSTRAINTS_FILE, vocab / KINDS_FILE, vocab / OFFICIAL_FILE]
    watched = [*tables, *sorted((vocab / "codes").glob("*.csv"))]
    watched += sorted(official.rglob("*.ttl")) if official else []
    return _load(vocab, official, tuple(map(_stamp, watched)))


def all_results(standards: Standards, name: ShapeSet, ntriples_or_turtle: str) -> list[Result]:
    """What the rules of one set find in a graph, our own and the official ones, each place and value of a rule once.

    Blank nodes have the labels of N-Triples; those of Turtle have labels of the engine. Information is
    passed over. Raises `ValueError` if the text is not RDF.
    """
    shapes = standards.shapes.get(name)
    if not shapes:
        return []
    by_iri = {rule_iri(rule.id): rule for rule in standards.rules.values() if rule.set == name}
    found: dict[tuple[str | None, ...], Result] = {}
    for raw in shapes.validate_turtle(ntriples_or_turtle).results:
        if raw.severity != "Info":
            rule = by_iri.get(_plain(raw.root_shape).removesuffix(_VALUE))
            result = _own(raw, rule) if rule else _theirs(raw, name)
            key = (result.focus, result.path, result.value, result.rule or result.component, result.severity)
            found.setdefault(key, result)
    return _as_labelled(shapes, ntriples_or_turtle, list(found.values()))


def once(found: list[Result]) -> list[Result]:
    """Results, errors first and always in the same order: what both ours and the official shapes say once, in our words."""
    own, official = _by_origin(found)
    return sorted([*own, *_not_said(official, own)], key=_place)


def official_only(found: list[Result]) -> list[Result]:
    """What the official shapes say, in our words where ours say it too; what only ours ask for is left out.

    The same things are wrong as in the results of the official shapes, no more and no fewer.
    """
    own, official = _by_origin(found)
    alone = set(map(id, _not_said(own, official, of_values=False)))
    shared = [result for result in own if id(result) not in alone]
    return sorted([*shared, *_not_said(official, shared, of_values=False)], key=_place)


def _by_origin(found: list[Result]) -> tuple[list[Result], list[Result]]:
    return [r for r in found if r.origin == "own"], [r for r in found if r.origin == "official"]


def _as_labelled(shapes: Any, ntriples: str, found: list[Result]) -> list[Result]:
    """Results with the labels that blank nodes have in the text; the engine counts them in their order."""
    if not any((term or "").startswith(_LABEL) for r in found for term in (r.focus, r.value)):
        return found
    (first,) = shapes.validate_turtle(f"_:first a {_FIRST} .").results
    start = int(first.focus_node.removeprefix(_LABEL))
    label = {f"{_LABEL}{number}": text for number, text in enumerate(blank_labels(ntriples), start)}
    return [replace(r, focus=label.get(r.focus, r.focus), value=r.value and label.get(r.value, r.value)) for r in found]


def _own(raw: Any, rule: Rule) -> Result:
    focus, value, component = _plain(raw.focus_node), _value(raw), raw.component
    if rule.property and raw.path is None:
        # The rule was asked of the thing, because it asks something only of some: it is about the property.
        component = "HasValueConstraintComponent" if rule.has else "MinCountConstraintComponent"
    if value == focus and rule.property:
        value = None
    path = rule.property or None
    return Result(rule.set, focus, path, component, value, rule.severity, "own", rule.text, rule.id)


def _theirs(raw: Any, name: ShapeSet) -> Result:
    focus = _plain(raw.focus_node)
    severity: Literal["error", "warning"] = "warning" if raw.severity == "Warning" else "error"
    path = _short(raw.path) if raw.path else None
    value = _value(raw)
    if path and value == focus:
        value = None
    return Result(name, focus, path, raw.component, value, severity, "official")


def _not_said(found: list[Result], others: list[Result], of_values: bool = True) -> Iterator[Result]:
    """What the `others` did not say, about the same property or the thing.

    `of_values`: what they say of the value at fault itself counts too. A warning of theirs never stands for an error.
    """
    told: dict[tuple[str, str], set[str]] = {}
    for result in others:
        for severity in ("error", "warning") if result.severity == "error" else ("warning",):
            told.setdefault((result.focus, severity), set()).update(_names(result.path))
    for result in found:
        here = told.get((result.focus, result.severity))
        if here is not None and (result.path is None or not here or here & _names(result.path)):
            continue
        if of_values and result.value is not None and (result.value, result.severity) in told:
            continue
        yield result


def _names(path: str | None) -> set[str]:
    return set(re.split(r"[|/^() *+?]+", path)) - {""} if path else set()


def _place(result: Result) -> tuple[str, ...]:
    return result.severity, result.focus, result.path or "", result.component, result.value or "", result.rule or ""


def _value(raw: Any) -> str | None:
    """The value as plain text; a blank node as `focus` names it."""
    blank = raw.value is not None and raw.value.startswith("_:")
    return str(raw.value) if blank else raw.value_plain


def _plain(term: str) -> str:
    """A term of the engine without its brackets, or without quotes, language and datatype."""
    if term.startswith('"'):
        return term[1 : term.rindex('"')]
    return term[1:-1] if term.startswith("<") else term


def _short(path: str) -> str:
    """A property path with prefixes: `dct:title`."""

    def name(match: re.Match[str]) -> str:
        for prefix, namespace in PREFIXES.items():
            if match[1].startswith(namespace):
                return f"{prefix}:{match[1].removeprefix(namespace)}"
        return match[1]

    return _NAMES.sub(name, path)


def _stamp(path: Path) -> tuple[str, int, int]:
    """What changes when the file changes; a file that is not there has a stamp too."""
    if not path.exists():
        return str(path), 0, 0
    found = path.stat()
    return str(path), found.st_mtime_ns, found.st_size


@lru_cache(maxsize=8)
def _load(vocab: Path, folder: Path | None, stamps: tuple[tuple[str, int, int], ...]) -> Standards:
    found: list[Finding] = []
    table, official = Constraints({}, {}), {}
    try:
        table = load_constraints(vocab)
        own = {name: shacl_of(table, name) for name in SHAPE_SETS}
    except (OSError, KeyError, ValueError) as error:
        own = dict.fromkeys(SHAPE_SETS, "")
        found.append(finding("shapes-unreadable", part=f"vocab/{CONSTRAINTS_FILE}", params={"reason": error}))
    try:
        official = _official(folder, official_files(vocab), found)
    except (OSError, KeyError, ValueError) as error:
        found.append(finding("shapes-unreadable", part=f"vocab/{OFFICIAL_FILE}", params={"reason": error}))
    shapes = {name: _compiled(name, own[name], official, found) for name in SHAPE_SETS}
    return Standards(shapes, table.rules, frozenset(official), tuple(found))


def _official(folder: Path | None, files: list[OfficialFile], found: list[Finding]) -> dict[ShapeSet, str]:
    """The official sets of which every file is there and is the pinned one, as N-Triples."""
    missing = [one for one in files if folder is None or not (folder / one.file).is_file()]
    if missing:
        found.append(finding("shapes-missing", part=missing[0].file, params={"count": len(missing)}))
    read = {one: (folder / one.file).read_bytes() for one in files if folder and one not in missing}
    changed = {one for one, data in read.items() if sha256_bytes(data) != one.sha256}
    found += [finding("standards-changed", part=one.file) for one in files if one in changed]
    out: dict[ShapeSet, str] = {}
    for name in SHAPE_SETS:
        needed = [one for one in files if one.set in (name, _DEFINED_IN.get(name))]
        if (
            any(one.set == name for one in needed)
            and not changed.intersection(needed)
            and all(o in read for o in needed)
        ):
            try:
                out[name] = "".join(line for o in needed for line in official_triples(read[o], o.set == name))
            except SyntaxError as error:
                found.append(finding("shapes-unreadable", part=name, params={"reason": error}))
    return out


def _compiled(name: ShapeSet, own: str, official: dict[ShapeSet, str], found: list[Finding]) -> Any:
    """Both as one; our own alone if the official ones cannot be compiled."""
    from shacl import Shapes

    try:
        return Shapes.from_turtle(own + official.get(name, "") + _FIRST_SHAPE)
    except ValueError as error:
        if name not in official:
            raise
        found.append(finding("shapes-unreadable", part=name, params={"reason": error}))
        del official[name]
        return Shapes.from_turtle(own + _FIRST_SHAPE)


def official_triples(turtle: bytes, targets: bool = True) -> list[str]:
    """The triples of a published file as N-Triples, without those that are no SHACL and strict engines refuse.

    Without `targets` its shapes are definitions only, which others can name. Raises `SyntaxError`.
    """
    from pyoxigraph import RdfFormat, parse

    dropped = _REFUSED if targets else _REFUSED | _TARGETS
    triples = parse(turtle, format=RdfFormat.TURTLE, rename_blank_nodes=True)
    return [f"{t.subject} {t.predicate} {t.object} .\n" for t in triples if t.predicate.value not in dropped]
