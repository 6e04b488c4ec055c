"""Whether the words of a passage were found in the copy of its document, as far as a release tells.

What belongs here: what the quality and the findings of a release say of one row. What does not: the row, and how it is shown.
"""

from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from pipelines.contracts.files import read_json, read_json_lines
from pipelines.contracts.store import FINDINGS_FILE, QUALITY_FILE

Verified = Literal["yes", "no", "unknown", "none"]
"""Whether the terms were found in the copy of the document: `unknown` when nobody looked, `none` without terms."""

_NOT_THERE = frozenset({"evidence-not-found", "evidence-section-missing"})


class _Looked(NamedTuple):
    """What a release says of its evidence: the documents that were looked at, and the rows whose terms are not there."""

    documents: frozenset[str]
    rows: frozenset[tuple[str, str]]


def verified(folder: Path, table: str, key: str, document: str | None) -> Verified:
    """What the release in `folder` tells of a row that has terms: its table, its key, and the id of its document."""
    looked = _looked(folder)
    if (table, key) in looked.rows:
        return "no"
    return "yes" if document in looked.documents else "unknown"


@lru_cache(maxsize=64)
def _looked(folder: Path) -> _Looked:
    """What the release knows; it never changes. One that does not name the documents that it looked at knows of none."""
    told = read_json(folder / QUALITY_FILE).get("evidence", {})
    failed = {
        (str(f.get("table")), str(f.get("key")))
        for f in read_json_lines(folder / FINDINGS_FILE)
        if str(f["code"]) in _NOT_THERE
    }
    return _Looked(frozenset(told.get("documents", [])), frozenset(failed))
