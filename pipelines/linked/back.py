"""The way back: a SPARQL query, made from the mapping of a table, that gives its published columns.

What belongs here: that query, running it over the graph of a table, and telling what did not come back. What does
not: the graph, which is `write`, and the saved questions, which are `queries`.

A cell that was percent-encoded into an IRI comes back as it stands there, typed xsd:anyURI: SPARQL cannot decode it,
and codes and ids need no decoding. `rows_back` decodes it.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pandas as pd

from pipelines.contracts.dataset import DataField, Resource
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.mapping import RDF_PREFIXES
from pipelines.contracts.project import Project
from pipelines.contracts.tables import STRING, as_text, key_text, number_text
from pipelines.linked.mapping import Rule, Rules, compile_rules
from pipelines.linked.template import Template, Variable
from pipelines.linked.terms import Names, escape, iri

_XSD = RDF_PREFIXES["xsd"]
_TYPED = frozenset({"integer", "number", "year", "datetime"})
"""Types of columns whose literals come back with their datatype, for a number has more than one spelling."""


def select_back(resource: Resource, project: Project) -> str:
    """A SPARQL 1.1 SELECT that gives every published column of the table from its graph, one solution a row.

    A cell with several values comes back with its values sorted: a graph has no order. A column that cannot come back
    (see `check_mapping`) has no value. Raises as `compile_rules`.
    """
    rules = compile_rules(resource, project)
    query = _Query(rules)
    columns = " ".join(f"?{f.name}" for f in resource.public_fields)
    lines = "\n".join(f"  {line}" for line in query.lines())
    return f"{query.prefixes()}SELECT {columns}\nWHERE {{\n{lines}\n}}\nORDER BY ?Row\n"


class _Query:
    """The lines of the query. Names of its own begin with a capital, which no column does."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._names = Names(rules.namespaces)
        self._abouts: dict[Template, str] = {}

    def prefixes(self) -> str:
        """The prefixes that the lines use, asked for after them; xsd always."""
        used = sorted({*self._names.used, "xsd"})
        return "".join(f"PREFIX {p}: <{self._rules.namespaces[p]}>\n" for p in used)

    def lines(self) -> list[str]:
        subject, columns = self._rules.subject, self._rules.resource.public_fields
        said = {r.field.name: r for r in self._rules.rules if r.field}
        out = self._rows()
        for column in columns:
            if column.name not in said and column.name in subject.columns:
                out.append(f"BIND({_cell(subject, column.name, '?Row')} AS ?{column.name})")
        ordered = [said[f.name] for f in columns if f.name in said and comes_back(said[f.name])]
        # What is said of another thing is found by cells of the row, which must be known by then.
        for rule in sorted(ordered, key=lambda r: r.about is not None and not r.about.of_subject):
            out += self._several(rule) if rule.separator else self._one(rule)
        return out

    def _rows(self) -> list[str]:
        kind = next(
            r.value.constant for r in self._rules.rules if r.predicate == "rdf:type" and not r.about and r.value
        )
        return [
            f"?Row a {self._names.short(iri(str(kind)))} .",
            f"FILTER(REGEX(STR(?Row), {_text(self._rules.subject.pattern())}))",
        ]

    def _about(self, rule: Rule, known: dict[Template, str]) -> tuple[str, list[str]]:
        """The variable of what a rule speaks of, and the line that binds it if it is not among the known."""
        if rule.about is None:
            return "?Row", []
        if rule.about in known:
            return known[rule.about], []
        name = known[rule.about] = f"?About{len(known) + 1}"
        pieces = ["STR(?Row)"] if rule.about.of_subject else []
        for part in rule.about.parts:
            if isinstance(part, str):
                pieces.append(_text(part))
            else:
                of = self._rules.of(part.name)
                literal = of is not None and not of.is_iri and not part.raw
                pieces.append(f"ENCODE_FOR_URI(STR(?{part.name}))" if literal else f"STR(?{part.name})")
        # An unbound variable would match everything; this one matches nothing.
        return name, [f"BIND(COALESCE(IRI(CONCAT({', '.join(pieces)})), <urn:none>) AS {name})"]

    def _one(self, rule: Rule) -> list[str]:
        about, lines = self._about(rule, self._abouts)
        name = _column(rule).name
        return [*lines, f"OPTIONAL {{ {self._match(rule, about)} BIND({_value(rule, f'?V_{name}')} AS ?{name}) }}"]

    def _several(self, rule: Rule) -> list[str]:
        about, lines = self._about(rule, {})
        name = _column(rule).name
        joined = f"GROUP_CONCAT(STR(?Item); SEPARATOR={_text(rule.separator or '')})"
        whole = f"STRDT({joined}, xsd:anyURI)" if rule.value and _is_encoded(rule.value, name) else joined
        body = " ".join([*self._rows(), *lines, self._match(rule, about)])
        inner = f"SELECT ?Row ?Item WHERE {{ {body} BIND({_value(rule, f'?V_{name}')} AS ?Item) }} ORDER BY ?Row ?Item"
        return [f"OPTIONAL {{ SELECT ?Row ({whole} AS ?{name}) WHERE {{ {{ {inner} }} }} GROUP BY ?Row }}"]

    def _match(self, rule: Rule, about: str) -> str:
        variable = f"?V_{_column(rule).name}"
        tests = [f"FILTER({test})" for test in self._tests(rule, variable)]
        return " ".join([f"{about} {self._short(rule.predicate)} {variable} .", *tests])

    def _short(self, name: str) -> str:
        return self._names.short(self._names.expand(name))

    def _tests(self, rule: Rule, variable: str) -> list[str]:
        """What tells the values of a rule from those of others with its property."""
        out = []
        if rule.default is not None:
            encoded = rule.value is not None and _is_encoded(rule.value, _column(rule).name)
            default = quote(rule.default, safe="") if encoded else rule.default
            out.append(f"STR({_value(rule, variable)}) != {_text(default)}")
        alike = siblings(self._rules, rule)
        if not alike:
            return out
        if rule.value is None:
            kind = f"DATATYPE({variable}) = {self._short(rule.datatype or 'xsd:string')}"
            return [*out, f"LANG({variable}) = {_text(rule.lang)}" if rule.lang else kind]
        out.append(f"ISIRI({variable})")
        if len(rule.value.parts) > 1 or not rule.value.variables or rule.value.of_subject:
            out.append(f"REGEX(STR({variable}), {_text(rule.value.pattern())})")
        narrower = {r.value.pattern() for r in alike if r.value and _narrower(r.value, rule.value)}
        return [*out, *(f"!REGEX(STR({variable}), {_text(pattern)})" for pattern in sorted(narrower))]


