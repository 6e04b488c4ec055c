"""The rules that a dataset file declares for its tables, one small function for each kind.

What belongs here: what each kind of `contracts.dataset.Rule` means. What does not: constraints of the
Table Schema, and change against the last release.

An empty cell breaks no rule but those that ask for it: whether a cell must be filled is said by
`required`, `fill_rate`, `conditional`, `together` or `exactly_one`. The severity is the rule's own.
"""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from pipelines.check.dates import may_be_in_order
from pipelines.check.groups import small_groups
from pipelines.check.places import Places, at, missing
from pipelines.contracts.dataset import Resource, Rule
from pipelines.contracts.findings import Finding
from pipelines.contracts.tables import number_text

_NUMBERS = ("integer", "number", "year")
_ROUNDING = 1e-9
"""Relative error of adding binary fractions, which is no difference between sums."""

_NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "row_count": (("min", "max"),),
    "fill_rate": (("field",), ("min",)),
    "range": (("field",), ("min", "max")),
    "order": (("earlier",), ("later",)),
    "sum": (("field",), ("fields",)),
    "conditional": (("when",), ("then_filled", "then_empty", "then_in")),
    "together": (("fields",),),
    "exactly_one": (("fields",),),
    "no_cycle": (("field",),),
    "small_groups": (("field", "fields"),),
}
"""The words that each kind of rule needs: one of each group."""


def check_rules(places: Places, smallest: int) -> list[Finding]:
    """Findings about the rules of one table; `smallest` is the size of group that may be shown, in people.

    A rule that lacks a word, or speaks of columns whose type it cannot judge, is a finding itself.
    """
    found: list[Finding] = []
    for rule in places.resource.rules:
        reason = _fault(rule, places.resource)
        if reason:
            params = {"rule": rule.rule, "reason": reason}
            found.append(places.of_table("rule-incomplete", params=params))
        elif rule.rule == "small_groups":
            found += small_groups(places, rule, smallest)
        else:
            found += _KINDS[rule.rule](places, rule)
    return found


def _fault(rule: Rule, resource: Resource) -> str | None:
    """Why a rule cannot be applied, or None."""
    for group in _NEEDS[rule.rule]:
        if all(getattr(rule, word) in (None, [], {}) for word in group):
            return " / ".join(group)
    numeric = {"range": [rule.field], "sum": [rule.field, *rule.fields], "small_groups": [rule.field]}
    for column in (c for c in numeric.get(rule.rule, []) if c):
        if resource.field(column).type not in _NUMBERS:
            return f"{column}: {resource.field(column).type}"
    if rule.rule == "no_cycle" and len(resource.primary_key) > 1:
        return f"primaryKey: {', '.join(resource.primary_key)}"
    return None


def _row_count(places: Places, rule: Rule) -> Iterable[Finding]:
    count = len(places.table)
    if (rule.min is not None and count < rule.min) or (rule.max is not None and count > rule.max):
        params = {"count": count, "expected": _span(rule)}
        yield places.of_table("rule-row-count", severity=rule.severity, params=params)


def _fill_rate(places: Places, rule: Rule) -> Iterable[Finding]:
    column = str(rule.field)
    if not len(places.table):
        return
    rate = 1 - float(missing(places.table[column]).mean())
    if rule.min is not None and rate < rule.min:
        params = {"rate": percent(rate), "expected": percent(rule.min)}
        yield places.of_column("rule-fill-rate", column, severity=rule.severity, params=params)


def _range(places: Places, rule: Rule) -> Iterable[Finding]:
    values = places.table[str(rule.field)]
    outside = pd.Series(False, index=values.index, dtype="boolean")
    if rule.min is not None:
        outside |= values < rule.min
    if rule.max is not None:
        outside |= values > rule.max
    params = {"expected": _span(rule)}
    return places.of_rows("rule-range", at(outside), [str(rule.field)], severity=rule.severity, params=params)


def _order(places: Places, rule: Rule) -> Iterable[Finding]:
    earlier, later = str(rule.earlier), str(rule.later)
    wrong = at(~may_be_in_order(places, earlier, later))
    return places.of_rows("rule-order", wrong, [earlier, later], severity=rule.severity, params={"column": later})


