"""`python -m benchmarks.portal [ROWS]`: the API of the portal under load, beside Datasette with the same rows.

What belongs here: the questions, and asking all in the same run with `wrk`. What does not: the synthetic table, which
is `benchmarks.synthetic`, and the table on a CKAN, which is `benchmarks.ckan_peer`.

Needs `wrk` (Debian's package) and Datasette in `.venv-datasette`; says so where one is not there. Datasette is at its best: an
immutable file, indexes, no counts and no facets. A CKAN is asked too where `OPENDATA_TEST_CKAN` names one.
"""

import random
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.ckan_peer import ckan_peer, ckan_questions
from benchmarks.synthetic import Bench, make_bench
from pipelines.line import Line

ROOT = Path(__file__).parents[1]
DATASETTE = ROOT / ".venv-datasette" / "bin" / "datasette"
CONNECTIONS = 16
SECONDS, TURNS = 3, 3
"""How long each is asked, and how often in turn: the best of its turns counts, for no machine is quite idle."""
_LUA = """
local lines, n = {}, 0
for line in io.lines("%s") do lines[#lines + 1] = line end
request = function()
  n = n %% #lines + 1
  return wrk.format("GET", lines[n], %s)
end
"""


@dataclass(frozen=True)
class Served:
    """What `wrk` measured: answers a second, megabytes a second, the slowest of a hundred in ms, and answers that failed."""

    rate: float
    megabytes: float
    p99: float
    failed: int