def comes_back(rule: Rule) -> bool:
    """Whether the cells of a rule's column can be taken out of what it says."""
    column = _column(rule).name
    if rule.separator and rule.about is not None and not rule.about.of_subject:
        return False
    if rule.value is None:
        return True
    if rule.separator and len(rule.value.variables) > 1:
        return False
    if rule.resolve:
        return rule.value.parts == (Variable(column, raw=True),)
    return rule.value.can_be_read(column)


def siblings(rules: Rules, rule: Rule) -> list[Rule]:
    """The other rules that say something by the same property of the same thing."""
    return [r for r in rules.rules if r is not rule and (r.predicate, r.about) == (rule.predicate, rule.about)]


def _narrower(one: Template, other: Template) -> bool:
    longer = len(one.start) > len(other.start) and one.start.startswith(other.start)
    return one.constant is not None or longer


def _column(rule: Rule) -> DataField:
    if rule.field is None:
        raise ValueError("a rule without a column gives no cell back")
    return rule.field


def _value(rule: Rule, variable: str) -> str:
    """The cell in the value of a rule."""
    field = _column(rule)
    if rule.value is None:
        return variable if field.type in _TYPED else f"STR({variable})"
    if rule.resolve:
        start = _text(rule.resolve)
        return f"IF(STRSTARTS(STR({variable}), {start}), STRAFTER(STR({variable}), {start}), STR({variable}))"
    return _cell(rule.value, field.name, variable)


