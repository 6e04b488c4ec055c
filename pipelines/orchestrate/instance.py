"""The Dagster instance in the store: where the history of runs is kept, and how the daemon behaves.

What belongs here: `dagster.yaml` and opening the instance. What does not: anything about the graph.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import dagster as dg
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from sqlalchemy import Engine, QueuePool, event

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
def open_instance(store: Store) -> Iterator[dg.DagsterInstance]:
    """The instance in the store. Sends nothing to anybody."""
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    home = instance_home(store)
    with _quick(), dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


@contextmanager
def _quick() -> Iterator[None]:
    """Let SQLite flush the history now and then, and not after each of the run's 1500 transactions.

    With its write-ahead log a power cut may then take the last lines of the history, never break it; the
    record of the run is in `runs/` anyway.
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
    """Let a storage module of Dagster keep the engine of each database, and its connections, to the end.

    It makes both for each event and throws them away: SQLAlchemy then compiles every statement anew, and
    SQLite, as the last connection closes, flushes everything. That is half of the time of a run in which
    nothing has changed.
    """
    make, kept = module.create_engine, dict[str, Engine]()

    def engine(url: str, **options: Any) -> Engine:
        if url not in kept:
            kept[url] = make(url, **{**options, "poolclass": QueuePool})
            setattr(kept[url], "dispose", lambda: None)  # noqa: B010 - Dagster calls it after each event
        return kept[url]

    setattr(module, "create_engine", engine)  # noqa: B010 - the module does not export the name
    try:
        yield
    finally:
        setattr(module, "create_engine", make)  # noqa: B010
        for one in kept.values():
            Engine.dispose(one)
