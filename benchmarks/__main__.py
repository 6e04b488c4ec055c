"""`python -m benchmarks [ROWS]`: times each step beside a peer on a synthetic table, and prints ratios.

What belongs here: the measurements and their table. What does not: the synthetic table, which is
`benchmarks.synthetic`. Absolute seconds depend on the machine; the ratio is what to compare.
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.linked import linking
from benchmarks.synthetic import Bench, make_bench
from pipelines.check.schema import check_schema
from pipelines.contracts.project import load_project
from pipelines.line import Line
from pipelines.pull import pull_source, read_feed
from pipelines.release.writers import write_csv, write_jsonl, write_parquet

ROOT = Path(__file__).parents[1]
REPEATS = 3
LINKED = 20
"""Of how many rows one is written as RDF: the peer takes minutes for the others."""


def seconds(work: Callable[[], object]) -> float:
    """The median wall time of `REPEATS` calls, in seconds."""
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def reading(bench: Bench) -> tuple[float, float]:
    """Our reader, which refuses what is broken, beside `pandas.read_csv` of the same file as text."""
    import pandas as pd

    project, source, feed = bench.project, bench.source, bench.source.feeds[0]
    snapshot = pull_source(project, source, bench.now).snapshot
    assert snapshot
    ours = seconds(lambda: read_feed(project, source, feed, snapshot))
    return ours, seconds(lambda: pd.read_csv(bench.file, dtype=str, keep_default_na=False))


def checking(bench: Bench) -> tuple[float, float]:
    """Our schema gate, which shows frictionless only what looks wrong, beside `frictionless validate`."""
    from frictionless import Resource, Schema

    tables = {bench.resource.name: bench.table}
    ours = seconds(lambda: check_schema(bench.project, bench.dataset, tables))
    schema = Schema.from_descriptor({"fields": [{"name": f.name, "type": f.type} for f in bench.resource.fields[:10]]})

    def peer() -> None:
        report = Resource(path=bench.file.name, basepath=str(bench.file.parent), schema=schema).validate()
        assert report.valid, report.flatten(["note"])[:3]

    began = time.perf_counter()
    peer()
    return ours, time.perf_counter() - began


def writing(bench: Bench, folder: Path) -> tuple[float, float]:
    """CSV, JSON Lines and Parquet as a release has them, beside `DataFrame.to_csv` alone."""

    def ours() -> None:
        for number, write in enumerate((write_csv, write_jsonl, write_parquet)):
            path = folder / f"table.{number}"
            path.unlink(missing_ok=True)
            write(path, bench.table, bench.resource)

    return seconds(ours), seconds(lambda: bench.table.to_csv(folder / "peer.csv", index=False))


def publishing(folder: Path) -> tuple[float, float]:
    """A run of the shipped project that finds nothing new, beside the run that released it all."""
    root = folder / "project"
    for name in ("schemas", "sources", "targets", "vocab"):
        shutil.copytree(ROOT / name, root / name)

    def run() -> None:
        with Line(load_project(root), "publish") as line:
            line.publish()

    began = time.perf_counter()
    run()
    first = time.perf_counter() - began
    return seconds(run), first


def main(rows: int) -> None:
    """Measure everything and print one line each."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = make_bench(folder / "bench", rows)
        measured = {
            f"read {rows} rows x 10 columns / pandas.read_csv": reading(bench),
            f"schema gate of {rows} rows / frictionless validate": checking(bench),
            f"write CSV, JSON Lines, Parquet of {rows} rows / DataFrame.to_csv": writing(bench, folder),
            f"write {rows // LINKED} rows as Turtle / rdflib": linking(bench, folder, rows // LINKED, seconds),
            "publish with nothing new / first publish of the shipped project": publishing(folder),
        }
    print(f"{'ours s':>8} {'peer s':>8} {'ratio':>7}  what")
    for what, (ours, peer) in measured.items():
        print(f"{ours:8.2f} {peer:8.2f} {ours / peer:7.2f}  {what}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
