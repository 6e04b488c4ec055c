"""What could not be read, kept raw for the operator.

What belongs here: the form of a quarantined value and the file it is kept in. What does not: whether a
value can be read (`values`).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pipelines.contracts.files import canonical_json, write_atomic
from pipelines.contracts.store import Store


class Quarantined(NamedTuple):
    """One value of a file that could not be read, exactly as it was."""

    part: str
    row: int
    field: str
    value: str
    code: str


def quarantine_file(store: Store, source: str, snapshot: str, table: str) -> Path:
    """The file with the values of one table that a snapshot could not give: JSON Lines of `Quarantined`."""
    return store.quarantine / source / snapshot / f"{table}.jsonl"


def keep_raw(path: Path, values: Iterable[Quarantined]) -> None:
    """Make the file at `path` hold `values` and nothing else; no values, no file. Raises `OSError`.

    The same values in any order leave the file untouched, so that a run that changes nothing writes nothing.
    """
    lines = sorted((v.part, v.row, v.field, canonical_json(v._asdict())) for v in values)
    content = "".join(line + "\n" for *_, line in lines)
    former = path.read_text(encoding="utf-8") if path.exists() else ""
    if content == former:
        return
    if content:
        write_atomic(path, content)
    else:
        path.unlink()