def _sum(places: Places, rule: Rule) -> Iterable[Finding]:
    """The total of a row against its parts; a row in which one of them is empty is not judged."""
    total = places.table[str(rule.field)].astype("Float64")
    parts = sum((places.table[c].astype("Float64") for c in rule.fields), start=total * 0)
    wrong = (total - parts).abs() > rule.tolerance + _ROUNDING * total.abs()
    return places.of_rows(
        "rule-sum",
        at(wrong),
        [str(rule.field), *rule.fields],
        severity=rule.severity,
        params=lambda p: {"total": number_text(total.iloc[p]), "sum": number_text(parts.iloc[p])},
    )


def _conditional(places: Places, rule: Rule) -> Iterable[Finding]:
    """All of `when` must hold, compared as texts; each column of `then` is judged on its own."""
    holds = pd.Series(True, index=places.table.index, dtype="boolean")
    for column, values in rule.when.items():
        holds &= places.text(column).isin(values)
    params = {"condition": "; ".join(f"{c} = {' | '.join(values)}" for c, values in rule.when.items())}
    for column in rule.then_filled:
        wrong = at(holds & missing(places.table[column]))
        yield from _under(places, rule, "rule-must-be-filled", column, wrong, params)
    for column in rule.then_empty:
        wrong = at(holds & ~missing(places.table[column]))
        yield from _under(places, rule, "rule-must-be-empty", column, wrong, params)
    for column, values in rule.then_in.items():
        text = places.text(column)
        wrong = at(holds & text.notna() & ~text.isin(values))
        yield from _under(places, rule, "rule-value", column, wrong, {**params, "expected": ", ".join(values)})


def _under(
    places: Places, rule: Rule, code: str, column: str, wrong: np.ndarray, params: dict[str, str]
) -> list[Finding]:
    named = {**params, "columns": ", ".join([column, *rule.when])}
    return places.of_rows(code, wrong, [column], severity=rule.severity, params=named)


def _together(places: Places, rule: Rule) -> Iterable[Finding]:
    filled = _filled(places, rule)
    wrong = at((filled > 0) & (filled < len(rule.fields)))
    return places.of_rows("rule-together", wrong, rule.fields, severity=rule.severity)


def _exactly_one(places: Places, rule: Rule) -> Iterable[Finding]:
    return places.of_rows("rule-exactly-one", at(_filled(places, rule) != 1), rule.fields, severity=rule.severity)


def _filled(places: Places, rule: Rule) -> pd.Series:
    return pd.DataFrame({c: ~missing(places.table[c]) for c in rule.fields}).sum(axis=1)


def _no_cycle(places: Places, rule: Rule) -> Iterable[Finding]:
    """`field` names the parent by its primary key. Each step doubles how far up is looked, so depth costs little."""
    ids = places.text(places.resource.primary_key[0])
    known = pd.Series(np.arange(len(ids)), index=ids.to_numpy(dtype=object))
    known = known[known.index.notna() & ~known.index.duplicated()]
    top = len(ids)
    up = np.append(places.text(str(rule.field)).map(known).fillna(top).to_numpy(dtype=np.int64), top)
    for _ in range(max(1, top).bit_length()):
        up = up[up]
    circle = np.unique(up[up != top])
    return places.of_rows("rule-cycle", circle, [str(rule.field)], severity=rule.severity)


def _span(rule: Rule) -> str:
    """What a rule allows, in signs that need no language: `≥ 5`, `≤ 10`, `5 – 10`."""
    low, high = (None if v is None else f"{v:.15g}" for v in (rule.min, rule.max))
    if low is not None and high is not None:
        return f"{low} – {high}"
    return f"≥ {low}" if low is not None else f"≤ {high}"


def percent(rate: float) -> str:
    """A rate from 0 to 1 as people read it, with one decimal: `33.3 %`."""
    return f"{rate * 100:.1f} %"


_KINDS: dict[str, Callable[[Places, Rule], Iterable[Finding]]] = {
    "row_count": _row_count,
    "fill_rate": _fill_rate,
    "range": _range,
    "order": _order,
    "sum": _sum,
    "conditional": _conditional,
    "together": _together,
    "exactly_one": _exactly_one,
    "no_cycle": _no_cycle,
}
