"""The graph of a table as a file: Turtle, or N-Triples for a large one.

What belongs here: laying out triples so that the same table gives the same bytes, in pieces, a column at a time. What
does not: the terms, which are `cells`, and the rules, which are `mapping`.

A row is a block: its subject with types first and properties in the order of their names, then the parts of it that
bear its IRI with a `#`. What rows say of other things stands after all rows, sorted, each triple once; then the
structure of the Data Cube, if the table is one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts.dataset import Resource
from pipelines.contracts.findings import Finding, FindingError, finding
from pipelines.contracts.project import Project
from pipelines.contracts.store import table_file
from pipelines.contracts.tables import LINE, PART, SOURCE, Tables, key_text
from pipelines.linked.cells import Cells, Fault, Terms, join
from pipelines.linked.cube import cube_triples
from pipelines.linked.mapping import Rule, Rules, compile_rules
from pipelines.linked.template import Template
from pipelines.linked.terms import Names, n_triples, turtle_blocks

LARGE = 50_000
"""Rows above which a table is N-Triples, which is read line by line and in parts."""
_CHUNK = 50_000
_NEXT = " ;\n    "


def write_graph(folder: Path, table: pd.DataFrame, resource: Resource, project: Project) -> Path | None:
    """Write `<table>.ttl` or `<table>.nt` (above `LARGE` rows) into `folder`; None if the table has no mapping.

    `table` is tidy. Raises `FindingError` on a cell that makes no valid IRI (see `check_addresses`), and `FileExistsError`.
    """
    if resource.rdf is None:
        return None
    rules = compile_rules(resource, project)
    layout = _NTriples(rules) if len(table) > LARGE else _Turtle(rules)
    structure = layout.small(cube_triples(rules, table))
    path = folder / table_file(resource.name, layout.extension)
    with path.open("xb") as stream:
        faults = layout.write(stream, table)
        stream.write(structure)
    if faults:
        path.unlink()
        raise FindingError(*_found(project, resource, table, faults))
    return path


def check_addresses(project: Project, dataset: str, tables: Tables) -> list[Finding]:
    """The cells of a dataset that the mapping puts into an IRI as they are, and that make no valid one."""
    out: list[Finding] = []
    for resource in project.datasets[dataset].resources:
        if resource.rdf is None:
            continue
        rules, table = compile_rules(resource, project), tables[resource.name]
        cells = Cells(table, rules)
        for rule in rules.rules:
            if rule.about and not rule.about.of_subject:
                cells.about(rule.about)
            if rule.is_iri:
                cells.terms(rule)
        out += _found(project, resource, table, cells.faults)
    return out


def _found(project: Project, resource: Resource, table: pd.DataFrame, faults: list[Fault]) -> list[Finding]:
    dataset = project.owner_of(resource.name)[0].name
    once = sorted({(f.row, f.column): f for f in faults}.items())
    origin = {SOURCE: "source", PART: "part", LINE: "row"}
    out = []
    for (row, column), fault in once[: project.settings.max_findings]:
        at = table.iloc[[row]]
        where = {word: at[name].item() for name, word in origin.items() if name in table}
        key = key_text(at, resource.primary_key).item()
        out.append(
            finding(
                "rdf-address", dataset=dataset, table=resource.name, field=column, key=key, value=fault.value, **where
            )
        )
    return out


class _Layout:
    """What both formats share: chunks of rows, and what rows say of other things."""

    extension = ""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.names = Names(rules.namespaces)
        others = {r.about for r in rules.rules if r.about}
        self.parts: list[Template] = sorted((t for t in others if t.of_subject), key=str)
        self.others: list[Template] = sorted((t for t in others if not t.of_subject), key=str)

    def of(self, about: Template | None) -> list[Rule]:
        return [r for r in self.rules.rules if r.about == about]

    def write(self, stream: BinaryIO, table: pd.DataFrame) -> list[Fault]:
        """Write all rows and what they say of other things; tells the cells that make no valid IRI."""
        stream.write(self.head())
        faults: list[Fault] = []
        elsewhere: list[pd.DataFrame] = []
        for start in range(0, len(table), _CHUNK):
            cells = self.cells(table.iloc[start : start + _CHUNK])
            blocks = [self.block(cells, cells.subjects, self.of(None))]
            blocks += [self.block(cells, cells.about(t), self.of(t)) for t in self.parts]
            _pour(stream, _side_by_side(blocks))
            elsewhere += [self._elsewhere(cells, t) for t in self.others]
            faults += [Fault(f.row + start, f.column, f.value) for f in cells.faults]
        if elsewhere:
            said = pd.concat(elsewhere).drop_duplicates().sort_values(["about", "said"])
            stream.writelines(piece.encode() for piece in self.gathered(said))
        return faults

    def _elsewhere(self, cells: Cells, about: Template) -> pd.DataFrame:
        subjects = cells.about(about)
        frames = []
        for rule in self.of(about):
            terms = cells.terms(rule)
            frames.append({"about": subjects.take(terms.rows).to_pylist(), "said": self.said(rule, terms).to_pylist()})
        return pd.concat([pd.DataFrame(f, dtype=object) for f in frames]).dropna()

    def said(self, rule: Rule, terms: Terms) -> pa.Array:
        """Property and value of each triple."""
        return join(self.property(rule.predicate), " ", terms.values)

    def cells(self, rows: pd.DataFrame) -> Cells:
        return Cells(rows, self.rules)

    def property(self, name: str) -> str:
        raise NotImplementedError

    def head(self) -> bytes:
        raise NotImplementedError

    def block(self, cells: Cells, subjects: pa.Array, rules: list[Rule]) -> pa.Array:
        raise NotImplementedError

    def gathered(self, said: pd.DataFrame) -> Iterator[str]:
        raise NotImplementedError

    def small(self, triples: list[tuple[str, str, str]]) -> bytes:
        raise NotImplementedError


class _NTriples(_Layout):
    extension = "nt"

    def head(self) -> bytes:
        return b""

    def property(self, name: str) -> str:
        return self.names.expand(name)

    def block(self, cells: Cells, subjects: pa.Array, rules: list[Rule]) -> pa.Array:
        columns = []
        for rule in rules:
            terms = cells.terms(rule)
            of = subjects if terms.rows is cells.all_rows else subjects.take(terms.rows)
            lines = join("<", of, "> ", self.said(rule, terms), " .\n")
            columns.append(_by_row(Terms(lines, terms.rows), cells, ""))
        return _side_by_side(columns)

    def gathered(self, said: pd.DataFrame) -> Iterator[str]:
        for about, text in zip(said["about"], said["said"], strict=True):
            yield f"<{about}> {text} .\n"

    def small(self, triples: list[tuple[str, str, str]]) -> bytes:
        return n_triples(triples).encode()


class _Turtle(_Layout):
    extension = "ttl"

    def head(self) -> bytes:
        for rule in self.rules.rules:
            self.property(rule.predicate)
            if rule.datatype:
                self.names.short(self.names.expand(rule.datatype))
            if rule.value and rule.value.constant:
                self.names.short(f"<{rule.value.constant}>")
        return f"{self.names.header()}\n".encode()

    def cells(self, rows: pd.DataFrame) -> Cells:
        return Cells(rows, self.rules, self.names)

    def property(self, name: str) -> str:
        return "a" if name == "rdf:type" else self.names.short(self.names.expand(name))

    def said(self, rule: Rule, terms: Terms) -> pa.Array:
        constant = rule.value and rule.value.constant
        if not constant:
            return super().said(rule, terms)
        text = f"{self.property(rule.predicate)} {self.names.short(f'<{constant}>')}"
        return pa.array([text], pa.large_string()).take(pa.array(np.zeros(len(terms.values), np.int64)))

    def block(self, cells: Cells, subjects: pa.Array, rules: list[Rule]) -> pa.Array:
        first, *others = (self._column(cells, rule) for rule in rules)
        if first.null_count:
            # What comes first is not the same in all rows, so the sign before it is cut off.
            body = _side_by_side([join(_NEXT, column) for column in (first, *others)])
            inside = pc.utf8_slice_codeunits(body, start=len(_NEXT))
            whole = join("<", subjects, ">\n    ", inside, " .\n\n")
            return pc.if_else(pc.not_equal(body, ""), whole, _scalar(None))
        body = _side_by_side([first, *(join(_NEXT, column) for column in others)])
        return join("<", subjects, ">\n    ", body, " .\n\n")

    def _column(self, cells: Cells, rule: Rule) -> pa.Array:
        terms = cells.terms(rule)
        return _by_row(Terms(self.said(rule, terms), terms.rows), cells, _NEXT)

    def gathered(self, said: pd.DataFrame) -> Iterator[str]:
        for about, group in said.groupby("about", sort=False):
            yield f"<{about}>\n    {_NEXT.join(group['said'])} .\n\n"

    def small(self, triples: list[tuple[str, str, str]]) -> bytes:
        return turtle_blocks(triples, self.names).encode()


def _scalar(text: str | None) -> pa.Scalar:
    return pa.scalar(text, pa.large_string())


def _by_row(terms: Terms, cells: Cells, between: str) -> pa.Array:
    """One text a row: those of its terms joined, null where it has none."""
    if terms.rows is cells.all_rows:
        return terms.values
    count = len(cells.all_rows)
    each = np.bincount(terms.rows.to_numpy(), minlength=count)
    offsets = np.concatenate([[0], np.cumsum(each)])
    joined = pc.binary_join(pa.LargeListArray.from_arrays(pa.array(offsets), terms.values), _scalar(between))
    return pc.if_else(pa.array(each > 0), joined, _scalar(None))


def _side_by_side(columns: list[pa.Array]) -> pa.Array:
    """The texts of each row, one after the other."""
    return pc.binary_join_element_wise(*columns, _scalar(""), null_handling="replace", null_replacement="")


def _pour(stream: BinaryIO, texts: pa.Array) -> None:
    """Write all texts of an array that has no null: they lie side by side in memory already."""
    if len(texts):
        _, offsets, data = texts.buffers()
        first, last = np.frombuffer(offsets, np.int64, len(texts) + 1, texts.offset * 8)[[0, -1]]
        stream.write(memoryview(data)[first:last])
