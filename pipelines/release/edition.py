"""Editions: one version of each dataset, whose keys hold across all of them.

What belongs here: reading and naming editions. What does not: which candidates fit together (`settle`)
and making one current (`commit`).
"""

from datetime import datetime

from pipelines.contracts.records import Edition, EditionEntry, EditionIndex
from pipelines.contracts.store import EDITION_FILE, INDEX_FILE, Store
from pipelines.release.index import next_number


def edition_index(store: Store) -> EditionIndex:
    """The index of the editions; an empty one where there are none."""
    path = store.editions / INDEX_FILE
    if not path.exists():
        return EditionIndex(current=None, editions=[])
    return EditionIndex.model_validate_json(path.read_bytes())


def read_edition(store: Store, edition: str) -> Edition:
    """One edition. Raises `FileNotFoundError`."""
    return Edition.model_validate_json((store.edition(edition) / EDITION_FILE).read_bytes())


def current_edition(store: Store) -> Edition | None:
    """The edition that portals show, None before the first one."""
    current = edition_index(store).current
    return read_edition(store, current) if current else None


def next_edition(store: Store, pins: dict[str, str], now: datetime) -> tuple[Edition, EditionIndex] | None:
    """The edition with these pins and the index that names it; None if the current one has the same pins."""
    index = edition_index(store)
    current = current_edition(store)
    if current and current.pins == pins:
        return None
    name = next_number([e.edition for e in index.editions], now)
    edition = Edition(edition=name, created=now, predecessor=index.current, pins=dict(sorted(pins.items())))
    entry = EditionEntry(edition=name, created=now)
    return edition, EditionIndex(current=name, editions=[*index.editions, entry])
