"""The SHACL gate: what the shapes found, as findings in plain words.

What belongs here: how a result becomes a finding. What does not: the shapes and running them, which is
`standards`.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

from pipelines.check.standards import Result, results_of
from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.text import LANGS, Lang
from pipelines.contracts.words import word

SHAPES_FILE = "shapes-eu/shapes.ttl"
"""The shapes in the folder of standards: the base constraints of DCAT-AP 3.0.1."""
LIMIT = 100
"""Most results of one run that are listed; the rest is counted."""
VALUE_CHARS = 200

_CODES = {
    "MinCountConstraintComponent": "shapes-property-missing",
    "QualifiedMinCountConstraintComponent": "shapes-property-missing",
    "HasValueConstraintComponent": "shapes-property-missing",
    "SPARQLConstraintComponent": "shapes-property-missing",
    "MaxCountConstraintComponent": "shapes-property-many",
    "UniqueLangConstraintComponent": "shapes-property-many",
}
"""The code of a result that has no value at fault."""


def shape_findings(results: list[Result], dataset: str) -> list[Finding]:
    """Findings of `results` about the dataset (or catalogue) with the id `dataset`, at most `LIMIT` and one.

    What a rule wants is said in both languages, in the words of our own table where it has the rule.
    """
    out = [_finding(result, dataset) for result in results[:LIMIT]]
    if len(results) > LIMIT:
        out.append(finding("shapes-more", dataset=dataset, params={"count": len(results) - LIMIT, "limit": LIMIT}))
    return out


def check_shapes(graph_turtle: bytes, folder: Path | None, dataset: str) -> list[Finding]:
    """Findings of the official European shapes in `folder` about the RDF in `graph_turtle` (UTF-8).

    Without a folder, or without the shapes in it, the one finding is `shapes-missing`.
    """
    path = folder / SHAPES_FILE if folder else None
    if path is None or not path.is_file():
        return [finding("shapes-missing", dataset=dataset, part=SHAPES_FILE, params={"count": 1})]
    try:
        shapes = _shapes(path, path.stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        return [finding("shapes-unreadable", dataset=dataset, part=SHAPES_FILE, params={"reason": error})]
    try:
        results = results_of(shapes, "eu", {}, graph_turtle.decode())
    except ValueError as error:
        return [finding("shapes-graph", dataset=dataset, params={"reason": error})]
    return shape_findings(sorted(results, key=lambda r: (r.severity, r.focus, r.path or "", r.value or "")), dataset)


@lru_cache(maxsize=4)
def _shapes(path: Path, changed: int) -> Any:
    """The compiled shapes, read again when the file has `changed` (its time of change in ns)."""
    from shacl import Shapes

    shapes = Shapes.from_turtle(path.read_text(encoding="utf-8"))
    if len(shapes) == 0:
        raise ValueError("no shapes in it")
    return shapes


def _finding(result: Result, dataset: str) -> Finding:
    code = _CODES.get(result.component, "shapes-value") if result.path else "shapes-entity"
    if code != "shapes-property-many" and result.value is not None and result.path:
        code = "shapes-value"
    wanted = {f"rule_{lang}": _wanted(result, lang) for lang in LANGS}
    return finding(
        code,
        severity=result.severity,
        dataset=dataset,
        key=result.focus,
        field=result.path,
        value=result.value[:VALUE_CHARS] if result.value else None,
        params={"constraint": result.component.removesuffix("ConstraintComponent"), **wanted},
    )


def _wanted(result: Result, lang: Lang) -> str:
    return result.message.get(lang) if result.message else word(f"rules.{result.set}", lang)
