"""A synthetic table of any size: id, accented names, districts, numbers with gaps, dates.

What belongs here: making it, the same for the same size. What does not: measuring.
"""

import csv
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd

from pipelines.contracts.dataset import DatasetFile, Resource
from pipelines.contracts.project import Project, load_project
from pipelines.contracts.source import SourceFile
from pipelines.pull import pull_source
from pipelines.tidy import tidy_dataset
from tests.tiny import column, dataset, facts, make_tiny, table

_WORDS = ["Cañón", "Ñandú", "Río", "Peña", "Garzón", "Núñez", "Bécquer", "Álamo", "Ibáñez", "Güell"]
_COLUMNS = ["id", "name", "district", "city", "amount", "share", "count", "opened", "active", "code"]


@dataclass(frozen=True)
class Bench:
    """The project around the table, and the table itself, tidy."""

    project: Project
    source: SourceFile
    dataset: DatasetFile
    resource: Resource
    file: Path
    table: pd.DataFrame
    now: datetime


def make_bench(root: Path, rows: int) -> Bench:
    """Write a project whose dataset `places` is the synthetic table, and read it."""
    tiny = make_tiny(root)
    fields = [
        column("id", constraints={"required": True, "pattern": "[a-z]-[0-9]+"}),
        column("name", constraints={"required": True}),
        column("district", type="integer", constraints={"minimum": 1, "maximum": 21}),
        column("city"),
        column("amount", type="number"),
        column("share", type="number"),
        column("count", type="integer"),
        column("opened", type="date"),
        column("active", type="boolean"),
        column("code"),
    ]
    (root / "schemas" / "visits.yaml").unlink()
    (root / "sources" / "diario.yaml").unlink()
    tiny.schema(dataset("places", table("places", ["id"], fields)))
    tiny.source({**facts("registro", "places"), "dialect": {"decimal": "."}})
    file = root / "sources" / "registro" / "places.csv"
    _write(file, rows)
    project = load_project(root)
    source, own = project.sources["registro"], project.datasets["places"]
    now = datetime.now(UTC)
    snapshot = pull_source(project, source, now).snapshot
    assert snapshot
    tidied = tidy_dataset(project, own, {"registro": snapshot})
    assert not tidied.findings, tidied.findings[:3]
    return Bench(project, source, own, own.resources[0], file, tidied.tables["places"], now)


def _write(path: Path, rows: int) -> None:
    luck = random.Random(7)  # noqa: S311 - a table that is the same each time, not a secret
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(_COLUMNS)
        for n in range(rows):
            name = " ".join(luck.choices(_WORDS, k=3))
            day = date(2000, 1, 1) + timedelta(days=luck.randrange(9000))
            amount = "" if n % 7 == 0 else f"{luck.random() * 1e6:.2f}"
            share = f"{luck.random():.4f}"
            cells = [f"p-{n}", name, luck.randint(1, 21), "Madrid", amount, share, luck.randrange(10**6), day]
            writer.writerow([*cells, luck.choice(["true", "false"]), f"{n:08d}"])
