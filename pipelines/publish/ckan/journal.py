"""What the store remembers of a projection: the record of what was read back, and the intention under way.

What belongs here: reading and writing these two files. What does not: what stands in them, which is
`contracts.projection`, and when they are written, which is `apply`.

A run that dies leaves its intention; it is the only sign that something may be half done on the portal.
"""

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from pipelines.contracts.files import pretty_json, sync_folder, write_atomic
from pipelines.contracts.findings import FindingError, finding
from pipelines.contracts.projection import Intention, Projection
from pipelines.contracts.store import Store
from pipelines.contracts.text import Strict

Record = TypeVar("Record", bound=Strict)


def read_projection(store: Store, target: str, dataset: str) -> Projection | None:
    """What the target showed when it was last read back, None if it never was. Raises `FindingError`."""
    return _read(store.projection(target, dataset), Projection)


def read_intention(store: Store, target: str, dataset: str) -> Intention | None:
    """The projection that is under way, None if none is. Raises `FindingError`."""
    return _read(store.intention(target, dataset), Intention)


def projections(store: Store, target: str) -> list[Projection]:
    """All records of a target, by dataset. Raises `FindingError`."""
    found = (_read(path, Projection) for path in sorted((store.targets / target).glob("*.json")))
    return [one for one in found if one]


def begun(store: Store, target: str) -> list[str]:
    """The datasets whose projection onto a target was begun and not finished."""
    return sorted(path.stem for path in (store.journal / target).glob("*.json"))


def keep_projection(store: Store, projection: Projection) -> None:
    """Write the record. Raises `OSError`."""
    _write(store.projection(projection.target, projection.dataset), projection)


def forget_projection(store: Store, target: str, dataset: str) -> None:
    """Remove the record of a dataset that the target no longer has."""
    store.projection(target, dataset).unlink(missing_ok=True)


def keep_intention(store: Store, intention: Intention) -> None:
    """Write the intention, before the first call that it is about. Raises `OSError`."""
    _write(store.intention(intention.target, intention.dataset), intention)


def end_intention(store: Store, target: str, dataset: str) -> None:
    """Remove the intention, after the record was written."""
    path = store.intention(target, dataset)
    if path.exists():
        path.unlink()
        sync_folder(path.parent)


def _write(path: Path, record: Strict) -> None:
    write_atomic(path, pretty_json(record.model_dump(mode="json")))


def _read(path: Path, model: type[Record]) -> Record | None:
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        reason = f"{error.error_count()} × {error.errors()[0]['type']}"
        raise FindingError(finding("target-record-unreadable", part=str(path), params={"reason": reason})) from error
