"""The Dagster instance in the store: where the history of runs is kept, and how the daemon behaves.

What belongs here: `dagster.yaml` and opening the instance. What does not: anything about the graph.

`python -m pipelines.orchestrate.instance` run in the project's root writes the file if it is missing and
prints the folder, which is what `DAGSTER_HOME` must name for the UI to show the runs of `opendata publish`.
"""

import os
import sys
from pathlib import Path

import dagster as dg

from pipelines.contracts.files import write_atomic
from pipelines.contracts.settings import load_settings
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


def open_instance(store: Store) -> dg.DagsterInstance:
    """The instance in the store; a context that closes its databases. Sends nothing to anybody."""
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    return dg.DagsterInstance.from_config(str(instance_home(store)))


if __name__ == "__main__":
    root = Path.cwd()
    sys.stdout.write(f"{instance_home(Store((root / load_settings(root).store).resolve()))}\n")
