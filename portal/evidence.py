"""Whether the words of a passage were found in the copy of its document, as far as a release tells.

What belongs here: what the findings of a release say of one row. What does not: the row, and how it is shown.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pipelines.contracts.files import read_json_lines
from pipelines.contracts.store import FINDINGS_FILE

Verified = Literal["yes", "no", "unknown", "none"]
"""Whether the terms were found in the copy of the document: `unknown` when nobody looked, `none` without terms."""


class _Looked(NamedTuple):
    """What a release says of its evidence: whether somebody looked, in which documents not, and which rows failed."""

    anyone: bool
    documents: frozenset[str]
    rows: frozenset[tuple[str, str]]


def verified(folder: Path, table: str, key: str, document: str | None) -> Verified:
    """What the release in `folder` tells of a row that has terms: its table, its key, and the id of its document."""
    looked = _looked(folder)
    if not looked.anyone or document in looked.documents:
        return "unknown"
    return "no" if (table, key) in looked.rows else "yes"


@lru_cache(maxsize=64)
def _looked(folder: Path) -> _Looked:
    """What the findings of a release say of its evidence; they never change."""
    path = folder / FINDINGS_FILE
    lines: Iterable[dict[str, Any]] = read_json_lines(path) if path.is_file() else ()
    told = [line for line in lines if str(line.get("code", "")).startswith("evidence-")]
    apart = {str(f["params"]["kind"]) for f in told if f["code"] == "evidence-not-verified"}
    failed = {(str(f.get("table")), str(f.get("key"))) for f in told if f["code"] != "evidence-not-verified"}
    return _Looked(bool(told), frozenset(apart), frozenset(failed))
