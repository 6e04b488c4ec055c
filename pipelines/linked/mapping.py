"""The mapping of a table, compiled: which triples a row says.

What belongs here: rules made of the dataset file, the ontology and `uri_base` (W3C, Generating RDF from Tabular Data
on the Web, in the standard mode without its blank nodes). What does not: judging a mapping, which is `checking`, and
rows, which are `write` and `back`.
"""

from dataclasses import dataclass, field

from pipelines.contracts.dataset import DataField, FieldType, Resource
from pipelines.contracts.mapping import TableMapping
from pipelines.contracts.ontology import prefixes
from pipelines.contracts.project import Project
from pipelines.linked.template import Template, Variable, read_template

DATATYPES: dict[FieldType, str | None] = {
    "string": None,
    "integer": "xsd:integer",
    "number": "xsd:decimal",
    "boolean": "xsd:boolean",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "year": "xsd:gYear",
}
"""Datatype of the literals of a column by its type. A number is a decimal: it keeps the digits that are written."""

OBSERVATION, DATA_SET = "qb:Observation", "qb:dataSet"


@dataclass(frozen=True)
class Rule:
    """One triple that a row may say: of its subject or of `about`; an IRI by `value`, else a literal."""

    predicate: str
    about: Template | None = None
    value: Template | None = None
    field: DataField | None = None
    datatype: str | None = None
    lang: str | None = None
    separator: str | None = None
    default: str | None = None
    resolve: str | None = None
    """Absolute address under which values that are no address are found."""

    @property
    def is_iri(self) -> bool:
        """Whether its value is an IRI."""
        return self.value is not None


@dataclass(frozen=True)
class Rules:
    """All that a row says. `namespaces` by prefix."""

    resource: Resource
    subject: Template
    rules: tuple[Rule, ...]
    namespaces: dict[str, str] = field(repr=False)
    uri_base: str
    cube: str | None = None
    """The IRI of the table as a Data Cube, if it is one."""

    def of(self, column: str) -> Rule | None:
        """The rule of a column; None where only the subject has it."""
        return next((r for r in self.rules if r.field and r.field.name == column), None)


def compile_rules(resource: Resource, project: Project) -> Rules:
    """The rules of a table that has a mapping.

    Raises `TemplateError` on a template that makes no IRI, and `ValueError` if the table has no mapping;
    `check_mapping` says the same in findings.
    """
    if resource.rdf is None:
        raise ValueError(f"table {resource.name} has no mapping")
    base = project.catalogue.uri_base
    namespaces = prefixes(project.ontology, base)
    compiler = _Compiler(base, namespaces)
    cube = resource.rdf.cube.about_url if resource.rdf.cube else None
    rules = [*compiler.of_rows(resource.rdf, cube), *compiler.of_columns(resource)]
    rules.sort(key=lambda r: (r.predicate != "rdf:type", r.predicate))
    subject = compiler.read(resource.rdf.about_url)
    return Rules(resource, subject, tuple(rules), namespaces, base, base + cube if cube else None)


@dataclass(frozen=True)
class _Compiler:
    base: str
    namespaces: dict[str, str]

    def read(self, text: str) -> Template:
        return read_template(text, self.base, self.namespaces)

    def maybe(self, text: str | None) -> Template | None:
        return self.read(text) if text else None

    def of_rows(self, mapping: TableMapping, cube: str | None) -> list[Rule]:
        """What each row says without a column."""
        types = list(dict.fromkeys([*mapping.types, *([OBSERVATION] if cube else [])]))
        out = [Rule("rdf:type", value=self.read(t)) for t in types]
        out += [Rule(v.property_url, self.maybe(v.about_url), self.read(v.value_url)) for v in mapping.virtual]
        if cube:
            out.append(Rule(DATA_SET, value=self.read(cube)))
        return out

    def of_columns(self, resource: Resource) -> list[Rule]:
        """What each row says by a column that is published."""
        out = []
        for column in resource.public_fields:
            mapping = column.rdf
            if mapping is None:
                continue
            own = Template((Variable(column.name, raw=True),))
            value = self.maybe(mapping.value_url) or (own if mapping.resolve else None)
            plain = mapping.datatype or DATATYPES[column.type]
            out.append(
                Rule(
                    predicate=mapping.property_url,
                    about=self.maybe(mapping.about_url),
                    value=value,
                    field=column,
                    datatype=None if value or mapping.lang else plain,
                    lang=mapping.lang,
                    separator=mapping.separator,
                    default=mapping.default,
                    resolve=self.base + mapping.resolve if mapping.resolve else None,
                )
            )
        return out
