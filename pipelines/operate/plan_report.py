"""How a plan for a CKAN reads, and what was done there.

What belongs here: the lines of a plan and of an outcome, short enough to be read. What does not: the difference
itself, which is `publish.ckan`, and findings, which the terminal writes.
"""

from collections.abc import Iterator
from typing import Any

from pipelines.contracts.target import TargetFile
from pipelines.contracts.text import Lang
from pipelines.contracts.words import word
from pipelines.publish.ckan.model import DatasetPlan, Drift, FieldChange, Outcome, Plan

_LONG = 60
"""Longer values are not written out: their length and the first difference say more."""
_BEFORE, _AFTER = 12, 28
"""Characters of a long text that are shown before and after its first difference."""
_SHOWN = 20
"""Names of one kind that are written out; of more the number."""


def plan_lines(plan: Plan, target: TargetFile, lang: Lang) -> Iterator[str]:
    """The plan in `lang`, line by line; what is unmet and other findings are not in it."""
    url = target.ckan.url if target.ckan else ""
    if plan.edition is None:
        yield word("plan.no_edition", lang, target=target.id, url=url)
    else:
        yield word("plan.edition", lang, target=target.id, url=url, edition=plan.edition)
    told = [d for d in plan.datasets if d.action != "none" or d.drift or d.foreign]
    for one in told:
        yield ""
        yield from _dataset(one, lang)
    same = [d.dataset for d in plan.datasets if d.action == "none"]
    if same:
        yield ""
        yield word("plan.same", lang, datasets=_names(same, lang))
    if not plan.due and not plan.unmet:
        yield word("plan.nothing", lang)


def outcome_rows(outcome: Outcome, lang: Lang) -> list[list[str]]:
    """One row for each dataset: its name, what became of it, the version shown, rows written."""
    return [
        [
            r.dataset,
            word(f"result.{r.result}", lang),
            r.version or word("shown.tombstone", lang),
            _number(r.rows_written),
        ]
        for r in outcome.results
    ]


def outcome_line(outcome: Outcome, lang: Lang) -> str:
    """What it took: calls, rows and seconds."""
    return word(
        "done.applied",
        lang,
        target=outcome.target,
        writes=_number(outcome.writes),
        rows=_number(sum(r.rows_written for r in outcome.results)),
        reads=_number(outcome.reads),
        seconds=f"{outcome.seconds:.1f}",
    )


def _dataset(one: DatasetPlan, lang: Lang) -> Iterator[str]:
    former = one.former or word("shown.tombstone", lang)
    named = {"dataset": one.dataset, "name": one.name, "former": former, "version": one.version}
    yield word(f"plan.action.{one.action}", lang, **named)
    for change in one.fields:
        yield from (f"  {line}" for line in _field(change, lang))
    for resource in one.resources:
        yield "  " + word(f"plan.resource.{resource.action}", lang, name=resource.name or resource.id)
        for change in resource.fields:
            yield from (f"      {line}" for line in _field(change, lang))
    for rows in one.rows:
        if rows.mode != "none":
            numbers = {k: _number(getattr(rows, k)) for k in ("added", "changed", "removed")}
            yield "  " + word(f"plan.rows.{rows.mode}", lang, table=rows.table, **numbers)
    names = {r.id: r.name for r in one.resources}
    yield from (f"  {_drift(drift, names, lang)}" for drift in one.drift)
    if one.foreign:
        yield "  " + word("plan.foreign", lang, names=_names(one.foreign, lang))


def _field(change: FieldChange, lang: Lang) -> Iterator[str]:
    """One line; of a mapping, such as the extras, one for each key that differs."""
    shown, wanted = change.shown, change.wanted
    if isinstance(wanted, dict) and isinstance(shown, dict | None):
        shown = shown or {}
        for key in sorted(shown.keys() | wanted.keys()):
            if shown.get(key) != wanted.get(key):
                inner = FieldChange(field=f"{change.field}.{key}", shown=shown.get(key), wanted=wanted.get(key))
                yield from _field(inner, lang)
    else:
        yield f"{change.field}: {_difference(shown, wanted, lang)}"


def _difference(shown: Any, wanted: Any, lang: Lang) -> str:
    if isinstance(shown, list) and isinstance(wanted, list):
        gone = [f"-{x}" for x in shown if x not in wanted]
        new = [f"+{x}" for x in wanted if x not in shown]
        # The same values in another order differ too; then both are written out.
        if gone or new:
            return _names([*new, *gone], lang)
    if isinstance(shown, str) and isinstance(wanted, str) and max(len(shown), len(wanted)) > _LONG:
        at = next(
            (i for i, (a, b) in enumerate(zip(shown, wanted, strict=False)) if a != b), min(len(shown), len(wanted))
        )
        lengths = {"before": _number(len(shown)), "after": _number(len(wanted))}
        return word("plan.text", lang, old=_around(shown, at), new=_around(wanted, at), **lengths)
    return f"{_value(shown, lang)} → {_value(wanted, lang)}"


def _around(text: str, at: int) -> str:
    """What stands in a text around a place, on one line."""
    begin, end = max(0, at - _BEFORE), at + _AFTER
    piece = " ".join(text[begin:end].split())
    return f"«{'…' if begin else ''}{piece}{'…' if end < len(text) else ''}»"


def _value(value: Any, lang: Lang) -> str:
    if value is None or value == "":
        return word("plan.absent", lang)
    text = " ".join((", ".join(map(str, value)) if isinstance(value, list) else str(value)).split())
    return f"«{text[: _LONG - 1]}…»" if len(text) > _LONG else f"«{text}»"


def _drift(drift: Drift, names: dict[str, str], lang: Lang) -> str:
    where = drift.field if drift.resource is None else f"{names.get(drift.resource) or drift.resource}.{drift.field}"
    policy = word(f"plan.policy.{drift.policy}", lang)
    written, shown = _value(drift.written, lang), _value(drift.shown, lang)
    return word("plan.drift", lang, where=where, written=written, shown=shown, policy=policy)


def _names(names: list[str], lang: Lang) -> str:
    more = len(names) - _SHOWN
    told = ", ".join(map(str, names[:_SHOWN]))
    return f"{told} {word('plan.more', lang, count=more)}" if more > 0 else told


def _number(value: int) -> str:
    """A number with a space between thousands, as both languages can read it."""
    return f"{value:,}".replace(",", " ")
