"""The list of official shape files: which files, for which set of rules, and the hash that each was pinned with.

What belongs here: reading and writing `vocab/shapes/official.csv`. What does not: the shapes themselves,
which are not ours and are not kept in the project.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from pipelines.contracts.files import write_atomic

ShapeSet = Literal["es", "es-hvd", "eu", "eu-hvd"]
"""`es`: DCAT-AP-ES 1.0.0; `es-hvd`: its part for high-value entities; `eu`: DCAT-AP 3.0.1; `eu-hvd`: DCAT-AP HVD 3.0.0."""
SHAPE_SETS: tuple[ShapeSet, ...] = get_args(ShapeSet)
OFFICIAL_FILE = Path("shapes") / "official.csv"
"""The list, below the folder of vocabularies."""


@dataclass(frozen=True)
class OfficialFile:
    """One official file: its path below the folder or address of standards, its set, its pinned SHA-256."""

    file: str
    set: ShapeSet
    sha256: str


def official_files(vocab: Path) -> list[OfficialFile]:
    """The official files, in the order of the list. Raises `OSError`, `KeyError` or `ValueError`."""
    with (vocab / OFFICIAL_FILE).open(encoding="utf-8", newline="") as stream:
        found = [OfficialFile(row["file"], shape_set(row["set"]), row["sha256"]) for row in csv.DictReader(stream)]
    for one in found:
        if Path(one.file).is_absolute() or ".." in Path(one.file).parts:
            raise ValueError(f"{one.file} leads out of the folder of standards")
    return found


def write_official_files(vocab: Path, files: list[OfficialFile]) -> None:
    """Replace the list. Raises `OSError`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["file", "set", "sha256"])
    writer.writerows([one.file, one.set, one.sha256] for one in files)
    write_atomic(vocab / OFFICIAL_FILE, out.getvalue())


def shape_set(name: str) -> ShapeSet:
    """The set of that name. Raises `ValueError` if there is none."""
    for known in SHAPE_SETS:
        if known == name:
            return known
    raise ValueError(f"there is no set of shapes {name!r}")
