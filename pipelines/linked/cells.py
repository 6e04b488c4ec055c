"""Cells as terms, a whole column at a time.

What belongs here: the value of one rule for every row, in Arrow. What does not: how terms are laid out in a file,
which is `write`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts.dataset import DataField
from pipelines.contracts.tables import STRING, as_text
from pipelines.linked.mapping import Rule, Rules
from pipelines.linked.template import Template, Variable
from pipelines.linked.terms import Names, escape, is_iri

_PLAIN_ADDRESS = (
    r"^https?://[A-Za-z0-9._-]+(:[0-9]+)?([/?][A-Za-z0-9._~!$&'()*+,;=:@/?-]*)?(#[A-Za-z0-9._~!$&'()*+,;=:@/?-]*)?$"
)
"""Addresses that need no closer look: the fast part of `is_iri`."""
_ABSOLUTE = r"^https?://"


@dataclass(frozen=True)
class Terms:
    """The values of a rule: `values` are terms or IRIs, `rows` the row of each (increasing); none where a row is silent."""

    values: pa.Array
    rows: pa.Array


@dataclass(frozen=True)
class Fault:
    """An IRI of a cell that cannot stand in RDF: the number of the row, the column, and the cell."""

    row: int
    column: str
    value: str


class Cells:
    """Some rows of a tidy table, and the terms that rules make of them.

    With `names`, datatypes are short (Turtle); without, every term is as N-Triples have it.
    """

    def __init__(self, table: pd.DataFrame, rules: Rules, names: Names | None = None) -> None:
        self._table, self._rules, self._names = table, rules, names
        self._fields = {f.name: f for f in rules.resource.public_fields}
        self._texts: dict[str, pa.Array] = {}
        self._encoded: dict[str, pa.Array] = {}
        self.faults: list[Fault] = []
        self.all_rows = pa.array(np.arange(len(table), dtype=np.int64))
        self.subjects = self._expand(rules.subject, self.all_rows, None)

    def text(self, column: str) -> pa.Array:
        """The text of a column as literals have it; null for an empty cell."""
        if column not in self._texts:
            self._texts[column] = _text(self._table[column], self._fields[column])
        return self._texts[column]

    def encoded(self, column: str) -> pa.Array:
        """The text of a column, percent-encoded (RFC 6570, simple expansion)."""
        if column not in self._encoded:
            self._encoded[column] = percent_encoded(self.text(column))
        return self._encoded[column]

    def about(self, template: Template) -> pa.Array:
        """What a rule speaks of, for each row; null where it names an empty cell."""
        out = self._expand(template, self.all_rows, None)
        raw = [v.name for v in template.variables if v.raw]
        return self._checked(out, self.all_rows, raw[0]) if raw else out

    def terms(self, rule: Rule) -> Terms:
        """The values of a rule as terms. An address that cannot stand in RDF is a fault, and no term."""
        if rule.field is None:
            template = _needed(rule.value)
            return _filled(join("<", self._expand(template, self.all_rows, None), ">"), self.all_rows)
        own = self._own(rule, rule.field)
        if rule.value is None:
            return Terms(literals(own.values, self._datatype(rule), rule.lang), own.rows)
        made = self._expand(rule.value, own.rows, (rule.field.name, own.values))
        if rule.resolve:
            absolute = pc.match_substring_regex(own.values, _ABSOLUTE)
            made = pc.if_else(absolute, own.values, join(rule.resolve, own.values))
        if rule.resolve or any(v.raw for v in rule.value.variables):
            made = self._checked(made, own.rows, rule.field.name)
        return _filled(join("<", made, ">"), own.rows)

    def _datatype(self, rule: Rule) -> str | None:
        if rule.datatype is None:
            return None
        names = self._names or Names(self._rules.namespaces)
        long = names.expand(rule.datatype)
        return names.short(long) if self._names else long

    def _own(self, rule: Rule, field: DataField) -> Terms:
        """The values in the rule's own column: one a row, or several where it has a separator."""
        values = self.text(field.name)
        if rule.default is not None:
            values = pc.fill_null(values, rule.default)
        if rule.separator is None:
            return _filled(values, self.all_rows)
        lists = pc.split_pattern(values, rule.separator)
        parts = pc.utf8_trim_whitespace(pc.list_flatten(lists))
        keep = pc.not_equal(parts, "")
        return Terms(parts.filter(keep), pc.list_parent_indices(lists).filter(keep))

    def _expand(self, template: Template, rows: pa.Array, own: tuple[str, pa.Array] | None) -> pa.Array:
        pieces: list[str | pa.Array] = []
        whole = rows is self.all_rows
        if template.of_subject:
            pieces.append(self.subjects if whole else self.subjects.take(rows))
        for part in template.parts:
            if isinstance(part, str):
                pieces.append(part)
            elif own and part.name == own[0]:
                pieces.append(own[1] if part.raw else percent_encoded(own[1]))
            else:
                column = self._cell(part)
                pieces.append(column if whole else column.take(rows))
        if all(isinstance(p, str) for p in pieces):
            return pa.array(["".join(map(str, pieces))], pa.large_string()).take(pa.array(np.zeros(len(rows), int)))
        return join(*pieces)

    def _cell(self, variable: Variable) -> pa.Array:
        return self.text(variable.name) if variable.raw else self.encoded(variable.name)

    def _checked(self, made: pa.Array, rows: pa.Array, column: str) -> pa.Array:
        """The IRIs with null for those that are none, which become faults."""
        doubtful = pc.invert(pc.match_substring_regex(made, _PLAIN_ADDRESS)).fill_null(False)
        places = np.flatnonzero(doubtful.to_numpy(zero_copy_only=False))
        if not len(places):
            return made
        values = made.take(pa.array(places)).to_pylist()
        bad = [(int(p), v) for p, v in zip(places, values, strict=True) if not is_iri(v)]
        if not bad:
            return made
        self.faults += [Fault(rows[place].as_py(), column, value) for place, value in bad]
        mask = np.zeros(len(made), bool)
        mask[[place for place, _ in bad]] = True
        return pc.if_else(pa.array(mask), pa.scalar(None, made.type), made)


