"""`python -m pipelines.orchestrate`, run in the project's root: the folder that `DAGSTER_HOME` must name.

What belongs here: printing it, after its `dagster.yaml` was written if it was missing; the UI then shows
the runs of `opendata publish`. What does not: anything about the graph.
"""

import sys
from pathlib import Path

from pipelines.contracts.settings import load_settings
from pipelines.contracts.store import Store
from pipelines.orchestrate.instance import instance_home

root = Path.cwd()
sys.stdout.write(f"{instance_home(Store((root / load_settings(root).store).resolve()))}\n")