def main(rows: int) -> None:
    """Measure every question on both, and print a line each."""
    wrk = shutil.which("wrk")
    if not wrk or not DATASETTE.exists():
        raise SystemExit(f"needs wrk on the PATH and {DATASETTE}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench = make_bench(folder / "bench", rows)
        with Line(bench.project, "publish") as line:
            line.publish()
        database = peer_database(folder, bench)
        with ours(bench) as (here, process), peer(database) as there, ckan_peer(folder, bench) as ckan:
            third = ckan_questions(*ckan, some_ids(rows)) if ckan else {}
            told = "".join(f" {name:>10} {'p99 ms':>8} {'ratio':>7}" for name in ("Datasette", *["CKAN"] * bool(ckan)))
            print(f"{'ours':>10} {'p99 ms':>8}{told}  what")
            for what, (own, others) in questions(rows).items():
                known = etag(here + own[0]) if what == "304" else None
                asked = [(here, own, known), (there, others, None)][: 2 if others else 1]
                if ckan and what in third:
                    asked.append((ckan[0], third[what], None))
                turns = [[load(folder, *one) for one in asked] for _ in range(TURNS)]
                mine, *theirs = (max(each, key=lambda one: one.rate) for each in zip(*turns, strict=True))
                report(what, mine, theirs)
            print(f"resident memory of the portal: {resident(process.pid):.0f} MB")


def some_ids(rows: int) -> list[str]:
    """Keys of rows, the same each time."""
    luck = random.Random(3)  # noqa: S311 - a choice that is the same each time, not a secret
    return [f"p-{luck.randrange(rows)}" for _ in range(2000)]


def questions(rows: int) -> dict[str, tuple[list[str], list[str]]]:
    """The addresses of each question on both sides."""
    ids = some_ids(rows)
    table = "/v1/datasets/places/tables/places"
    words = ["garzon", "becquer", "nandu", "ibanez guell", "pena", "canon rio"]
    page = [f"district={d}&order=-amount&limit=100" for d in range(1, 22)]
    theirs = [f"district={d}&_sort_desc=amount&_size=100&_nocount=1&_nofacet=1" for d in range(1, 22)]
    group = "select+district,count(*),sum(amount)+from+places+group+by+district"
    return {
        "row by id": ([f"{table}/rows/{i}" for i in ids], [f"/peer/places/{i}.json?_shape=objects" for i in ids]),
        "filtered, sorted page of 100": (
            [f"{table}?{p}" for p in page],
            [f"/peer/places.json?{p}" for p in theirs],
        ),
        "text search, 100 rows": (
            [f"{table}?q={w.replace(' ', '+')}" for w in words],
            [f"/peer/places.json?_search={w.replace(' ', '+')}&_size=100&_nocount=1&_nofacet=1" for w in words],
        ),
        "group by, count and sum": ([f"{table}/groups?by=district&sum=amount"], [f"/peer.json?sql={group}"]),
        "whole CSV": ([f"{table}.csv"], ["/peer/places.csv?_stream=on&_size=max"]),
        "304": ([table], []),
    }


def report(what: str, mine: Served, theirs: list[Served]) -> None:
    """A line: of each server answers a second, of each peer also how many times as fast the portal is.

    Of the whole CSV it is megabytes a second.
    """
    unit = "megabytes" if what == "whole CSV" else "rate"
    own = getattr(mine, unit)
    said = f"{own:10.0f} {mine.p99:8.1f}"
    for other in theirs:
        rate = getattr(other, unit)
        # A CKAN may send nothing of a whole table in the time.
        said += f" {rate:10.1f} {other.p99:8.1f} {own / rate if rate else float('inf'):7.1f}"
    failed = [one.failed for one in (mine, *theirs)]
    print(f"{said}  {what}{f', failed: {failed}' if any(failed) else ''}", flush=True)


def peer_database(folder: Path, bench: Bench) -> Path:
    """The rows in SQLite with a primary key, an index for each column that is asked for, and FTS5 without accents."""
    path = folder / "peer.db"
    frame = bench.table[[f.name for f in bench.resource.public_fields]].copy()
    for column in frame.columns:
        if not str(frame[column].dtype).startswith(("Int", "Float", "bool")):
            frame[column] = frame[column].astype(str)
    with sqlite3.connect(path) as db:
        db.execute(
            "CREATE TABLE places (id TEXT PRIMARY KEY, name, district INTEGER, city, amount REAL, share REAL, count INTEGER, opened, active, code)"
        )
        frame.to_sql("places", db, if_exists="append", index=False)
        for columns in ("district, amount", "district"):
            db.execute(f'CREATE INDEX "{columns}" ON places ({columns})')
        db.execute(
            "CREATE VIRTUAL TABLE places_fts USING fts5 (name, tokenize='unicode61 remove_diacritics 2', content='places')"
        )
        db.execute("INSERT INTO places_fts (rowid, name) SELECT rowid, name FROM places")
        db.execute("ANALYZE")
    return path


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def serving(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a process of its own, once it answers."""
    process = subprocess.Popen([*command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process
    finally:
        # Datasette does not end while an export is under way.
        process.kill()
        process.wait(30)


@contextmanager
def ours(bench: Bench) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The portal over the store of the synthetic table."""
    port = free_port()
    command = [sys.executable, "-m", "pipelines.cli", "serve", "--project", str(bench.project.root)]
    with serving(command, port) as process:
        yield f"http://127.0.0.1:{port}", process


@contextmanager
def peer(database: Path) -> Iterator[str]:
    """Datasette over the same rows, as fast as it can."""
    port = free_port()
    limits = [x for name, value in _SETTINGS.items() for x in ("--setting", name, value)]
    with serving([str(DATASETTE), "serve", "--immutable", str(database), *limits], port):
        yield f"http://127.0.0.1:{port}"


_SETTINGS = {
    "allow_facet": "off",
    "suggest_facets": "off",
    "max_csv_mb": "0",
    "sql_time_limit_ms": "20000",
    "num_sql_threads": "2",
}


def etag(address: str) -> str:
    """The strong ETag of an answer that is not packed."""
    return str(httpx.get(address, headers={"Accept-Encoding": "identity"}).headers["ETag"])


def load(folder: Path, base: str, addresses: list[str], header: str | None = None) -> Served:
    """Ask the addresses of the server `base` in turn over `CONNECTIONS` connections for `SECONDS`, after a short warming."""
    paths = folder / "paths.txt"
    paths.write_text("\n".join(addresses) + "\n")
    script = folder / "ask.lua"
    script.write_text(_LUA % (paths, f"{{['If-None-Match'] = '{header}'}}" if header else "nil"))
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", "--latency", "--timeout", "30s", "-s", str(script)]
    subprocess.run([*command, "-d1s", base], capture_output=True, check=True)
    said = subprocess.run([*command, f"-d{SECONDS}s", base], capture_output=True, check=True, text=True).stdout
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    return Served(
        rate=float(_found(r"Requests/sec:\s+([\d.]+)", said)),
        megabytes=_bytes(_found(r"Transfer/sec:\s+([\d.]+\w+)", said)) / 1e6,
        p99=_milliseconds(_found(r"99%\s+([\d.]+\w+)", said)),
        failed=int(failed[1]) if failed else 0,
    )


def _found(pattern: str, said: str) -> str:
    match = re.search(pattern, said)
    if not match:
        raise AssertionError(said)
    return match[1]


def _bytes(text: str) -> float:
    return float(text.rstrip("KMGB")) * {"K": 1024, "M": 1024**2, "G": 1024**3}.get(text[-2], 1)


def _milliseconds(text: str) -> float:
    number = float(re.sub(r"[a-z]+$", "", text))
    return number * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[re.sub(r"^[\d.]+", "", text)]


def resident(process: int) -> float:
    """Resident memory of a process in MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(_found(r"VmRSS:\s+(\d+)", status)) / 1024


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
