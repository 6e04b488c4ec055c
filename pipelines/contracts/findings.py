"""Findings: one row about one problem, and the catalogue of all messages to people.

What belongs here: the type of a finding, the catalogue of codes (`messages/*.yaml`, one file a room),
and how a finding reads in Spanish and English. What does not: the checks that make findings.

Problems are rows, not strings: a code, where it is, and parameters; the wording comes from the
catalogue and is made when somebody reads it.
"""

from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from pipelines.contracts.text import Lang, Strict, Text

Severity = Literal["error", "warning"]
Owner = Literal["clerk", "operator", "supplier", "maintainer"]
Gate = Literal[
    "source", "tidy", "schema", "keys", "rules", "privacy", "change", "metadata", "shacl", "project", "store", "target"
]

HIDDEN = Text(es="(no se muestra)", en="(not shown)")
"""What stands where a value would be, when the value must not be shown."""


class Message(Strict):
    """A code of the catalogue: what it means, who acts, and what to do, in both languages."""

    gate: Gate = Field(description="The gate or place that raises it.")
    severity: Severity = Field(description="`error` holds the candidate, `warning` does not.")
    owner: Owner = Field(description="Who should act.")
    approvable: bool = Field(default=True, description="Whether an approval or a waiver can let it through.")
    what: Text = Field(description="What is wrong; may name {dataset}, {table}, {row}, {field}, {value} and params.")
    do: Text = Field(description="What to do about it; the same names.")
    why: Text = Field(description="Why it matters: the page of the code in the docs.")


class Finding(BaseModel):
    """One row about one problem.

    `row` is the line of the source's part (1 is the header), `key` the primary key as text. A finding
    about a private column, and every finding of the privacy gate, has `value` None: see `hidden`. A
    parameter that reads differently in each language is given as `<name>_es` and `<name>_en`; the texts
    call it `{<name>}`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    severity: Severity
    owner: Owner
    source: str | None = None
    part: str | None = None
    dataset: str | None = None
    table: str | None = None
    row: int | None = None
    key: str | None = None
    field: str | None = None
    value: str | None = None
    params: dict[str, str] = Field(default_factory=dict)
    waiver: str | None = Field(default=None, description="Id of the waiver or approval that lets it through.")

    @property
    def blocks(self) -> bool:
        """Whether it holds the candidate: an error that nobody has waived."""
        return self.severity == "error" and self.waiver is None

    @property
    def message(self) -> Message:
        """Its entry of the catalogue."""
        return catalogue()[self.code]

    def what(self, lang: Lang) -> str:
        """What is wrong, in `lang`."""
        return self._fill(self.message.what.get(lang), lang)

    def do(self, lang: Lang) -> str:
        """What to do, in `lang`."""
        return self._fill(self.message.do.get(lang), lang)

    def reason(self) -> Text:
        """What is wrong, in both languages and without its values: a record outlives what is withdrawn."""
        plain = self.hidden()
        return Text(es=plain.what("es"), en=plain.what("en"))

    def where(self) -> str:
        """Where it is, in one short string: the part and line when known, else dataset and table."""
        place = "/".join(p for p in (self.dataset, self.table) if p)
        # The part of a source kept in the project is a path already.
        whole = self.part and "/" in self.part
        part = self.part if whole else "/".join(p for p in (self.source, self.part) if p)
        line = f"{part}:{self.row}" if self.row and part else part
        column = f" [{self.field}]" if self.field else ""
        key = f" ({self.key})" if self.key else ""
        return " ".join(x for x in (place, line) if x) + column + key

    def hidden(self) -> "Finding":
        """The same finding without its value and key, for what must not be shown."""
        return self.model_copy(update={"value": None, "key": None, "params": _without_values(self.params)})

    def as_row(self) -> dict[str, Any]:
        """The finding as it is written to JSON Lines, with its texts in both languages."""
        row = self.model_dump(exclude_none=True)
        for lang in ("es", "en"):
            row[f"message_{lang}"] = self.what(lang)
            row[f"action_{lang}"] = self.do(lang)
        return row

    def _fill(self, template: str, lang: Lang) -> str:
        named = {k: v for k, v in self.model_dump(exclude={"params"}).items() if v is not None}
        ours = {k.removesuffix(f"_{lang}"): v for k, v in self.params.items() if k.endswith(f"_{lang}")}
        shown = _Shown({**named, **self.params, **ours})
        shown.hidden = HIDDEN.get(lang)
        return template.format_map(shown)


class _Shown(dict[str, Any]):
    hidden = ""

    def __missing__(self, key: str) -> str:
        return self.hidden


_SAFE_PARAMS = frozenset(
    {"count", "limit", "expected", "kind", "column", "columns", "sources", "tables", "datasets", "rule_es", "rule_en"}
)


def _without_values(params: dict[str, str]) -> dict[str, str]:
    return {k: v for k, v in params.items() if k in _SAFE_PARAMS}


@cache
def catalogue() -> dict[str, Message]:
    """All codes by name, from `messages/*.yaml`. Raises `ValueError` on a code defined twice."""
    codes: dict[str, Message] = {}
    for entry in sorted(files("pipelines.contracts").joinpath("messages").iterdir(), key=lambda e: e.name):
        if not entry.name.endswith(".yaml"):
            continue
        for code, raw in (yaml.load(entry.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}).items():
            if code in codes:
                raise ValueError(f"finding code {code} is defined twice")
            codes[code] = Message.model_validate(raw)
    return codes


def finding(
    code: str, *, severity: Severity | None = None, params: dict[str, Any] | None = None, **where: Any
) -> Finding:
    """A finding of `code`; severity and owner come from the catalogue unless the dataset says otherwise.

    `where` takes source, part, dataset, table, row, key, field and value. Raises `KeyError` when the
    catalogue does not have the code.
    """
    entry = catalogue()[code]
    return Finding(
        code=code,
        severity=severity or entry.severity,
        owner=entry.owner,
        params={k: str(v) for k, v in (params or {}).items()},
        **where,
    )


class FindingError(Exception):
    """Raised where a step cannot go on; carries the findings that say why."""

    def __init__(self, *found: Finding) -> None:
        """Keep `found`; the text is in English, for logs."""
        super().__init__("; ".join(f"{f.code}: {f.what('en')}" for f in found))
        self.findings = list(found)


def blocking(found: Iterable[Finding]) -> list[Finding]:
    """Those of `found` that hold a candidate."""
    return [f for f in found if f.blocks]


def counts(found: Iterable[Finding]) -> dict[str, int]:
    """How many of each code, sorted by code."""
    return dict(sorted(Counter(f.code for f in found).items()))
