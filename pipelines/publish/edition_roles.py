"""What the columns of a table say of its rows, where a reader is told: the roles that the portal shows a row by.

What belongs here: finding roles and labels in the mapping and the schema of a table. What does not: showing them.

A passage is a part of the row's subject (`#…`) that says which document it is part of (dct:isPartOf); section,
evidence, basis, status and caveat are terms of the project's own ontology under those very names. An observation has
its value and unit in the words of SDMX, as a Data Cube does, and the rest in terms of the project's own.
"""

from collections.abc import Iterator

from pipelines.contracts.ontology import Ontology
from pipelines.contracts.reading import RowRole
from pipelines.linked.mapping import Rule, Rules
from pipelines.publish.edition_tables import EditionTable

LABELS = ("skos:prefLabel", "rdfs:label", "schema:name", "dct:title", "skosxl:literalForm", "foaf:name")
"""Properties whose literal is a label of the row's subject; the first that a table has is taken."""
NAME_COLUMNS = ("name", "label", "title")
"""Columns that name the subject of a row where no property does, alone or followed by `_es` and `_en`."""
OTHER_NAMES = frozenset({"skos:altLabel", "skos:hiddenLabel", "skos:notation", "skosxl:literalForm"})
DEFINITIONS = frozenset({"skos:definition", "dct:description"})

_PASSAGE: dict[str, RowRole] = {"dct:isPartOf": "document", "schema:url": "url"}
_OWN_PASSAGE: dict[str, RowRole] = {"section": "section", "evidence": "evidence"}
_OWN: dict[str, RowRole] = {
    "basis": "basis",
    "status": "status",
    "indicator": "indicator",
    "qualifier": "qualifier",
    "upperBound": "upper",
    "derivation": "formula",
}
_FIGURE: dict[str, RowRole] = {"sdmx-measure:obsValue": "value", "sdmx-attribute:unitMeasure": "unit"}
_ABOUT = frozenset({"org:member", "org:organization", "dct:type"})
_CAVEATS: dict[str | None, RowRole] = {"es": "caveat_es", "en": "caveat_en"}


def roles_of(
    table: EditionTable, rules: Rules | None, ontology: Ontology | None
) -> Iterator[tuple[str, str, str | None]]:
    """Column, role and value of each role of a table, once each."""
    own = f"{ontology.prefix}:" if ontology else "\0"
    known = {f["name"] for f in table.fields}
    found: dict[tuple[str, str], str | None] = {}
    for field in table.fields:
        if "vocabulary" in field:
            found[field["name"], "code"] = field["vocabulary"]
    dated = table.resource.temporal_column if table.resource else None
    if dated in known:
        found[str(dated), "date"] = None
    for rule in rules.rules if rules else ():
        role = _role(rule, own)
        if rule.field and role and rule.field.name in known:
            found[rule.field.name, role] = rule.separator
    yield from ((column, role, value) for (column, role), value in sorted(found.items(), key=lambda item: item[0]))


def _role(rule: Rule, own: str) -> RowRole | None:
    term = rule.predicate.removeprefix(own) if rule.predicate.startswith(own) else ""
    if rule.about is not None:
        return _PASSAGE.get(rule.predicate) or _OWN_PASSAGE.get(term) if rule.about.of_subject else None
    if term == "caveat" or rule.predicate == "skos:scopeNote":
        return _CAVEATS.get(rule.lang)
    if term == "subject" or rule.predicate in _ABOUT:
        return "about"
    return _FIGURE.get(rule.predicate) or _OWN.get(term)


def label_columns(table: EditionTable, rules: Rules) -> tuple[str | None, str | None]:
    """The columns with the Spanish and the English label of a row's subject; one column may serve for both."""
    said = {r.predicate: r.predicate for r in rules.rules if r.about is None and r.field}
    for name in LABELS:
        if name in said:
            by = {r.lang: r.field.name for r in rules.rules if r.field and r.about is None and r.predicate == name}
            plain = by.get(None)
            return by.get("es") or plain or by.get("en"), by.get("en") or plain or by.get("es")
    known = {f["name"] for f in table.fields}
    for name in NAME_COLUMNS:
        es, en = (n if n in known else name if name in known else None for n in (f"{name}_es", f"{name}_en"))
        if es or en:
            return es or en, en or es
    return None, None


def columns_of(rules: Rules, predicates: frozenset[str]) -> list[Rule]:
    """The rules of columns that say one of `predicates` of the row's own subject."""
    return [r for r in rules.rules if r.field and r.about is None and r.predicate in predicates]
