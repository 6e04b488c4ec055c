"""The tables that are open, shared by all sites.

What belongs here: opening them once and closing the least used. What does not: what a table can be asked.
"""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pipelines.contracts.reading import READING_FILE, READING_FORMAT, Reading
from pipelines.contracts.store import Store
from portal.answer import Problem

if TYPE_CHECKING:
    from portal.table import Table

TABLES_KEPT = 64
"""Tables that are kept open; each is some mapped files, whose pages the system takes back when it needs them."""


class Tables:
    """The tables that are open, the last used ones; shared by all sites, for releases never change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._open: OrderedDict[tuple[str, str, str], Table] = OrderedDict()
        self._readings: OrderedDict[tuple[str, str], Reading] = OrderedDict()
        self._shown: set[tuple[str, str]] | None = None

    def reading(self, dataset: str, version: str) -> Reading:
        """What was made of a release. Raises `Problem` 503 where it is not there, or of another format."""
        known = self._readings.get((dataset, version))
        if known is None:
            path = self._store.reading(dataset, version) / READING_FILE
            try:
                known = Reading.model_validate_json(path.read_bytes())
            except (OSError, ValidationError) as error:
                raise not_made(dataset, version) from error
            if known.format != READING_FORMAT:
                raise not_made(dataset, version)
            with self._lock:
                if self._may_stay(dataset, version):
                    self._readings[dataset, version] = known
                while len(self._readings) > TABLES_KEPT:
                    self._readings.popitem(last=False)
        return known

    def table(self, dataset: str, version: str, name: str) -> "Table":
        """The open table. Raises `Problem` 404 where the release has none of that name."""
        key = (dataset, version, name)
        with self._lock:
            found = self._open.get(key)
            if found is not None:
                self._open.move_to_end(key)
                return found
        return self._opened(key)

    def keep(self, versions: set[tuple[str, str]]) -> None:
        """Close what belongs to none of these: the bytes of a version that was withdrawn go with its last mapping."""
        with self._lock:
            self._shown = versions
            for table in [key for key in self._open if key[:2] not in versions]:
                del self._open[table]
            for reading in self._readings.keys() - versions:
                del self._readings[reading]

    def _may_stay(self, dataset: str, version: str) -> bool:
        """Whether it is shown: a request that began before a withdrawal may end after `keep`."""
        return self._shown is None or (dataset, version) in self._shown

    def _opened(self, key: tuple[str, str, str]) -> "Table":
        from portal.table import Table

        dataset, version, name = key
        facts = next((t for t in self.reading(dataset, version).tables if t.name == name), None)
        if facts is None:
            names = [t.name for t in self.reading(dataset, version).tables]
            raise Problem(
                404,
                "table-unknown",
                f"El conjunto {dataset} no tiene esa tabla. Tiene: {', '.join(names)}.",
                f"The dataset {dataset} has no such table. It has: {', '.join(names)}.",
                tables=names,
            )
        table = Table.open(self._store.reading(dataset, version), self._store.release(dataset, version), facts)
        with self._lock:
            if self._may_stay(dataset, version):
                self._open[key] = table
            while len(self._open) > TABLES_KEPT:
                # What still uses it keeps it until it is done.
                self._open.popitem(last=False)
        return table


def not_made(dataset: str, version: str) -> Problem:
    """What makes a release fast to read is not there."""
    return Problem(
        503,
        "reading-missing",
        f"La versión {version} de {dataset} no está preparada para la consulta; la próxima publicación la prepara. "
        "Sus ficheros se pueden descargar.",
        f"Version {version} of {dataset} is not prepared for queries; the next publication prepares it. "
        "Its files can be downloaded.",
    )
