"""Dagster: the same line as assets, checks, schedules and sensors, made from the project's files.

What belongs here: factories over the files, and running the graph in process for the command line.
What does not: the work of any step, which is in its room, and the order of the rooms, which is
`pipelines.line`.
"""

from pipelines.orchestrate.build import build_defs
from pipelines.orchestrate.run import run_publish

__all__ = ["build_defs", "run_publish"]