def _needed(template: Template | None) -> Template:
    if template is None:
        raise ValueError("a rule without a column has a template")
    return template


def _filled(values: pa.Array, rows: pa.Array) -> Terms:
    if not values.null_count:
        return Terms(values, rows)
    keep = pc.is_valid(values)
    return Terms(values.filter(keep), rows.filter(keep))


def join(*pieces: "str | pa.Array") -> pa.Array:
    """Texts and columns of texts joined row by row; null where one of them is null."""
    return pc.binary_join_element_wise(
        *(pa.scalar(p, pa.large_string()) if isinstance(p, str) else p for p in pieces),
        pa.scalar("", pa.large_string()),
    )


def literals(values: pa.Array, datatype: str | None, lang: str | None) -> pa.Array:
    """Literals as terms; `datatype` is a term too."""
    inside = _changed(values, r'[\x00-\x1f\x7f"\\]', escape)
    return join('"', inside, f'"@{lang}' if lang else f'"^^{datatype}' if datatype else '"')


def percent_encoded(values: pa.Array) -> pa.Array:
    """Values percent-encoded as UTF-8, all but the unreserved signs (RFC 3986, 2.3)."""
    return _changed(values, r"[^A-Za-z0-9._~-]", lambda v: quote(v, safe=""))


def _changed(values: pa.Array, odd: str, change: Callable[[str], str]) -> pa.Array:
    """The values, those with an odd sign changed; few are, so the others are not looked at in Python."""
    mask = pc.match_substring_regex(values, odd).fill_null(False)
    if not pc.any(mask).as_py():
        return values
    found = values.filter(mask)
    codes = found.dictionary_encode()
    new = pa.array([change(v) for v in codes.dictionary.to_pylist()], pa.large_string()).take(codes.indices)
    return pc.replace_with_mask(values, mask, new)


def _text(column: pd.Series, field: DataField) -> pa.Array:
    """The text of the cells; each different value is spelled once."""
    if column.dtype == STRING:
        return _arrow(column)
    codes, uniques = pd.factorize(column)
    spelled = as_text(pd.Series(uniques, dtype=column.dtype))
    if field.type == "number":
        spelled = spelled.map(decimal_text).astype(STRING)
    elif field.type == "year":
        spelled = spelled.map(year_text).astype(STRING)
    return _arrow(spelled).take(pa.array(codes, mask=codes < 0))


def _arrow(column: pd.Series) -> pa.Array:
    found = pa.array(column, from_pandas=True)
    whole = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return whole.cast(pa.large_string())


def decimal_text(text: str) -> str:
    """The text of a number without an exponent, as xsd:decimal wants it."""
    return format(Decimal(text), "f") if re.search("[eE]", text) else text


def year_text(text: str) -> str:
    """The text of a year with four figures or more, as xsd:gYear wants it."""
    return f"-{text[1:]:0>4}" if text.startswith("-") else f"{text:0>4}"
