"""Whether the mapping of a dataset can be followed: what is said about the dataset file, before any row.

What belongs here: findings about mappings. What does not: addresses in the rows (`write.check_addresses`), what comes
back of a graph (`back.check_back`), and the Data Cube (`integrity`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from pipelines.contracts.dataset import DatasetFile, Resource
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.mapping import RDF_PREFIXES, TableMapping
from pipelines.contracts.ontology import prefixes
from pipelines.contracts.project import Project
from pipelines.linked.back import comes_back, siblings
from pipelines.linked.mapping import Rule, Rules, compile_rules
from pipelines.linked.template import Template, TemplateError, Variable, read_template

ROW = "rdf"
"""Where a finding about the mapping of the row itself is."""


def check_mapping(project: Project, dataset: DatasetFile) -> list[Finding]:
    """What is wrong with the mappings of a dataset; nothing for tables that have none.

    Once the names and templates of a table are right, also what its graph could not give back.
    """
    out: list[Finding] = []
    for resource in dataset.resources:
        if resource.rdf is None:
            continue
        check = _Check(project, dataset, resource, resource.rdf)
        found = [*check.names(), *check.templates(), *check.cube(), *check.lost()]
        if not found:
            rules = compile_rules(resource, project)
            found = [*check.subject(rules), *check.values(rules), *check.alike(rules), *check.shared(rules)]
        out += found
    return out


@dataclass(frozen=True)
class _Check:
    project: Project
    dataset: DatasetFile
    resource: Resource
    mapping: TableMapping

    def _say(self, code: str, field: str, value: str | None = None) -> Finding:
        return finding(code, dataset=self.dataset.name, table=self.resource.name, field=field, value=value)

    def _named(self) -> Iterator[tuple[str, str]]:
        """Every property, class and datatype that the mapping names, and where."""
        for name in [*self.mapping.types, *(v.property_url for v in self.mapping.virtual)]:
            yield ROW, name
        for field in self.resource.public_fields:
            if field.rdf:
                yield field.name, field.rdf.property_url
                if field.rdf.datatype:
                    yield field.name, field.rdf.datatype

    def _templates(self) -> Iterator[tuple[str, str]]:
        """Every template of the mapping, and where."""
        yield ROW, self.mapping.about_url
        for virtual in self.mapping.virtual:
            yield ROW, virtual.value_url
            if virtual.about_url:
                yield ROW, virtual.about_url
        for field in self.resource.public_fields:
            if field.rdf and field.derived_from is None:
                yield from ((field.name, t) for t in (field.rdf.value_url, field.rdf.about_url) if t)

    def names(self) -> Iterator[Finding]:
        """Prefixes and terms of our own that nobody defines."""
        for where, name in self._named():
            yield from self._name(where, name)

    def _name(self, where: str, name: str) -> Iterator[Finding]:
        prefix, local = name.split(":", 1)
        ontology = self.project.ontology
        if ontology and prefix == ontology.prefix:
            if local not in ontology.ids:
                yield self._say("rdf-term-unknown", where, name)
        elif prefix not in RDF_PREFIXES:
            yield self._say("rdf-prefix-unknown", where, name)

    def templates(self) -> Iterator[Finding]:
        """Templates that make no IRI, or name a column that is not published."""
        base = self.project.catalogue.uri_base
        namespaces = prefixes(self.project.ontology, base)
        public = {f.name for f in self.resource.public_fields}
        for where, text in self._templates():
            try:
                template = read_template(text, base, namespaces)
            except TemplateError as error:
                yield self._say("rdf-prefix-unknown" if error.prefix else "rdf-template-invalid", where, text)
                continue
            yield from (self._say("rdf-column-unknown", where, c) for c in sorted(template.columns - public))
            own = self.project.ontology
            if own and template.constant and text.startswith(f"{own.prefix}:"):
                yield from self._name(where, text)

    def cube(self) -> Iterator[Finding]:
        """Components of the Data Cube that are no mapped columns."""
        if self.mapping.cube is None:
            return
        mapped = {f.name for f in self.resource.public_fields if f.rdf}
        cube = self.mapping.cube
        for column in [*cube.dimensions, *cube.measures, *cube.attributes]:
            if column not in mapped:
                yield self._say("rdf-cube-column", column)

    def lost(self) -> Iterator[Finding]:
        """Published columns that neither have a mapping nor are in the address of the row."""
        about = self.mapping.about_url
        for field in self.resource.public_fields:
            if field.rdf is None and f"{{{field.name}}}" not in about and f"{{+{field.name}}}" not in about:
                yield self._say("rdf-column-unmapped", field.name)

    def subject(self, rules: Rules) -> Iterator[Finding]:
        """An address of rows that two rows may share."""
        key = self.resource.primary_key
        if rules.subject.of_subject or not all(rules.subject.can_be_read(column) for column in key):
            yield self._say("rdf-subject-key", ROW, self.mapping.about_url)

    def values(self, rules: Rules) -> Iterator[Finding]:
        """IRIs that do not give their cell back."""
        for rule in rules.rules:
            if rule.field and not comes_back(rule):
                told = rule.field.rdf.value_url if rule.field.rdf else None
                yield self._say("rdf-not-back", rule.field.name, told)

    def alike(self, rules: Rules) -> Iterator[Finding]:
        """Columns that say the same in the same way."""
        for one, other in combinations([r for r in rules.rules if r.field], 2):
            if one.field and other.field and other in siblings(rules, one) and _form(one) == _form(other):
                yield self._say("rdf-columns-alike", one.field.name, other.field.name)

    def shared(self, rules: Rules) -> Iterator[Finding]:
        """Tables whose rows may have the addresses of this one, and that no key makes the same thing."""
        for other in self._others():
            theirs = read_template(str(other.rdf and other.rdf.about_url), rules.uri_base, rules.namespaces)
            if _shape(theirs) == _shape(rules.subject) and not _same(self.resource, other):
                yield self._say("rdf-address-shared", ROW, other.name)

    def _others(self) -> Iterator[Resource]:
        """The other mapped tables. A pair is told of both, for whoever wrote one of them looks at that dataset."""
        for dataset in self.project.datasets.values():
            yield from (r for r in dataset.resources if r.rdf and r.name != self.resource.name)


def _form(rule: Rule) -> tuple[str | None, ...]:
    """What tells the values of a rule from those of another with the same property."""
    if rule.value is not None:
        return ("iri", rule.value.pattern())
    return ("literal", rule.lang, rule.datatype)


def _shape(template: Template) -> tuple[str, ...]:
    """A template with its cells taken for equal."""
    return tuple("{}" if isinstance(part, Variable) else part for part in template.parts)


def _same(one: Resource, other: Resource) -> bool:
    """Whether keys make the rows of two tables the same things: one names the other, or both name a third."""
    return bool(({one.name} | _named_by_key(one)) & ({other.name} | _named_by_key(other)))


def _named_by_key(resource: Resource) -> set[str]:
    """The tables whose rows the primary key of a table names."""
    ends = [(key.fields, key.reference) for key in resource.keys if key.reference]
    ends += [(key.fields, key.reference) for key in resource.table_schema.foreign_keys]
    return {end.resource for fields, end in ends if fields == resource.primary_key and end.resource}
