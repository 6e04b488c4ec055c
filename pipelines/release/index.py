"""Reading releases: the index of a dataset, a release and its tables, and the next version.

What belongs here: what is asked of the releases on disk. What does not: writing them, which is
`candidate` and `commit`.
"""

from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from pipelines.contracts.findings import FindingError, finding
from pipelines.contracts.frequency import MADRID
from pipelines.contracts.records import Release, ReleaseIndex
from pipelines.contracts.store import RELEASE_FILE, Store, table_file
from pipelines.contracts.tables import Tables, from_arrow


def read_index(store: Store, dataset: str) -> ReleaseIndex:
    """The index of a dataset; an empty one where nothing was ever released."""
    path = store.index(dataset)
    if not path.exists():
        return ReleaseIndex(dataset=dataset, current=None, versions=[])
    return ReleaseIndex.model_validate_json(path.read_bytes())


def read_release(store: Store, dataset: str, version: str) -> Release:
    """The record of one release. Raises `FindingError` if it is damaged, or gone by withdrawal."""
    path = store.release(dataset, version) / RELEASE_FILE
    try:
        return Release.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError) as error:
        raise _damaged(dataset, version, RELEASE_FILE, error) from error


def _damaged(dataset: str, version: str, file: str, error: Exception) -> FindingError:
    reason = type(error).__name__
    return FindingError(
        finding("release-damaged", dataset=dataset, value=version, part=file, params={"reason": reason})
    )


def current_release(store: Store, dataset: str) -> Release | None:
    """The record of the current release, None if nothing is published."""
    current = read_index(store, dataset).current
    return read_release(store, dataset, current) if current else None


def release_tables(store: Store, dataset: str, version: str) -> Tables:
    """The public tables of a release, typed as `contracts.tables` has it, without the origin columns.

    Raises `FindingError` if one of its files is damaged.
    """
    folder = store.release(dataset, version)
    out: Tables = {}
    for name in read_release(store, dataset, version).rows:
        file = table_file(name, "parquet")
        try:
            out[name] = from_arrow(pq.read_table(folder / file))
        except (FileNotFoundError, pa.ArrowException) as error:
            raise _damaged(dataset, version, file, error) from error
    return out


def next_number(taken: list[str], now: datetime) -> str:
    """The next name `YYYY-MM-DD.N` of that day in Europe/Madrid, given the names that are taken."""
    day = now.astimezone(MADRID).date().isoformat()
    numbers = [int(name.rpartition(".")[2]) for name in taken if name.startswith(f"{day}.")]
    return f"{day}.{max(numbers, default=0) + 1}"
