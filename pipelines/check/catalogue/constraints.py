"""Our own table of constraints, and the SHACL that is made of it.

What belongs here: reading `vocab/shapes/constraints.csv` (what each property must have) and
`vocab/shapes/kinds.csv` (what a value of a named kind is), and writing them as shapes. What does not:
running them, which is `standards`, and any rule: a rule is a row of the table.

A row says, for the sets of one standard: the class (`^p` is what a property `p` points at), the properties
(each makes one rule; `a|b` is either of them, `^p` the other way round, `a/b` one after the other; none
means the thing itself), how many values (`min`, `max`), of which `kind` each is, of which kind at least
one is (`some`), which value is among them if there are any (`has`), and for which things only (`when`,
a path and the kind of one of its values).
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pipelines.check.catalogue.graph import NAMESPACES
from pipelines.contracts.standards import ShapeSet, shape_set
from pipelines.contracts.text import Text

CONSTRAINTS_FILE = Path("shapes") / "constraints.csv"
KINDS_FILE = Path("shapes") / "kinds.csv"
RULE = "urn:opendata:rule:"
"""How the IRI of a generated shape begins; the id of its rule follows, percent-encoded."""
PREFIXES = {
    **NAMESPACES,
    "eli": "http://data.europa.eu/eli/ontology#",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "locn": "http://www.w3.org/ns/locn#",
    "sh": "http://www.w3.org/ns/shacl#",
    "time": "http://www.w3.org/2006/time#",
}
"""Every prefix that the tables may use."""

_NODES = {
    "iri": "sh:nodeKind sh:IRI",
    "node": "sh:nodeKind sh:BlankNodeOrIRI",
    "literal": "sh:nodeKind sh:Literal",
    # Closed and without properties: nothing is said about it. Through `sh:node`, so that the value is what is closed.
    "bare": "sh:node [ sh:nodeKind sh:IRI ; sh:closed true ]",
}
_SEVERITIES = {"error": "sh:Violation", "warning": "sh:Warning"}
# SHACL knows ranges of languages only, and `es` as a range has `es-ES` in it, which is not enough.
_SPANISH = (
    "SELECT DISTINCT $this WHERE { $this $PATH ?any . "
    "FILTER NOT EXISTS { $this $PATH ?spanish . FILTER(LANG(?spanish) = 'es') } }"
)


@dataclass(frozen=True)
class Kind:
    """What a value is. Empty parts ask for nothing; a value must be all that the others ask for.

    `any_of` and `without` name other kinds; `classes` are alternatives; `among` is the list of values;
    `needs` are paths of which the value must have something, and its kind if that is said; `langs` has
    `once` (one value a language) and `es` (one of the values is in Spanish).
    """

    name: str
    node: str
    datatype: str
    pattern: str
    classes: tuple[str, ...]
    among: tuple[str, ...]
    any_of: tuple[str, ...]
    without: tuple[str, ...]
    needs: tuple[tuple[str, str], ...]
    least: str
    langs: tuple[str, ...]
    text: Text


@dataclass(frozen=True)
class Rule:
    """One property of one class: what the table asks of it, why, and how that reads."""

    id: str
    set: ShapeSet
    target: str
    when: str
    property: str
    min: str
    max: str
    kind: str
    some: str
    has: str
    severity: Literal["error", "warning"]
    source: str
    text: Text


@dataclass(frozen=True)
class Constraints:
    """The whole table: the rules by id, in its order, and the kinds by name."""

    rules: dict[str, Rule]
    kinds: dict[str, Kind]


def load_constraints(vocab: Path) -> Constraints:
    """The table in the folder of vocabularies. Raises `OSError`, `KeyError` or `ValueError`."""
    kinds = {row["kind"]: _kind(row, vocab) for row in _rows(vocab / KINDS_FILE)}
    rules: dict[str, Rule] = {}
    for row in _rows(vocab / CONSTRAINTS_FILE):
        for rule in _rules(row):
            if rule.id in rules:
                raise ValueError(f"two rows say what {rule.id} is")
            rules[rule.id] = rule
    return Constraints(rules, kinds)


def shacl_of(table: Constraints, name: ShapeSet) -> str:
    """The shapes of one set as Turtle, always the same bytes for the same table.

    Each rule is a node shape whose IRI is `RULE` and its id. Raises `KeyError` for a kind or prefix that
    nobody knows.
    """
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    return head + "\n" + "".join(_shape(rule, table) for rule in table.rules.values() if rule.set == name)


def rule_iri(rule: str) -> str:
    """The IRI of the shape of the rule with the id `rule`."""
    return RULE + quote(rule, safe=":/")


def expand(name: str) -> str:
    """The IRI of `prefix:local` or `<iri>`. Raises `KeyError` for a prefix that is not in `PREFIXES`."""
    if name.startswith("<"):
        return name[1:-1]
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _kind(row: dict[str, str], vocab: Path) -> Kind:
    needs = [part.strip().partition("=") for part in row["needs"].split(";") if part.strip()]
    return Kind(
        name=row["kind"],
        node=row["node"],
        datatype=row["datatype"],
        pattern=row["pattern"],
        classes=tuple(row["class"].split()),
        among=tuple(_values(row["among"], vocab)),
        any_of=tuple(row["any_of"].split()),
        without=tuple(row["without"].split()),
        needs=tuple((path, kind) for path, _, kind in needs),
        least=row["least"],
        langs=tuple(row["langs"].split()),
        text=Text(es=row["es"], en=row["en"]),
    )


def _values(among: str, vocab: Path) -> Iterator[str]:
    """The values of a list, or of the table of codes that it names: `codes/sector`."""
    if not among.startswith("codes/"):
        yield from among.split()
        return
    name = among.removeprefix("codes/")
    (prefix,) = [row["prefix"] for row in _rows(vocab / "codes" / "tables.csv") if row["table"] == name]
    for row in _rows(vocab / "codes" / f"{name}.csv"):
        yield f"<{prefix}{row['code']}>"


def _rules(row: dict[str, str]) -> Iterator[Rule]:
    severity: Literal["error", "warning"] = "error" if row["severity"] == "error" else "warning"
    if row["severity"] != severity:
        raise ValueError(f"there is no severity {row['severity']!r}")
    name = shape_set(row["set"])
    for target in row["class"].split():
        for path in row["property"].split() or [""]:
            parts = [name, target, path, "recommended" if severity == "warning" else "", row["when"] and "when"]
            yield Rule(
                id=" ".join(part for part in parts if part),
                set=name,
                target=target,
                when=row["when"],
                property=path,
                min=row["min"],
                max=row["max"],
                kind=row["kind"],
                some=row["some"],
                has=row["has"],
                severity=severity,
                source=row["source"],
                text=Text(es=row["es"].format(property=path), en=row["en"].format(property=path)),
            )


def _shape(rule: Rule, table: Constraints) -> str:
    """The node shape of a rule; its property shape has the same IRI and `#value`."""
    iri = rule_iri(rule.id)
    target = f"sh:targetObjectsOf {rule.target[1:]}" if rule.target[0] == "^" else f"sh:targetClass {rule.target}"
    severity = f"sh:severity {_SEVERITIES[rule.severity]}"
    if not rule.property:
        return f"<{iri}> a sh:NodeShape ; {target} ; {severity} ;\n  {_value(table, rule.kind)} .\n"
    wanted = f"<{iri}> a sh:NodeShape ; {target} ; {severity}"
    if rule.has and not rule.min:
        # Among the values if there are any.
        path = _path(rule.property)
        some = f"[ sh:path {path} ; sh:hasValue {rule.has} ]"
        wanted += f" ;\n  sh:or ( [ sh:path {path} ; sh:maxCount 0 ] {some} )"
    if rule.when:
        path, _, kind = rule.when.rpartition("=")
        applies = f"sh:path {_path(path)} ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape [ {_value(table, kind)} ]"
        held = f"sh:property [ {_property(rule, table)} ]"
        return f"{wanted} ;\n  sh:or ( [ sh:not [ sh:property [ {applies} ] ] ] [ {held} ] ) .\n"
    asked = _property(rule, table)
    return f"{wanted} ;\n  sh:property <{iri}#value> .\n<{iri}#value> {severity} ; {asked} .\n"


def _property(rule: Rule, table: Constraints) -> str:
    parts = [f"sh:path {_path(rule.property)}"]
    if rule.min:
        parts.append(f"sh:minCount {rule.min}")
    if rule.max:
        parts.append(f"sh:maxCount {rule.max}")
    if rule.some:
        parts.append(f"sh:qualifiedMinCount 1 ; sh:qualifiedValueShape [ {_value(table, rule.some)} ]")
    if rule.has and rule.min:
        parts.append(f"sh:hasValue {rule.has}")
    if rule.kind:
        parts.append(_value(table, rule.kind))
        parts += _languages(table.kinds[rule.kind])
    return " ; ".join(parts)


def _languages(kind: Kind) -> Iterator[str]:
    if "once" in kind.langs:
        yield "sh:uniqueLang true"
    if "es" in kind.langs:
        yield f'sh:sparql [ a sh:SPARQLConstraint ; sh:select "{_SPANISH}" ]'


def _value(table: Constraints, name: str) -> str:
    """What a value of the kind must be, as the inside of a shape."""
    kind = table.kinds[name]
    parts = []
    if kind.node:
        parts.append(_NODES[kind.node])
    if kind.datatype:
        parts.append(f"sh:datatype {kind.datatype}")
    if kind.pattern:
        parts.append(_pattern(kind.pattern))
    if kind.least:
        parts.append(f"sh:minInclusive {kind.least}")
    if kind.among:
        parts.append(f"sh:in ( {' '.join(kind.among)} )")
    parts += _classes(kind.classes)
    if kind.any_of:
        parts.append(f"sh:or ( {' '.join(f'[ {_value(table, other)} ]' for other in kind.any_of)} )")
    parts += [f"sh:not [ {_value(table, other)} ]" for other in kind.without]
    # Through `sh:node`, so that a breach is told of the value and not of what the value should have.
    parts += [f"sh:node [ sh:property [ {_need(table, path, other)} ] ]" for path, other in kind.needs]
    return " ; ".join(parts)


def _classes(classes: tuple[str, ...]) -> Iterator[str]:
    if len(classes) == 1:
        yield f"sh:class {classes[0]}"
    elif classes:
        yield f"sh:or ( {' '.join(f'[ sh:class {one} ]' for one in classes)} )"


def _need(table: Constraints, path: str, kind: str) -> str:
    return f"sh:path {_path(path)} ; sh:minCount 1" + (f" ; {_value(table, kind)}" if kind else "")


def _pattern(pattern: str) -> str:
    flags = ' ; sh:flags "i"' if pattern.startswith("(?i)") else ""
    escaped = pattern.removeprefix("(?i)").replace("\\", "\\\\").replace('"', '\\"')
    return f'sh:pattern "{escaped}"{flags}'


def _path(path: str) -> str:
    """A property path as SHACL writes it."""
    if "|" in path:
        return f"[ sh:alternativePath ( {' '.join(_path(one) for one in path.split('|'))} ) ]"
    if "/" in path:
        return f"( {' '.join(_path(one) for one in path.split('/'))} )"
    return f"[ sh:inversePath {path[1:]} ]" if path.startswith("^") else path
