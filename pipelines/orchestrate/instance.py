"""The Dagster instance in the store: where the history of runs is kept, and how the daemon behaves.

What belongs here: `dagster.yaml` and opening the instance. What does not: anything about the graph.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from sqlalchemy import Engine, event

from pipelines.contracts.files import write_atomic
from pipelines.contracts.store import Store

DAGSTER_YAML = """\
# The Dagster instance of this store. Written once; change it as you need, it is not written again.
telemetry:
  enabled: false
nux:
  enabled: false
# What a step prints is not kept: it could quote data that must be withdrawn one day.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
concurrency:
  runs:
    # The store has one writer; further runs wait in the queue.
    max_concurrent_runs: 1
  pools:
    # One pull at a time from each host; each host is a pool.
    default_limit: 1
    granularity: op
run_monitoring:
  enabled: true
  # A run that died gives its place in a pool back after this time.
  free_slots_after_run_end_seconds: 60
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days: {skipped: 7, started: 90, failure: 90, success: 90}
"""


def instance_home(store: Store) -> Path:
    """The folder of the instance, with its `dagster.yaml`. Raises `OSError` where it cannot be written."""
    path = store.dagster / "dagster.yaml"
    if not path.exists():
        write_atomic(path, DAGSTER_YAML)
    return store.dagster


@contextmanager
def open_instance(store: Store, run_id: str) -> Iterator[dg.DagsterInstance]:
    """The instance in the store, ready for the run `run_id`. Sends nothing to anybody."""
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    home = instance_home(store)
    with _quick(), dg.DagsterInstance.from_config(str(home)) as instance, ExitStack() as kept:
        events = instance.event_log_storage
        if isinstance(events, SqliteEventLogStorage):
            with events.run_connection(run_id):
                """Makes the database of the run."""
            for name in ("runs.db", "runs/index.db", f"runs/{run_id}.db"):
                connection = kept.enter_context(closing(sqlite3.connect(home / "history" / name)))
                connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        yield instance


@contextmanager
def _quick() -> Iterator[None]:
    """Let SQLite flush the history now and then, and not after each of the run's 1500 transactions.

    With its write-ahead log a power cut may then take the last lines of the history, never break it; the
    record of the run is in `runs/` anyway. Dagster also opens and closes a database for each event; as
    the last connection to close flushes everything, `open_instance` keeps one of its own open.
    """

    def relax(connection: Any, record: Any) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = NORMAL")

    event.listen(Engine, "connect", relax)
    try:
        with _one_engine(sqlite_event_log), _one_engine(sqlite_run_storage):
            yield
    finally:
        event.remove(Engine, "connect", relax)


@contextmanager
def _one_engine(module: ModuleType) -> Iterator[None]:
    """Let a storage module of Dagster keep the engine of each database.

    It makes one for each event, and SQLAlchemy then compiles every statement anew: a third of the time of
    a run in which nothing has changed.
    """
    make, kept = module.create_engine, dict[str, Engine]()

    def engine(url: str, **options: Any) -> Engine:
        if url not in kept:
            kept[url] = make(url, **options)
        return kept[url]

    setattr(module, "create_engine", engine)  # noqa: B010 - the module does not export the name
    try:
        yield
    finally:
        setattr(module, "create_engine", make)  # noqa: B010
