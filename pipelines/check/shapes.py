"""The SHACL gate: the description as RDF against the official shapes of DCAT-AP 3.0.1.

What belongs here: running the shapes and saying in plain words what they found. What does not: the
shapes, which are not ours and are found in the folder that a setting names.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipelines.contracts.findings import Finding, finding
from pipelines.contracts.words import word
from pipelines.describe.rdf import PREFIXES

SHAPES_FILE = "shapes-eu/shapes.ttl"
"""The shapes in the folder of standards: the base constraints of DCAT-AP 3.0.1."""
LIMIT = 100
"""Most results of one run that are listed; the rest is counted."""
VALUE_CHARS = 200

_CODES = {
    "MinCountConstraintComponent": "shapes-property-missing",
    "MaxCountConstraintComponent": "shapes-property-many",
}
_IRI = re.compile(r"<([^<>]*)>")


def check_shapes(graph_turtle: bytes, folder: Path | None, dataset: str) -> list[Finding]:
    """Findings of the shapes in `folder` about the RDF in `graph_turtle` (UTF-8), at most `LIMIT` and one.

    `dataset` is the id that the findings name. Without a folder, or without the shapes in it, the one
    finding is `shapes-missing`. What SHACL calls a warning is one here; what it calls information is
    passed over.
    """
    path = folder / SHAPES_FILE if folder else None
    if path is None or not path.is_file():
        return [finding("shapes-missing", dataset=dataset, part=SHAPES_FILE)]
    try:
        shapes = _shapes(path, path.stat().st_mtime_ns)
    except (OSError, ValueError) as error:
        return [finding("shapes-unreadable", dataset=dataset, part=SHAPES_FILE, params={"reason": error})]
    try:
        results = shapes.validate_turtle(graph_turtle.decode()).results
    except ValueError as error:
        return [finding("shapes-graph", dataset=dataset, params={"reason": error})]
    found = sorted((r for r in results if r.severity != "Info"), key=_place)
    out = [_finding(result, dataset) for result in found[:LIMIT]]
    if len(found) > LIMIT:
        out.append(finding("shapes-more", dataset=dataset, params={"count": len(found) - LIMIT, "limit": LIMIT}))
    return out


@lru_cache(maxsize=4)
def _shapes(path: Path, changed: int) -> Any:
    """The compiled shapes, read again when the file has `changed` (its time of change in ns)."""
    from shacl import Shapes

    shapes = Shapes.from_turtle(path.read_text(encoding="utf-8"))
    if len(shapes) == 0:
        raise ValueError("no shapes in it")
    return shapes


def _place(result: Any) -> tuple[str, ...]:
    """Violations first, then always the same order."""
    first = "" if result.severity == "Violation" else result.severity
    return first, result.focus_node, result.path or "", result.component, result.value or ""


def _finding(result: Any, dataset: str) -> Finding:
    return finding(
        _CODES.get(result.component, "shapes-value"),
        severity="warning" if result.severity == "Warning" else "error",
        dataset=dataset,
        key=_IRI.sub(r"\1", result.focus_node),
        field=_short(result.path) if result.path else None,
        value=result.value_plain[:VALUE_CHARS] if result.value_plain else None,
        params={
            "constraint": result.component.removesuffix("ConstraintComponent"),
            "rule_es": word("rules.eu", "es"),
            "rule_en": word("rules.eu", "en"),
        },
    )


def _short(path: str) -> str:
    """A property path with prefixes: `dct:title`."""

    def name(match: re.Match[str]) -> str:
        for prefix, namespace in PREFIXES.items():
            if match[1].startswith(namespace):
                return f"{prefix}:{match[1].removeprefix(namespace)}"
        return match[1]

    return _IRI.sub(name, path)
