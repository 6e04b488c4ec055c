"""The Dagster definitions of this project, which `workspace.yaml` names.

What belongs here: finding the project and wiring. What does not: anything else.
"""

from pipelines.contracts.project import load_project
from pipelines.operate.root import find_root
from pipelines.orchestrate import build_defs

defs = build_defs(load_project(find_root()))