def _cell(template: Template, column: str, variable: str) -> str:
    """The cell of a column in an IRI made by `template`."""
    text = f"STR({variable})"
    if len(template.parts) > 1 or template.of_subject:
        text = f'REPLACE({text}, {_text(template.pattern())}, "${template.group(column)}")'
    return f"STRDT({text}, xsd:anyURI)" if _is_encoded(template, column) else text


def _is_encoded(template: Template, column: str) -> bool:
    return not template.variables[template.group(column) - 1].raw


def _text(value: str) -> str:
    return f'"{escape(value)}"'


def rows_back(graph: Path, query: str) -> pd.DataFrame:
    """The solutions of a query of `select_back` over a graph file: the texts of the cells, as `as_text` has them.

    One column a variable; `pd.NA` where a cell is empty. The graph is held in memory.
    """
    import pyoxigraph as ox

    store = ox.Store()
    store.bulk_load(path=str(graph), format=ox.RdfFormat.from_extension(graph.suffix[1:]))
    solutions = store.query(query)
    if not isinstance(solutions, ox.QuerySolutions):
        raise TypeError("a query of `select_back` is a SELECT")
    names = [v.value for v in solutions.variables]
    rows = [tuple(_cell_text(s[i]) for i in range(len(names))) for s in solutions]
    return pd.DataFrame(rows, columns=names, dtype=STRING)


_SPELL: dict[str, Callable[[str], str]] = {
    f"{_XSD}anyURI": unquote,
    f"{_XSD}decimal": lambda text: number_text(float(text)),
    f"{_XSD}double": lambda text: number_text(float(text)),
    f"{_XSD}integer": lambda text: str(int(text)),
    f"{_XSD}gYear": lambda text: str(int(text)),
    f"{_XSD}dateTime": lambda text: datetime.fromisoformat(text).isoformat().replace("+00:00", "Z"),
}
"""How a value of a datatype is spelled in a table, where a graph may spell it otherwise."""


def _cell_text(term: Any) -> Any:
    if term is None:
        return pd.NA
    spell = _SPELL.get(term.datatype.value)
    return spell(term.value) if spell else term.value


def check_back(graph: Path, table: pd.DataFrame, resource: Resource, project: Project) -> list[Finding]:
    """Whether the graph of a table gives back its published columns; one finding a column that does not come back."""
    rules = compile_rules(resource, project)
    wanted = pd.DataFrame({f.name: _wanted(table[f.name], rules.of(f.name)) for f in resource.public_fields})
    found = rows_back(graph, select_back(resource, project))
    dataset = project.owner_of(resource.name)[0].name
    keys, came = (key_text(rows, resource.primary_key) for rows in (wanted, found))
    if sorted(keys) != sorted(came.dropna()) or len(found) != len(wanted):
        counted = {"count": len(found), "expected": len(wanted)}
        return [finding("rdf-rows-lost", dataset=dataset, table=resource.name, params=counted)]
    wanted, found = (rows.set_index(key).sort_index() for rows, key in ((wanted, keys), (found, came)))
    out = []
    for column in wanted:
        lost = wanted.index[(wanted[column].fillna("") != found[column].fillna("")).to_numpy()]
        if len(lost):
            where = {"dataset": dataset, "table": resource.name, "field": str(column), "key": lost[0]}
            out.append(finding("rdf-cells-lost", params={"count": len(lost)}, **where))
    return out


def _wanted(column: pd.Series, rule: Rule | None) -> pd.Series:
    """The texts of a column as they can come back: the values of a cell sorted."""
    text = as_text(column)
    if rule is None or rule.separator is None:
        return text
    mark = rule.separator

    def ordered(cell: str) -> str:
        return mark.join(sorted(part.strip() for part in cell.split(mark) if part.strip()))

    return text.map(ordered, na_action="ignore").astype(STRING)
